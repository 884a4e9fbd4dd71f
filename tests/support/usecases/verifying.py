"""Cases that somebody else than their opener has verified, as tests need them."""

from pathlib import Path

from index.verdict.vocabulary import Level
from registry.cli.backends import local_actor, open_local
from registry.config import Settings
from registry.domain.roles import ROLE_PERMISSIONS, Actor, Role
from registry.domain.verification import PEOPLE_NEEDED, usual_evidence
from registry.ports import Environment, Units
from registry.usecases.cases.opening import Opened, open_case
from registry.usecases.cases.verifying import Statement, verify_case
from tests.support.databases.registry_parts import colleague


def raise_level(case_id: str, level: Level, *, actor: Actor, units: Units, environment: Environment) -> None:
    """States a level of a case of the actor's tenant, by as many colleagues as it needs."""
    if level is Level.V0:
        return
    statement = Statement(level=level, evidence=usual_evidence(level))
    for number in range(PEOPLE_NEEDED[level]):
        verifier = colleague(actor, Role.VERIFIER, f"verifier{number}")
        verify_case(case_id, statement, actor=verifier, units=units, environment=environment)


def open_verified(level, draft, *, actor: Actor, units: Units, environment: Environment) -> Opened:
    """Opens a case that claims a level, and has others verify it."""
    around = {"units": units, "environment": environment}
    opened = open_case(level, draft, actor=actor, **around)
    raise_level(opened.case.id, level, actor=actor, **around)
    return opened


def raise_in_folder(data: Path, case_id: str, level: Level = Level.V1) -> None:
    """States a level of a case that the operator of a data folder has opened."""
    with open_local(Settings(data=data)) as container:
        actor = local_actor(container)
        raise_level(case_id, level, actor=actor, units=container.units, environment=container.environment)


def open_many(data: Path, tenant_id: str, credential_id: str, count: int) -> None:
    """Opens cases that claim V1 in a data folder, by a key of an agency."""
    actor = Actor(tenant_id=tenant_id, credential_id=credential_id, permissions=ROLE_PERMISSIONS[Role.AGENCY])
    with open_local(Settings(data=data)) as container:
        for _ in range(count):
            open_case(Level.V1, None, actor=actor, units=container.units, environment=container.environment)
