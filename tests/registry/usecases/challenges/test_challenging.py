"""Challenges of cases and references: in effect at once on every worker, bounded, recorded, gone with the case."""

import pytest

from index.verdict.vocabulary import Level, ReferenceKind
from registry.domain.case_states import CaseState, ReferenceState
from registry.domain.challenges import ChallengeReason, Person
from registry.domain.roles import Role
from registry.errors import CaseWithdrawn, NotFound, StateForbids, TooManyChallenges
from registry.usecases.cases.opening import open_case
from registry.usecases.cases.reading import read_case
from registry.usecases.cases.withdrawing import withdraw
from registry.usecases.enrolment.bulk import bulk_enrol
from registry.usecases.enrolment.describe_reference import draft_from_codes
from registry.usecases.enrolment.enrolling import enrol
from tests.support.databases.registry_parts import ALICE, BOB, DANA, colleague, digest, draft, near, pdq
from tests.support.usecases.challenging import CLARA, DENY, OLIVE, OSCAR, OTTO, Registry
from tests.support.usecases.verifying import open_verified

WHY = ChallengeReason


@pytest.fixture
def registry(sqlite):
    return Registry(sqlite)


@pytest.fixture
def opened(registry):
    """A case of Bob's agency at V1 with a picture."""
    return open_verified(Level.V1, draft(1), actor=BOB, **registry.around)


def states(registry, case_id):
    view = read_case(case_id, actor=BOB, units=registry.databases.units)
    return view.case.state.value, [one.state.value for one in view.references]


def test_a_challenge_holds_to_a_review_on_every_worker_until_it_is_decided(registry, opened):
    """Blocked before, for review from the commit on, and blocked again after two people said that the claim stands."""
    first = opened.first.reference.id
    assert registry.confirmed() == {first: ("V1", False)}
    told = registry.challenge(opened.case.id)
    assert (told.case.state, told.challenge.is_effective) == (CaseState.CHALLENGED, True)
    assert registry.confirmed() == {first: ("V1", True)}
    registry.decide(told.challenge.id, by=[OLIVE])
    assert registry.confirmed() == {first: ("V1", True)}
    assert registry.decide(told.challenge.id, by=[OSCAR]).case.state is CaseState.ACTIVE
    assert registry.confirmed() == {first: ("V1", False)}


def test_one_reference_is_disputed_and_not_the_others(registry, opened):
    """The case stays active, one picture is for review, and the decision ends that."""
    second = enrol(opened.case.id, draft(2), actor=BOB, **registry.around).reference.id
    first = opened.first.reference.id
    told = registry.challenge(opened.case.id, WHY.NOT_INTIMATE, reference=second)
    assert states(registry, opened.case.id) == ("active", ["indexed", "disputed"])
    assert registry.confirmed() == {first: ("V1", False), second: ("V1", True)}
    registry.decide(told.challenge.id)
    assert states(registry, opened.case.id) == ("active", ["indexed", "indexed"])


def test_a_challenge_that_is_right_ends_the_effect(registry, opened):
    """Two people deny the claim: the case is suspended, or the reference removed, and no worker confirms it."""
    second = enrol(opened.case.id, draft(2), actor=BOB, **registry.around).reference.id
    told = registry.challenge(opened.case.id, reference=second)
    registry.decide(told.challenge.id, DENY)
    assert states(registry, opened.case.id) == ("active", ["indexed", ReferenceState.REMOVED.value])
    assert set(registry.confirmed()) == {opened.first.reference.id}
    told = registry.challenge(opened.case.id)
    assert registry.decide(told.challenge.id, DENY).case.state is CaseState.SUSPENDED
    assert registry.confirmed() == {}


def test_what_was_denied_is_not_registered_again_in_its_case(registry, opened):
    """The same media and a copy are refused, another picture is not, and a new case begins at V0."""
    second = enrol(opened.case.id, draft(2), actor=BOB, **registry.around).reference.id
    registry.decide(registry.challenge(opened.case.id, reference=second).challenge.id, DENY)
    copy = draft_from_codes([near(pdq(2), 20), digest("another file")], ReferenceKind.INTIMATE_ITEM)
    for again in (draft(2), copy):
        with pytest.raises(StateForbids, match="in a new case"):
            enrol(opened.case.id, again, actor=BOB, **registry.around)
        with pytest.raises(StateForbids, match="in a new case"):
            bulk_enrol(opened.case.id, [draft(3), again], actor=BOB, **registry.around)
    enrol(opened.case.id, draft(4), actor=BOB, **registry.around)
    new = open_case(Level.V1, copy, actor=BOB, **registry.around)
    assert new.case.id != opened.case.id
    assert registry.confirmed()[new.first.reference.id] == ("V0", False)


def test_a_case_stays_challenged_until_the_last_is_decided(registry, opened):
    """Of several open challenges each is decided for itself."""
    first = registry.challenge(opened.case.id)
    second = registry.challenge(opened.case.id, by=OTTO)
    assert second.challenge.id != first.challenge.id
    third = registry.challenge(opened.case.id, WHY.NO_MANDATE)
    for told in (first, third):
        assert registry.decide(told.challenge.id).case.state is CaseState.CHALLENGED
    assert registry.decide(second.challenge.id).case.state is CaseState.ACTIVE


