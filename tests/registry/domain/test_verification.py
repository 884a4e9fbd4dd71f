"""Verification records: the level that follows from them, and who can make one."""

from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.verdict.vocabulary import Level
from registry.domain.case import claim, withdraw
from registry.domain.case_states import CaseState
from registry.domain.roles import Role
from registry.domain.verification import (
    PEOPLE_NEEDED,
    RAISES_TO,
    STATED_KINDS,
    EvidenceKind,
    Verification,
    level_of,
    usual_evidence,
    verified,
)
from registry.errors import CaseWithdrawn, EvidenceUnfit, NotPermitted, OwnCase
from tests.support.databases.registry_parts import ALICE, NOW, a_case, colleague

VERA, VICTOR = colleague(ALICE, Role.VERIFIER, "vera"), colleague(ALICE, Role.VERIFIER, "victor")
LAPSED, REFUTED, BEFORE = (
    EvidenceKind.EVIDENCE_LAPSED, EvidenceKind.CLAIM_REFUTED, EvidenceKind.BEFORE_RECORDS
)  # fmt: skip
_numbers = count()


def record(level, by=VERA, evidence=None):
    return Verification(
        id=f"ver_{next(_numbers)}",
        case_id="case_1",
        credential_id=by.credential_id,
        level=level,
        evidence=evidence or usual_evidence(level),
        recorded_at=NOW,
    )


def fresh():
    return a_case(level=Level.V0)


@pytest.mark.parametrize(
    ("stated", "level"),
    [
        ([], Level.V0),
        ([("vera", Level.V1)], Level.V1),
        ([("vera", Level.V2)], Level.V2),
        ([("vera", Level.V3)], Level.V0),
        ([("vera", Level.V3), ("vera", Level.V3)], Level.V0),
        ([("vera", Level.V3), ("victor", Level.V3)], Level.V3),
        ([("vera", Level.V4), ("victor", Level.V3)], Level.V3),
        ([("vera", Level.V3), ("victor", Level.V4)], Level.V3),
        ([("vera", Level.V4), ("victor", Level.V4)], Level.V4),
        ([("vera", Level.V3), ("victor", Level.V1)], Level.V1),
        ([("vera", Level.V2), ("victor", Level.V3)], Level.V2),
        ([("vera", Level.V2), ("victor", Level.V0)], Level.V0),
        ([("vera", Level.V2), ("victor", Level.V1)], Level.V1),
        # What was stated before a fall counts no more.
        ([("vera", Level.V1), ("vera", Level.V3), ("victor", Level.V0), ("victor", Level.V3)], Level.V0),
    ],
)
def test_the_level_follows_from_the_records(stated, level):
    """One person raises to V2, two to V3 and V4, and one lowers at once."""
    people = {"vera": VERA, "victor": VICTOR}
    assert level_of([record(one, people[who]) for who, one in stated]) is level


_records = st.lists(st.builds(record, st.sampled_from(Level), st.sampled_from([VERA, VICTOR])), max_size=8)


@given(_records)
def test_nobody_reaches_v3_alone(records):
    """Whatever is stated in whatever order, V3 and V4 need two people, and no level is above all that was stated."""
    level = level_of(records)
    if level is Level.V0:
        return
    people = {one.credential_id for one in records if one.level >= level}
    assert len(people) >= PEOPLE_NEEDED[level]
    assert level <= max(one.level for one in records)


@given(_records, st.sampled_from(Level))
def test_a_lower_level_takes_effect_at_once(records, level):
    """A record below the present level is the level, whoever made it."""
    if level < level_of(records):
        assert level_of([*records, record(level, VICTOR)]) is level


def test_what_openers_stated_before_records_stays():
    """A migrated level holds, until a record lowers it."""
    old = record(Level.V4, evidence=BEFORE)
    assert level_of([old]) is Level.V4
    assert level_of([old, record(Level.V1)]) is Level.V1


def test_a_record_raises_the_case():
    """The case has the level and the verifier, is active, and is verified by somebody else than its opener."""
    case = claim(fresh(), Level.V2, ALICE)
    assert (case.state, case.level, case.claimed_level) == (CaseState.VERIFYING, Level.V0, Level.V2)
    assert not case.is_verified_by_another
    raised = verified(case, record(Level.V1), [], VERA)
    assert (raised.state, raised.level, raised.verified_by) == (
        CaseState.ACTIVE,
        Level.V1,
        VERA.credential_id,
    )
    assert raised.is_verified_by_another
    fallen = verified(raised, record(Level.V0, VICTOR, REFUTED), [record(Level.V1)], VICTOR)
    assert (fallen.level, fallen.is_verified_by_another) == (Level.V0, False)


