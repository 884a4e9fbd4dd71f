"""Verify the ledger's chain from its first entry."""

from registry.domain import Actor, LedgerReport, verify
from registry.permissions import Permission
from registry.ports import Units


def verify_ledger(*, actor: Actor, units: Units) -> LedgerReport:
    """Recompute every digest, and report the first entry that does not fit; raise `NotPermitted`."""
    actor.require(Permission.LEDGER_VERIFY)
    with units.read() as unit:
        return verify(unit.ledger.entries())