def test_the_same_again_while_it_is_open_changes_nothing(registry, opened):
    """A repeated request gives the same challenge, without a ledger entry."""
    told = registry.challenge(opened.case.id)
    before = registry.events()
    again = registry.challenge(opened.case.id)
    assert (again.challenge, again.receipt) == (told.challenge, None)
    assert registry.events() == before


def test_what_was_decided_for_the_claim_is_not_weakened_again(registry, opened):
    """The same party and reason, and any third challenge of the party, change nothing until a person has looked."""
    for reason in (WHY.NOT_AGREED, WHY.NO_MANDATE):
        told = registry.challenge(opened.case.id, reason)
        assert told.case.state is CaseState.CHALLENGED
        registry.decide(told.challenge.id)
    for reason in (WHY.NOT_AGREED, WHY.WRONG_PERSON):
        colleague_of_hers = colleague(BOB, Role.CLAIMANT, "clarissa")
        told = registry.challenge(opened.case.id, reason, by=colleague_of_hers)
        assert (told.case.state, told.challenge.is_effective) == (CaseState.ACTIVE, False)
    assert registry.confirmed() == {opened.first.reference.id: ("V1", False)}
    looked = registry.decide(told.challenge.id, DENY, by=[OLIVE])
    assert (looked.case.state, looked.challenge.is_effective) == (CaseState.CHALLENGED, True)
    assert registry.decide(told.challenge.id, DENY, by=[OSCAR]).case.state is CaseState.SUSPENDED


def test_only_so_many_are_open(registry):
    """A key and a tenant have bounds, of which the refusal tells, and a decision makes room again."""
    cases = [open_verified(Level.V1, None, actor=BOB, **registry.around).case for _ in range(12)]
    told = [registry.challenge(case.id) for case in cases[:10]]
    with pytest.raises(TooManyChallenges, match="key may have 10 open challenges, and has 10"):
        registry.challenge(cases[10].id)
    registry.decide(told[0].challenge.id)
    registry.challenge(cases[10].id)
    registry.challenge(cases[11].id, by=OTTO)


def test_a_person_without_an_account_names_a_case_by_its_id(registry, opened):
    """Whoever was given a case's id may dispute it with a case of her own, up to a bound of her own."""
    mine = open_verified(Level.V0, None, actor=ALICE, **registry.around).case
    her = Person(case_id=mine.id, tenant_id=ALICE.tenant_id, credential_id=ALICE.credential_id)
    told = registry.challenge(opened.case.id, by=her)
    assert told.case.state is CaseState.CHALLENGED
    assert told.challenge.challenger.is_person
    for _ in range(2):
        other = open_verified(Level.V1, None, actor=BOB, **registry.around).case
        registry.challenge(other.id, by=her)
    other = open_verified(Level.V1, None, actor=BOB, **registry.around).case
    with pytest.raises(TooManyChallenges, match="person may have 3"):
        registry.challenge(other.id, by=her)
    withdraw(mine.id, actor=ALICE, **registry.around)
    with registry.databases.registry.read() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM challenges").all()
    assert len(rows) == 3
    assert mine.id not in str(rows)
    assert her.credential_id not in str(rows)
    with pytest.raises(CaseWithdrawn, match="own case is withdrawn"):  # her bound does not begin anew
        registry.challenge(other.id, by=her)


def test_nobody_finds_anothers_case(registry, opened):
    """A stranger's tenant, a platform and a missing reference are told that there is nothing."""
    for stranger in (ALICE, DANA):
        with pytest.raises(NotFound):
            registry.challenge(opened.case.id, by=stranger)
    with pytest.raises(NotFound, match="no such reference"):
        registry.challenge(opened.case.id, reference="ref_0")


def test_what_is_out_of_effect_is_not_challenged(registry, opened):
    """A suspended case says that it cannot be challenged, and a withdrawn one that it is withdrawn."""
    told = registry.challenge(opened.case.id)
    registry.decide(told.challenge.id, DENY)
    with pytest.raises(StateForbids, match="suspended cannot challenge"):
        registry.challenge(opened.case.id)
    withdraw(opened.case.id, actor=BOB, **registry.around)
    with pytest.raises(CaseWithdrawn):
        registry.challenge(opened.case.id)


def test_each_move_is_in_the_ledger_with_its_actor(registry, opened):
    """The challenge, each statement and the decision name the challenge and who caused them."""
    told = registry.challenge(opened.case.id, WHY.NOT_AGREED)
    registry.decide(told.challenge.id)
    name = told.challenge.id
    assert registry.events()[-4:] == [
        ("case.challenged", CLARA.credential_id, f"{name} not_agreed"),
        ("challenge.stated", OLIVE.credential_id, f"{name} uphold"),
        ("challenge.stated", OSCAR.credential_id, f"{name} uphold"),
        ("challenge.decided", OSCAR.credential_id, f"{name} upheld"),
    ]


def test_a_withdrawal_ends_everything(registry, opened):
    """Nothing of the challenge is left but the ledger, and nobody can decide it."""
    told = registry.challenge(opened.case.id)
    registry.decide(told.challenge.id, by=[OLIVE])
    withdraw(opened.case.id, actor=BOB, **registry.around)
    with registry.databases.registry.read() as connection:
        for table in ("challenges", "challenge_decisions"):
            assert connection.exec_driver_sql(f"SELECT * FROM {table}").all() == []
    with pytest.raises(NotFound):
        registry.decide(told.challenge.id, by=[OSCAR])
