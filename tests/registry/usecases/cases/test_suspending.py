"""Suspension, resumption, expiry and renewal: in effect at once, never stronger than before, in the ledger."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.verdict.vocabulary import Level
from registry.domain.case import Case, deny, expire, renew, resume, suspend
from registry.domain.case_states import CaseEvent, CaseState, ReferenceState
from registry.domain.challenges import ChallengeReason
from registry.domain.effects import CASE_EFFECTS, REFERENCE_EFFECTS, Effect
from registry.domain.roles import Role
from registry.errors import OwnCase, StateForbids, TooManyChallenges
from registry.usecases.cases.expiring import ExpiryReason, expire_within, renew_case
from registry.usecases.cases.reading import read_case
from registry.usecases.cases.suspending import ResumptionReason, SuspensionReason, resume_case, suspend_case
from registry.usecases.challenges.clearing import clear_reference
from tests.support.databases.registry_parts import BOB, NOW, a_case, colleague, draft, environment
from tests.support.usecases.challenging import CLARA, DENY, OLIVE, OSCAR, UPHOLD, Registry
from tests.support.usecases.verifying import open_verified

VERA = colleague(BOB, Role.VERIFIER, "vera")
OPERATOR = colleague(BOB, Role.OPERATOR, "frieda")


@pytest.fixture
def registry(sqlite):
    return Registry(sqlite)


@pytest.fixture
def opened(registry):
    return open_verified(Level.V1, draft(1), actor=BOB, **registry.around)


def suspends(registry, case_id, by=OLIVE):
    return suspend_case(case_id, SuspensionReason.LEGAL_ORDER, actor=by, **registry.around)


def resumes(registry, case_id, by=OLIVE):
    return resume_case(case_id, ResumptionReason.ORDER_ENDED, actor=by, **registry.around)


def expires(registry, case_id):
    with registry.databases.units.write() as unit:
        case = unit.cases.get(case_id, BOB.tenant_id, for_update=True)
        done = expire_within(
            unit, case, ExpiryReason.MANDATE_ENDED, environment=registry.around["environment"]
        )
        unit.commit()
    return done


def test_a_suspension_ends_the_effect_and_a_resumption_restores_it(registry, opened):
    """No worker confirms a suspended case; suspending again changes nothing; the ledger has who, and why."""
    first = opened.first.reference.id
    assert suspends(registry, opened.case.id).case.state is CaseState.SUSPENDED
    assert registry.confirmed() == {}
    assert suspends(registry, opened.case.id).receipt is None
    done = resumes(registry, opened.case.id)
    assert (done.case.state, done.case.suspended_at) == (CaseState.ACTIVE, None)
    assert registry.confirmed() == {first: ("V1", False)}
    assert registry.events()[-2:] == [
        ("case.suspended", OLIVE.credential_id, "legal_order"),
        ("case.resumed", OLIVE.credential_id, "order_ended"),
    ]


def test_the_opener_suspends_and_resumes_nothing(registry):
    """An operator who opened a case needs somebody else, also for its renewal."""
    mine = open_verified(Level.V0, None, actor=OPERATOR, **registry.around).case
    for act in (suspends, resumes):
        with pytest.raises(OwnCase):
            act(registry, mine.id, OPERATOR)
    expires(registry, mine.id)
    with pytest.raises(OwnCase):
        renew_case(mine.id, actor=OPERATOR, **registry.around)


def test_a_resumed_case_is_challenged_while_a_challenge_is_open(registry, opened):
    """A suspension and its end do not get around a challenge."""
    told = registry.challenge(opened.case.id)
    suspends(registry, opened.case.id)
    assert resumes(registry, opened.case.id).case.state is CaseState.CHALLENGED
    assert registry.decide(told.challenge.id).case.state is CaseState.ACTIVE


def test_a_challenge_decided_during_a_suspension_changes_nothing_of_it(registry, opened):
    """A claim that is upheld stays suspended, and one that is denied is not resumed twice."""
    upheld, denied = registry.challenge(opened.case.id), registry.challenge(opened.case.id, by=OPERATOR)
    suspends(registry, opened.case.id)
    assert registry.decide(upheld.challenge.id, UPHOLD).case.state is CaseState.SUSPENDED
    assert registry.decide(denied.challenge.id, DENY).case.state is CaseState.SUSPENDED


def test_an_expired_case_has_no_effect_until_it_is_renewed(registry, opened):
    """The registry expires it once, with nobody's key in the ledger, and a verifier renews it."""
    assert expires(registry, opened.case.id).case.state is CaseState.EXPIRED
    assert expires(registry, opened.case.id).receipt is None
    assert registry.confirmed() == {}
    assert registry.events()[-1] == ("case.expired", "crd_0000000000000000", "mandate_ended")
    assert renew_case(opened.case.id, actor=VERA, **registry.around).case.state is CaseState.ACTIVE
    assert registry.confirmed() == {opened.first.reference.id: ("V1", False)}
    with pytest.raises(StateForbids, match="active cannot renew"):
        renew_case(opened.case.id, actor=VERA, **registry.around)