def test_the_first_of_two_changes_no_level():
    """V3 waits for the second person, and the case says that it is looked at."""
    first = record(Level.V3)
    waiting = verified(fresh(), first, [], VERA)
    assert (waiting.state, waiting.level, waiting.verified_by) == (CaseState.VERIFYING, Level.V0, None)
    done = verified(waiting, record(Level.V3, VICTOR), [first], VICTOR)
    assert (done.state, done.level) == (CaseState.ACTIVE, Level.V3)


def test_a_claim_can_be_refuted():
    """A case whose claim nobody believes waits no more, and keeps the level that it has."""
    case = claim(fresh(), Level.V2, ALICE)
    refuted = verified(case, record(Level.V0, VERA, REFUTED), [], VERA)
    assert (refuted.state, refuted.level, refuted.verified_by) == (CaseState.ACTIVE, Level.V0, None)
    known = claim(replace(a_case(level=Level.V1), verified_by=VERA.credential_id), Level.V2, ALICE)
    refuted = verified(known, record(Level.V1, VICTOR, REFUTED), [record(Level.V1)], VICTOR)
    assert (refuted.state, refuted.level, refuted.verified_by) == (
        CaseState.ACTIVE,
        Level.V1,
        VERA.credential_id,
    )


def test_a_record_that_waits_can_be_refuted():
    """What one person stated of V3 counts no more after another refuted it: two others have to state it anew."""
    first, refutation = record(Level.V3), record(Level.V0, VICTOR, REFUTED)
    waiting = verified(fresh(), first, [], VERA)
    refuted = verified(waiting, refutation, [first], VICTOR)
    assert (refuted.state, refuted.level) == (CaseState.ACTIVE, Level.V0)
    again = verified(refuted, record(Level.V3, VICTOR), [first, refutation], VICTOR)
    assert (again.state, again.level) == (CaseState.VERIFYING, Level.V0)


def test_an_old_level_can_be_confirmed_by_somebody():
    """A level from before records that somebody states again has that person behind it."""
    old = replace(a_case(level=Level.V1), verified_by=None)
    again = verified(old, record(Level.V1), [record(Level.V1, ALICE, BEFORE)], VERA)
    assert again.is_verified_by_another


def test_who_lowers_a_level_stands_behind_nothing():
    """An opener's old level that somebody lowers has nobody behind it; a verified one keeps its verifier."""
    old = replace(a_case(level=Level.V4), verified_by=None)
    lapsed = record(Level.V1, VICTOR, LAPSED)
    fallen = verified(old, lapsed, [record(Level.V4, ALICE, BEFORE)], VICTOR)
    assert (fallen.level, fallen.is_verified_by_another) == (Level.V1, False)
    known = replace(a_case(level=Level.V2), verified_by=VERA.credential_id)
    assert verified(known, lapsed, [record(Level.V2)], VICTOR).verified_by == VERA.credential_id


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.VERIFIER])
def test_the_opener_verifies_nothing(role):
    """Not with a key that may verify either."""
    opener = replace(colleague(ALICE, role), credential_id=ALICE.credential_id)
    with pytest.raises(OwnCase):
        verified(fresh(), record(Level.V1, opener), [], opener)


def test_others_without_the_permission_verify_nothing():
    """A colleague whose key only registers is refused."""
    with pytest.raises(NotPermitted):
        verified(fresh(), record(Level.V1), [], colleague(ALICE, Role.AGENCY))


def test_a_withdrawn_case_is_verified_no_more():
    """A case that has ended takes no record."""
    with pytest.raises(CaseWithdrawn):
        verified(withdraw(fresh(), NOW), record(Level.V1), [], VERA)


@pytest.mark.parametrize("kind", STATED_KINDS)
@pytest.mark.parametrize("level", Level)
def test_evidence_fits_its_levels(kind, level):
    """Evidence raises to its own level or a lower one, never to V0; the other kinds only lower."""
    case, earlier = a_case(level=Level.V2), [record(Level.V2)]
    highest = RAISES_TO.get(kind)
    fits = Level.V1 <= level <= highest if highest is not None else level < Level.V2
    if fits:
        verified(case, record(level, VICTOR, kind), earlier, VICTOR)
    else:
        with pytest.raises(EvidenceUnfit):
            verified(case, record(level, VICTOR, kind), earlier, VICTOR)


def test_a_claim_never_lowers():
    """A claim below the level or the claim changes nothing."""
    case = claim(fresh(), Level.V2, ALICE)
    assert claim(case, Level.V1, ALICE) is case
    assert claim(a_case(level=Level.V3), Level.V3, ALICE).state is CaseState.ACTIVE
