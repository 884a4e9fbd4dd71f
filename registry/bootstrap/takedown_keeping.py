"""The clock service of takedown requests, with its rules, from the settings of a deployment."""

from registry.bootstrap.takedown_profiles import load_profiles
from registry.config import Settings
from registry.ports import Environment, Units
from registry.security import ServiceLog
from registry.usecases.takedowns import TakedownKeeper, TakedownRules


def takedown_keeper(
    settings: Settings, units: Units, environment: Environment, log: ServiceLog
) -> TakedownKeeper:
    """Return the clock service; raise `ProfileUnfit` for a profile that does not fit."""
    rules = TakedownRules(
        profiles=load_profiles(),
        tenant_quota=settings.quota_takedowns,
        claimant_quota=settings.claimant_takedowns,
    )
    return TakedownKeeper(
        units=units,
        environment=environment,
        rules=rules,
        report=lambda event, takedown_id: log.alert(event, takedown_id=takedown_id),
    )
