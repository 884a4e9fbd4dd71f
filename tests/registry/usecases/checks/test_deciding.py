"""Recording what a platform did."""

from dataclasses import replace

import pytest

from index.verdict.ladder import Verdict
from index.verdict.vocabulary import Band, Outcome
from registry.domain.check import Check, DecisionKind
from registry.errors import AlreadyDecided, NotFound
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.usecases.checks.deciding import record_decision
from registry.usecases.checks.reading import read_check
from tests.support.databases.registry_parts import CHARLIE, DANA, FRANK, NOW, Clock, environment
from tests.support.usecases.fakes import FakeChecks

CHECK = Check(
    id="chk_1",
    tenant_id=DANA.tenant_id,
    verdict=Verdict(outcome=Outcome.BLOCK, band=Band.TIGHT, kinds=(), reasons=()),
    as_of=3,
    checked_at=NOW,
)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def decide(sqlite, clock):
    checks = FakeChecks(kept={CHECK.id: CHECK})

    def call(kind, actor=DANA):
        return record_decision(
            "chk_1",
            kind,
            actor=actor,
            checks=checks,
            units=sqlite.units,
            environment=environment(clock),
        )

    return call


def _entries(sqlite):
    with sqlite.units.read() as unit:
        return [entry.act for entry in unit.ledger.entries()]


def test_a_decision_is_kept_with_its_ledger_entry(sqlite, decide):
    """A decision is read back with the check, and the ledger names the check and who decided."""
    view = decide(DecisionKind.REMOVED)
    assert (view.check, view.decision.kind, view.decision.decided_at) == (
        CHECK,
        DecisionKind.REMOVED,
        NOW,
    )
    read = read_check("chk_1", actor=DANA, checks=FakeChecks(kept={"chk_1": CHECK}), units=sqlite.units)
    assert read == view
    (act,) = _entries(sqlite)
    assert (act.event, act.check_id, act.tenant_id) == (
        LedgerEvent.CHECK_DECIDED,
        "chk_1",
        DANA.tenant_id,
    )


def test_the_same_decision_again_changes_nothing(sqlite, decide, clock):
    """Telling the same twice keeps the first time and one ledger entry."""
    first = decide(DecisionKind.HELD)
    clock.advance(hours=1)
    assert decide(DecisionKind.HELD) == first
    assert len(_entries(sqlite)) == 1


def test_another_decision_is_a_conflict(sqlite, decide):
    """A decision is not changed."""
    first = decide(DecisionKind.HELD)
    with pytest.raises(AlreadyDecided):
        decide(DecisionKind.ALLOWED)
    assert decide(DecisionKind.HELD) == first
    assert len(_entries(sqlite)) == 1


def test_nobody_decides_about_anothers_check(sqlite, decide):
    """A stranger's check is not found, even by an operator."""
    stranger = replace(CHARLIE, permissions=frozenset(Permission))
    for actor in (stranger, FRANK):
        with pytest.raises(NotFound):
            decide(DecisionKind.HELD, actor=actor)
    assert _entries(sqlite) == []
