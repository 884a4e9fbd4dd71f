"""`Cases` on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from index.verdict.vocabulary import Level
from registry.domain.case import CaseState, withdraw
from registry.domain.verification import EvidenceKind, Verification
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


def test_a_tenants_cases_come_in_the_order_of_their_opening(units):
    """Pages begin after the case that is named, also where cases were opened at the same time."""
    cases = [a_case(opened_at=NOW + timedelta(seconds=number // 2)) for number in range(6)]
    foreign = a_case(CHARLIE)
    _added(units, *reversed(cases), foreign)
    ordered = sorted(cases, key=lambda case: (case.opened_at, case.id))
    with units.read() as unit:
        assert unit.cases.of_tenant(ALICE.tenant_id, after=None, limit=4) == tuple(ordered[:4])
        assert unit.cases.of_tenant(ALICE.tenant_id, after=ordered[2].id, limit=9) == tuple(ordered[3:])
        assert unit.cases.of_tenant(ALICE.tenant_id, after=ordered[-1].id, limit=9) == ()
        assert unit.cases.of_tenant(CHARLIE.tenant_id, after=None, limit=9) == (foreign,)


def test_a_case_of_any_tenant_is_found_and_locked(units):
    """The operator's way to a case names no tenant; an id that never was is not found."""
    case = a_case(CHARLIE)
    _added(units, case)
    with units.write() as unit:
        assert unit.cases.of_any_tenant(case.id) == case
        with pytest.raises(NotFound):
            unit.cases.of_any_tenant("case_0000000000000000")


def test_records_come_back_in_their_order(units):
    """Records of a case are read in the order in which they were added, whatever their times and ids."""
    case, other = a_case(), a_case()
    _added(units, case, other)
    records = [
        Verification(
            id=f"ver_{9 - number}",
            case_id=case.id,
            credential_id="crd_vera",
            level=Level(number),
            evidence=kind,
            recorded_at=NOW - timedelta(seconds=number),
        )
        for number, kind in enumerate([EvidenceKind.BEFORE_RECORDS, EvidenceKind.CLAIM_REFUTED])
    ]
    for record in records:
        with units.write() as unit:
            unit.verifications.add(record)
            unit.commit()
    with units.read() as unit:
        assert unit.verifications.of_case(case.id) == tuple(records)
        assert unit.verifications.of_case(other.id) == ()
