"""`Cases` on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from index.verdict.vocabulary import Level
from registry.domain.case import CaseState, withdraw
from registry.errors import NotFound
from tests.support.databases.registry_parts import ALICE, CHARLIE, NOW, a_case


def _added(units, *cases):
    with units.write() as unit:
        for case in cases:
            unit.cases.add(case)
        unit.commit()


def _read(units, case_id, tenant_id=ALICE.tenant_id):
    with units.read() as unit:
        return unit.cases.get(case_id, tenant_id)


@pytest.mark.parametrize("level", Level)
def test_a_case_comes_back_as_it_was_added(units, level):
    """A case is read with every attribute that it was added with, whatever its level."""
    case = a_case(level=level)
    _added(units, case)
    assert _read(units, case.id) == case


def test_a_strangers_case_and_an_absent_one_look_the_same(units):
    """Another tenant's id and an id that never was raise the same error with the same text."""
    case = a_case(ALICE)
    _added(units, case)
    with pytest.raises(NotFound) as foreign:
        _read(units, case.id, CHARLIE.tenant_id)
    with pytest.raises(NotFound) as missing:
        _read(units, "case_0000000000000000", CHARLIE.tenant_id)
    assert str(foreign.value) == str(missing.value)
    assert foreign.value.code == missing.value.code


def test_a_strangers_case_cannot_be_locked_either(units):
    """Reading for an update keeps tenants apart just as reading does."""
    case = a_case(ALICE)
    _added(units, case)
    with units.write() as unit, pytest.raises(NotFound):
        unit.cases.get(case.id, CHARLIE.tenant_id, for_update=True)


def test_save_writes_state_and_times(units):
    """A saved case comes back withdrawn and erased at the microsecond that was told."""
    case = a_case()
    _added(units, case)
    gone = replace(withdraw(case, NOW), erased_at=NOW + timedelta(microseconds=1))
    with units.write() as unit:
        unit.cases.save(gone)
        unit.commit()
    assert _read(units, case.id) == gone


def test_save_leaves_other_cases_alone(units):
    """Saving one case changes no other."""
    one, other = a_case(), a_case()
    _added(units, one, other)
    with units.write() as unit:
        unit.cases.save(withdraw(one, NOW))
        unit.commit()
    assert _read(units, other.id).state is CaseState.ACTIVE


def test_unerased_names_the_withdrawn_ones_oldest_first(units):
    """Only withdrawn cases that are not erased wait for erasure, in the order of withdrawal."""
    late, early, active, done = a_case(), a_case(), a_case(), a_case()
    _added(units, late, early, active, done)
    late, early = withdraw(late, NOW + timedelta(hours=1)), withdraw(early, NOW)
    with units.write() as unit:
        for case in (late, early, replace(withdraw(done, NOW), erased_at=NOW)):
            unit.cases.save(case)
        unit.commit()
    with units.read() as unit:
        assert unit.cases.unerased() == (early, late)