def test_an_expiry_launders_no_suspension_and_no_challenge(registry, opened):
    """What was suspended, denied or challenged before an expiry is so after the renewal."""
    told = registry.challenge(opened.case.id)
    expires(registry, opened.case.id)
    assert renew_case(opened.case.id, actor=VERA, **registry.around).case.state is CaseState.CHALLENGED
    suspends(registry, opened.case.id)
    expires(registry, opened.case.id)
    assert renew_case(opened.case.id, actor=VERA, **registry.around).case.state is CaseState.SUSPENDED
    resumes(registry, opened.case.id)
    expires(registry, opened.case.id)
    registry.decide(told.challenge.id, DENY)
    assert renew_case(opened.case.id, actor=VERA, **registry.around).case.state is CaseState.SUSPENDED


def test_a_quarantine_ends_in_the_dispute_that_is_open(registry, opened):
    """Who clears a quarantine does not decide a challenge, and a dispute ends by its decision alone."""
    name = opened.first.reference.id
    with registry.databases.units.write() as unit:
        unit.references.move([name], ReferenceState.QUARANTINED)
        unit.commit()
    told = registry.challenge(opened.case.id, reference=name)
    around = {"actor": OLIVE, **registry.around}
    assert clear_reference(name, **around).state is ReferenceState.DISPUTED
    with pytest.raises(StateForbids, match="decide the challenge"):
        clear_reference(name, **around)
    registry.decide(told.challenge.id)
    done = clear_reference(name, **around)
    assert (done.state, done.receipt) == (ReferenceState.INDEXED, None)
    assert registry.confirmed() == {name: ("V1", False)}


MOVES = {
    "suspend": lambda case, _open: suspend(case, NOW, OPERATOR),
    "resume": lambda case, is_open: resume(case, OPERATOR, is_disputed=is_open),
    "expire": lambda case, _open: expire(case),
    "renew": lambda case, is_open: renew(case, OPERATOR, is_disputed=is_open),
    "challenge": lambda case, _open: case.moved(CaseEvent.CHALLENGE, None),
    "deny": lambda case, _open: deny(case, NOW, OPERATOR),
    "verify": lambda case, _open: case.moved(CaseEvent.VERIFY, OPERATOR),
}


@given(st.lists(st.sampled_from(sorted(MOVES)), max_size=12))
def test_no_order_of_moves_gets_around_a_denial_or_an_open_challenge(moves):
    """While a challenge is open a case is for review at most, and after a denial only a resumption brings it back."""
    case: Case = a_case(BOB)
    is_open, is_denied = False, False
    for name in moves:
        if name == "deny" and not is_open:
            continue
        try:
            case = MOVES[name](case, is_open)
        except (StateForbids, TooManyChallenges):
            continue
        if name == "challenge":
            is_open = True
        if name == "deny":
            is_open, is_denied = False, True
        if name == "resume":
            is_denied = False
        assert not (is_open and CASE_EFFECTS[case.state] is Effect.BLOCK)
        assert not (is_denied and CASE_EFFECTS[case.state] is not Effect.NONE)


STEPS = ("challenge", "dispute", "uphold", "deny", "suspend", "resume", "expire", "renew", "clear")


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(STEPS), min_size=3, max_size=8))
def test_a_worker_never_confirms_more_than_the_states_allow(registry, steps):
    """After every step of any order the database confirms exactly the effect of the states that are read."""
    opened = open_verified(Level.V1, draft(tuple(steps)), actor=BOB, **registry.around)
    case_id, name = opened.case.id, opened.first.reference.id
    made = []
    for step in steps:
        try:
            _step(registry, step, case_id, name, made)
        except (StateForbids, TooManyChallenges):
            continue
        view = read_case(case_id, actor=BOB, units=registry.databases.units)
        allowed = min(CASE_EFFECTS[view.case.state], REFERENCE_EFFECTS[view.references[0].state])
        found = registry.confirmed().get(name)
        confirmed = Effect.NONE if found is None else Effect.REVIEW if found[1] else Effect.BLOCK
        assert confirmed is allowed


def _step(registry, step, case_id, name, made):
    if step in {"challenge", "dispute"}:
        made.append(
            registry.challenge(
                case_id,
                list(ChallengeReason)[len(made) % len(ChallengeReason)],
                reference=name if step == "dispute" else None,
                by=CLARA,
            ).challenge
        )
    elif step in {"uphold", "deny"}:
        if made:
            registry.decide(made.pop().id, UPHOLD if step == "uphold" else DENY, by=(OLIVE, OSCAR))
    elif step == "expire":
        expires(registry, case_id)
    elif step == "renew":
        renew_case(case_id, actor=VERA, **registry.around)
    elif step == "clear":
        clear_reference(name, actor=OLIVE, **registry.around)
    else:
        (suspends if step == "suspend" else resumes)(registry, case_id)


def test_the_environment_is_used_for_times(registry, opened):
    """A suspension has the time of the registry's clock."""
    assert suspends(registry, opened.case.id).case.suspended_at == environment().now()
