"""`Votes`, `Quarantines` and `TightHits` on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from index.verdict.ladder import Verdict
from index.verdict.vocabulary import Band, Level, Outcome
from registry.domain.case_states import ReferenceState
from registry.domain.check import Check
from registry.domain.flood import TenantHits
from registry.domain.precision import SourceVotes
from registry.domain.quarantine import Quarantine, QuarantineReason
from registry.storage.rows.checks import SqlChecks
from registry.storage.rows.tight_hits import SqlTightHits
from registry.storage.schema.tables import codes
from tests.support.databases.registry_parts import (
    ALICE,
    BOB,
    CHARLIE,
    DANA,
    NOW,
    a_case,
    a_reference,
    digest,
    pdq,
)


@pytest.fixture
def two(units):
    """Two references of two cases, by id."""
    cases = [a_case(), a_case(level=Level.V2)]
    added = [a_reference(case, digest(number)) for number, case in enumerate(cases)]
    with units.write() as unit:
        for case, reference in zip(cases, added, strict=True):
            unit.cases.add(case)
            unit.references.add(reference)
        unit.commit()
    return sorted(added, key=lambda one: one.id)


def test_votes_add_up_by_source(units, two):
    """Each source has one row, and is forgotten with its reference or its case."""
    one, other = (reference.id for reference in two)
    with units.write() as unit:
        unit.votes.add("ten_a", {one: b"x", other: b""}, is_confirmed=True)
        unit.votes.add("ten_a", {one: b"x"}, is_confirmed=False)
        unit.votes.add("ten_a", {one: b"y"}, is_confirmed=False)
        unit.votes.add("ten_a", {}, is_confirmed=False)
        unit.commit()
    with units.write() as unit:
        assert sorted((vote.confirmed, vote.mistaken) for vote in unit.votes.of(one)) == [(0, 1), (1, 1)]
        assert unit.votes.of(other) == (SourceVotes(tenant_id="ten_a", confirmed=1, mistaken=0),)
        unit.votes.forget(one)
        assert unit.votes.of(one) == ()
        unit.votes.forget_case(two[1].case_id)
        assert unit.votes.of(other) == ()


def test_a_quarantine_is_listed_until_it_is_cleared(units, two):
    """With the feedback since; a second quarantine takes the place of the first."""
    one, other = two
    with units.write() as unit:
        (standing, _) = unit.quarantines.lock([other.id, one.id, "ref_none"])
        assert (standing.id, standing.case_id, standing.tenant_id) == (one.id, one.case_id, ALICE.tenant_id)
        assert (standing.state, standing.was_cleared) == (ReferenceState.INDEXED, False)
        unit.references.move([one.id], ReferenceState.QUARANTINED)
        unit.quarantines.begin(one.id, QuarantineReason.FLOOD, NOW)
        unit.votes.add("ten_a", {one.id: b"x"}, is_confirmed=False)
        unit.commit()
    with units.write() as unit:
        listed = Quarantine(
            reference_id=one.id,
            case_id=one.case_id,
            tenant_id=ALICE.tenant_id,
            level=standing.level,
            reason=QuarantineReason.FLOOD,
            quarantined_at=NOW,
            platforms=1,
            mistaken=1,
        )
        assert unit.quarantines.open() == (listed,)
        unit.quarantines.end(one.id, NOW)
        assert unit.quarantines.open() == ()
        (standing,) = unit.quarantines.read([one.id])
        assert (standing.state, standing.was_cleared) == (ReferenceState.QUARANTINED, True)
        unit.quarantines.begin(one.id, QuarantineReason.PRECISION, NOW)
        unit.references.move([one.id], ReferenceState.QUARANTINED)
        assert unit.quarantines.open() == (replace(listed, reason=QuarantineReason.PRECISION),)
        unit.quarantines.forget_case(one.case_id)
        assert unit.quarantines.open() == ()
        assert len(unit.quarantines.read([one.id, other.id])) == 2


def test_removed_references_have_no_standing(units, two, erase):
    """A withdrawn case has nothing to judge."""
    one, other = two
    with units.read() as unit:
        case = unit.cases.get(one.case_id, ALICE.tenant_id)
    erase(case)
    with units.write() as unit:
        assert [standing.id for standing in unit.quarantines.lock([one.id, other.id])] == [other.id]


def test_newcomers_and_other_tenants_are_counted(databases, units):
    """Newcomers come in their order, and earlier active references of other tenants with the same codes count once."""
    cases = [a_case(owner) for owner in (BOB, ALICE, ALICE, CHARLIE)]
    added = [a_reference(case, pdq("same"), enrolled_at=NOW) for case in cases]
    with units.write() as unit:
        for case, reference in zip(cases, added, strict=True):
            unit.cases.add(case)
            unit.references.add(reference)
        unit.commit()
    with databases.registry.read() as connection:
        ids = list(connection.execute(select(codes.c.id).where(codes.c.searched)).scalars())
    with units.read() as unit:
        assert unit.quarantines.last_before(NOW) == 0
        later = NOW + timedelta(seconds=1)
        assert unit.quarantines.newcomers(0, NOW, 10) == ()
        new = unit.quarantines.newcomers(0, later, 10)
        assert [one.id for one in new] == [one.id for one in added]
        assert {one.pdq for one in new} == {pdq("same").value}
        assert unit.quarantines.newcomers(new[0].key, later, 2) == new[1:3]
        assert unit.quarantines.last_before(later) == new[-1].key
        assert [unit.quarantines.other_tenants(one, ids) for one in new] == [0, 1, 1, 2]
        assert unit.quarantines.other_tenants(new[-1], []) == 0


def test_tight_hits_are_counted_by_platform_and_source(databases, two):
    """Within an hour and a week; loose matches and other references are left out."""
    checks, hits = SqlChecks(databases.checks), SqlTightHits(databases.checks)
    one, other = (reference.id for reference in two)
    tight = Verdict(outcome=Outcome.BLOCK, band=Band.TIGHT, kinds=(), reasons=())
    loose = replace(tight, band=Band.LOOSE)
    asked = [
        (DANA.tenant_id, 0, b"x", tight),
        (DANA.tenant_id, 0, b"x", tight),
        (DANA.tenant_id, 0, None, tight),
        (DANA.tenant_id, 24, b"y", tight),
        (DANA.tenant_id, 24, b"z", loose),
        ("ten_b", 24 * 8, b"x", tight),
        ("ten_b", 2, b"x", tight),
    ]
    for number, (tenant, hours, uploader, verdict) in enumerate(asked):
        check = Check(
            id=f"chk_{number}",
            tenant_id=tenant,
            verdict=verdict,
            as_of=1,
            checked_at=NOW - timedelta(hours=hours),
            reference_ids=(one, other) if number == 0 else (one,),
            uploader=uploader,
        )
        checks.add(check)
    week, hour = NOW - timedelta(days=7), NOW - timedelta(hours=1)
    assert hits.hits_of(one, week=week, hour=hour) == (
        TenantHits(tenant_id="ten_b", last_hour=0, last_week=1),
        TenantHits(tenant_id=DANA.tenant_id, last_hour=2, last_week=3),
    )
    assert hits.hit_since(hour, 10) == (one, other)
    assert hits.hit_since(hour, 1) == (one,)
    assert hits.hit_since(NOW + timedelta(hours=1), 10) == ()
