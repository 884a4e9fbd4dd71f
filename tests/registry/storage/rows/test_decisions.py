"""`Decisions` on both databases."""

import pytest

from registry.domain.check import Decision, DecisionKind
from registry.errors import AlreadyDecided
from tests.support.databases.registry_parts import CHARLIE, DANA, NOW


def _decision(kind=DecisionKind.BLOCKED):
    return Decision(check_id="chk_1", tenant_id=DANA.tenant_id, kind=kind, decided_at=NOW)


def _add(units, decision):
    with units.write() as unit:
        unit.decisions.add(decision)
        unit.commit()


@pytest.mark.parametrize("kind", DecisionKind)
def test_a_decision_comes_back(units, kind):
    """Every kind of decision is read as it was added."""
    _add(units, _decision(kind))
    with units.read() as unit:
        assert unit.decisions.get("chk_1", DANA.tenant_id) == _decision(kind)


def test_no_decision_is_none(units):
    """A check that nobody decided has no decision."""
    with units.read() as unit:
        assert unit.decisions.get("chk_1", DANA.tenant_id) is None


def test_a_strangers_decision_is_none(units):
    """Another tenant cannot tell whether there is a decision."""
    _add(units, _decision())
    with units.read() as unit:
        assert unit.decisions.get("chk_1", CHARLIE.tenant_id) is None


def test_a_second_decision_is_a_conflict(units):
    """Of two concurrent decisions the second is refused, and the first stands."""
    _add(units, _decision())
    with units.write() as unit, pytest.raises(AlreadyDecided):
        unit.decisions.add(_decision(DecisionKind.ALLOWED))
    with units.read() as unit:
        assert unit.decisions.get("chk_1", DANA.tenant_id) == _decision()
