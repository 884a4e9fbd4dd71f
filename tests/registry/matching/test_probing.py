"""Windows' evidence and the probing budget: what counts as a probe, and what is held once the budget is spent."""

from dataclasses import replace

import numpy as np
import pytest

from index.verdict.boxes import Box
from index.verdict.evidence import (
    ExactEvidence,
    FaceEvidence,
    FrameView,
    ReferenceFacts,
    WholeEvidence,
    WindowEvidence,
)
from index.verdict.reasons import Reason
from index.verdict.thresholds import (
    LOOSE_PDQ_BITS,
    MIN_NATS,
    NEAR_FROM_DHASH_BITS,
    NEAR_FROM_PDQ_BITS,
    NEAR_LIKENESS,
    NEAR_UP_TO_NATS,
    REACH_BITS_PER_NAT,
)
from index.verdict.vocabulary import Band, Context, Level, MatchKind, Outcome, ReferenceKind
from registry.domain.people import PeopleStanding
from registry.domain.probe import Asker, Strictness
from registry.matching.probing import weigh
from registry.matching.question import CodeQuestion
from tests.support.databases.registry_parts import dhash, pdq
from tests.support.usecases.drawn_media import picture, query_frame, question
from tests.support.usecases.fakes import FakeBudget

ASKED = CodeQuestion(pdq=pdq("asked"), dhash=dhash("asked"))
SURE = NEAR_UP_TO_NATS + 100
ASKER = Asker(tenant_id="ten_1", uploader=b"somebody")
BEYOND = [Strictness.BLURRED, Strictness.HELD]
FACTS = ReferenceFacts(kind=ReferenceKind.INTIMATE_ITEM, level=Level.V1)
PERSON = ReferenceFacts(kind=ReferenceKind.LIKENESS, level=Level.V2, case_id="case_1")
SPENT = PeopleStanding(is_spent=True)
REGION = Box.of_steps(20, 10, 40, 30)


def _windows(nats, **changes):
    view = replace(FrameView(pdq_bits=5, dhash_bits=5, quality=100, flat_share=0.0, cover=1.0), **changes)
    return WindowEvidence(reference=FACTS, nats=nats, view=view)


def _altered(**changes):
    return replace(_windows(SURE, **changes), match=MatchKind.ALTERED_COPY, altered=(REGION,))


def _weigh(*evidence, context=Context.GENERAL, shows_face=False, **budget):
    budget = FakeBudget([], **{"edge": 64, **budget})
    found = [(f"ref_{place}", item) for place, item in enumerate(evidence)]
    weighed = weigh(ASKED, found, asker=ASKER, budget=budget, context=context, shows_face=shows_face)
    return weighed, budget.calls


@pytest.mark.parametrize(
    ("evidence", "near"),
    [
        (_windows(MIN_NATS - 4), True),
        (_windows(MIN_NATS), True),
        (_windows(NEAR_UP_TO_NATS - 0.1), True),
        (_windows(NEAR_UP_TO_NATS), False),
        (_windows(SURE, pdq_bits=NEAR_FROM_PDQ_BITS - 1), False),
        (_windows(SURE, pdq_bits=NEAR_FROM_PDQ_BITS), True),
        (_windows(SURE, pdq_bits=LOOSE_PDQ_BITS), True),
        (_windows(SURE, pdq_bits=LOOSE_PDQ_BITS + 1), False),
        (_windows(SURE, dhash_bits=NEAR_FROM_DHASH_BITS), True),
        (_windows(SURE, pdq_bits=None, dhash_bits=None), False),
    ],
)
def test_what_could_find_a_threshold_is_near(evidence, near):
    """Evidence near its threshold is, and sure one where the frame's PDQ or dHash is; crops and far frames are not."""
    assert evidence.is_near() is near


def test_everything_that_was_proposed_is_a_probe():
    """Evidence near the threshold and sure evidence count alike; the exact file does not."""
    weighed, calls = _weigh(_windows(MIN_NATS), _windows(SURE), ExactEvidence(reference=FACTS))
    assert calls == [("standing", "ten_1", ("ref_0", "ref_1"))]
    assert weighed.probe.reference_ids == ("ref_0", "ref_1")
    assert weighed.probe.uploader == ASKER.uploader
    assert not weighed.probe.is_held


def test_a_question_within_the_budget_is_answered_exactly():
    """Until the budget is spent, evidence at the threshold says what it says."""
    assert _weigh(_windows(MIN_NATS))[0].verdict.outcome is Outcome.BLOCK
    assert _weigh(_windows(MIN_NATS - 0.1))[0].verdict.outcome is Outcome.ALLOW


@pytest.mark.parametrize("strictness", BEYOND)
@pytest.mark.parametrize("nats", [MIN_NATS - 3.9, MIN_NATS - 0.1, MIN_NATS, NEAR_UP_TO_NATS - 0.1, SURE])
def test_the_held_answer_is_the_same_on_both_sides_of_the_threshold(nats, strictness):
    """Beyond the budget, what is no clear copy is held, however strong it is."""
    weighed, _ = _weigh(_windows(nats, pdq_bits=20), strictness=strictness)
    assert (weighed.verdict.outcome, weighed.verdict.band) == (Outcome.REVIEW, Band.LOOSE)
    assert weighed.verdict.reasons == (Reason.NEAR_THRESHOLD_BUDGET,)
    assert weighed.reference_ids == ("ref_0",)
    assert weighed.probe.is_held is (nats < NEAR_UP_TO_NATS)


@pytest.mark.parametrize(("below", "held"), [(1.0, True), (1.1, False)])
def test_holding_ends_at_the_probes_own_edge(below, held):
    """Below the threshold as many nats are held as the probe's edge has bits for."""
    edge = LOOSE_PDQ_BITS + int(REACH_BITS_PER_NAT)
    weighed, _ = _weigh(_windows(MIN_NATS - below), strictness=Strictness.HELD, edge=edge)
    assert (weighed.verdict.outcome is Outcome.REVIEW) is held
    assert bool(weighed.reference_ids) is held


@pytest.mark.parametrize("strictness", BEYOND)
def test_above_the_threshold_every_edge_holds(strictness):
    """The narrowest edge still holds all that would have counted: nothing registered is allowed for a spent budget."""
    weighed, _ = _weigh(_windows(MIN_NATS, pdq_bits=20), strictness=strictness, edge=LOOSE_PDQ_BITS)
    assert weighed.verdict.outcome is Outcome.REVIEW


@pytest.mark.parametrize(
    ("pdq_bits", "dhash_bits", "is_clear"), [(8, 4, True), (9, 4, False), (8, 5, False), (8, None, False)]
)
def test_blurred_answers_tell_copies_within_the_questions_own_distances(pdq_bits, dhash_bits, is_clear):
    """Both distances must lie within them; a held answer tells none."""
    evidence = _windows(SURE, pdq_bits=pdq_bits, dhash_bits=dhash_bits)
    outcome = _weigh(evidence, strictness=Strictness.BLURRED)[0].verdict.outcome
    assert outcome is (Outcome.BLOCK if is_clear else Outcome.REVIEW)
    assert _weigh(evidence, strictness=Strictness.HELD)[0].verdict.outcome is Outcome.REVIEW


@pytest.mark.parametrize("strictness", BEYOND)
def test_the_exact_file_is_always_told(strictness):
    """A digest has no threshold."""
    weighed, _ = _weigh(ExactEvidence(reference=FACTS), _windows(MIN_NATS), strictness=strictness)
    assert weighed.verdict.outcome is Outcome.BLOCK


def test_an_altered_copy_is_told_within_the_budget():
    """Whoever pastes one face after another into a picture spends the budget of that picture."""
    weighed, calls = _weigh(_altered())
    assert [names for *_, names in calls] == [("ref_0",)]
    assert weighed.verdict.altered == (REGION,)


def test_beyond_the_budget_an_alteration_is_not_told():
    """The answer to an altered copy is then that to a copy, without region and reason."""
    blurred = {"strictness": Strictness.BLURRED}
    told, plain = _weigh(_altered(pdq_bits=5, dhash_bits=4), **blurred), _weigh(_windows(SURE, dhash_bits=4))
    assert told[0].verdict == plain[0].verdict


@pytest.mark.parametrize("strictness", Strictness)
def test_official_releases_are_answered_exactly(strictness):
    """They are public, so they are no probes. An altered one excuses nothing."""
    facts = ReferenceFacts(
        kind=ReferenceKind.OFFICIAL_RELEASE, level=Level.V1, case_id="case_1", is_verified=True
    )
    release = WholeEvidence(
        reference=facts, pdq_bits=5, dhash_bits=5, quality=100, flat_share=0.0, is_whole_upload=True
    )
    weighed, calls = _weigh(release, strictness=strictness)
    assert weighed.verdict.reasons == (Reason.OFFICIAL_RELEASE,)
    assert (weighed.probe, calls) == (None, [("standing", "ten_1", ())])
    copy = replace(_windows(SURE), reference=replace(facts, kind=ReferenceKind.SOURCE_ORIGINAL))
    altered = replace(release, match=MatchKind.ALTERED_COPY, altered=(REGION,))
    assert _weigh(altered, copy, strictness=strictness)[0].verdict.outcome is Outcome.REVIEW


@pytest.mark.parametrize("strictness", Strictness)
def test_what_a_release_excuses_is_no_probe_and_holds_nothing(strictness):
    """Beside an official release its subject's original tells nothing; an intimate item and a stranger's count."""
    facts = ReferenceFacts(
        kind=ReferenceKind.OFFICIAL_RELEASE, level=Level.V1, case_id="case_1", is_verified=True
    )
    release = ExactEvidence(reference=facts)
    own = replace(_windows(SURE), reference=replace(facts, kind=ReferenceKind.SOURCE_ORIGINAL))
    weighed, calls = _weigh(release, own, strictness=strictness)
    assert weighed.verdict.reasons == (Reason.OFFICIAL_RELEASE,)
    assert (weighed.probe, calls) == (None, [("standing", "ten_1", ())])
    for other in (
        replace(own, reference=replace(own.reference, case_id="case_2")),
        replace(own, reference=replace(own.reference, kind=ReferenceKind.INTIMATE_ITEM)),
    ):
        weighed, calls = _weigh(release, other, strictness=strictness)
        assert weighed.verdict.outcome is Outcome.REVIEW
        assert calls == [("standing", "ten_1", ("ref_1",))]


@pytest.mark.parametrize("evidence", [(), (_windows(SURE),), (_windows(MIN_NATS - 3),)])
def test_who_is_stopped_gets_one_answer(evidence):
    """Whatever the upload shows, it is held in the same way."""
    assert (
        _weigh(*evidence, is_stopped=True)[0].verdict
        == _weigh(_windows(MIN_NATS - 1), is_stopped=True)[0].verdict
    )


def test_who_is_stopped_is_still_told_of_the_exact_file():
    """The registered file itself stays blocked."""
    assert _weigh(ExactEvidence(reference=FACTS), is_stopped=True)[0].verdict.outcome is Outcome.BLOCK


def test_a_question_of_media_is_all_that_was_seen_of_it():
    """A pixel or a frame more makes another probe, even where the first frame's codes are the same."""
    one = query_frame(picture(21))
    luma = one.luma.copy()
    luma[100, 100] ^= 1
    asked = question(one)
    others = [question(replace(one, luma=luma)), question(one, picture(22)), question(picture(22))]
    assert asked.edge() == others[0].edge() == others[1].edge()
    probes = {other.probe() for other in (asked, *others)}
    assert len(probes) == 4
    assert question(replace(one, luma=np.array(one.luma))).probe() == asked.probe()


def test_a_question_of_codes_is_its_codes():
    """The same codes again are the same probe."""
    assert ASKED.probe() == (pdq("asked"), dhash("asked"))


def _face(likeness=0.5, **changes):
    return FaceEvidence(reference=replace(PERSON, **changes), likeness=likeness)


def _photograph(bits):
    return WholeEvidence(reference=PERSON, pdq_bits=bits, dhash_bits=2, quality=100, flat_share=0.0)


@pytest.mark.parametrize(
    ("evidence", "people"),
    [
        (_face(), ["case_1"]),
        (_face(-0.9 * NEAR_LIKENESS), ["case_1"]),
        (_face(-1.1 * NEAR_LIKENESS), []),
        (_face(level=Level.V1), []),
        (_face(case_id=None), ["ref_0"]),
        (_photograph(36), ["case_1"]),
        (_photograph(41), []),
        (ExactEvidence(reference=PERSON), ["case_1"]),
        (ExactEvidence(reference=replace(PERSON, level=Level.V1)), []),
        (replace(_photograph(4), reference=replace(PERSON, level=Level.V0)), []),
        (_windows(SURE), []),
    ],
)
def test_registered_people_are_counted_by_their_cases(evidence, people):
    """By a face that is proposed, also just below the threshold, and by the registered photograph itself."""
    calls = [names for name, names, *_ in _weigh(evidence)[1] if name == "tell"]
    assert calls == [(name,) for name in people]


def test_photographs_that_nobody_verified_spend_no_budget():
    """Anybody may register widely uploaded pictures of others as likenesses: none below V2 counts."""
    for level in (Level.V0, Level.V1):
        unverified = ExactEvidence(reference=replace(PERSON, level=level))
        weighed, calls = _weigh(unverified, shows_face=True)
        assert (weighed.verdict.outcome, [call[0] for call in calls]) == (Outcome.REVIEW, ["standing"])


def test_several_references_of_a_person_are_one():
    """A face and the registered photograph, and the faces of two engines, are one person."""
    _, calls = _weigh(_face(), _photograph(4), _face(0.1))
    assert calls[-1] == ("tell", ("case_1",))


def test_people_who_may_be_told_are():
    """Within the budgets the answer is the ladder's."""
    assert _weigh(_face(), shows_face=True)[0].verdict.reasons == (Reason.LIKENESS_ALONE,)


@pytest.mark.parametrize("budget", [{"people": SPENT}, {"is_telling": False}])
def test_people_who_may_not_be_told_are_held(budget):
    """The answer names no likeness and no reference, and tells no place."""
    weighed, _ = _weigh(_face(), shows_face=True, **budget)
    verdict = weighed.verdict
    assert (verdict.outcome, verdict.band) == (Outcome.REVIEW, Band.LOOSE)
    assert (verdict.kinds, verdict.boxes, verdict.reasons) == ((), (), (Reason.LIKENESS_BUDGET,))
    assert weighed.reference_ids == ()


@pytest.mark.parametrize("context", Context)
@pytest.mark.parametrize(
    "others", [(), (_windows(MIN_NATS - 3),), (_windows(SURE, cover=0.5),), (_windows(SURE),)]
)
def test_once_spent_no_answer_follows_a_likeness(others, context):
    """Beside whatever else matches, a face that is registered and one that is not get one answer, never *allow*."""
    asked = {"people": SPENT, "shows_face": True, "context": context}
    answers = [_weigh(*others, *likeness, **asked) for likeness in ((), (_face(),), (_photograph(4),))]
    assert len({repr(weighed.verdict) for weighed, _ in answers}) == 1
    assert len({weighed.reference_ids for weighed, _ in answers}) == 1
    assert answers[0][0].verdict.outcome is not Outcome.ALLOW
    assert not [call for _, calls in answers for call in calls if call[0] == "tell"]


def test_a_match_is_told_as_ever_beside_a_spent_budget():
    """A copy blocks, and a part of one is reviewed for what it is."""
    asked = {"people": SPENT, "shows_face": True}
    assert _weigh(_windows(SURE), _face(), **asked)[0].verdict == _weigh(_windows(SURE))[0].verdict
    assert Reason.WINDOWS_AGREE in _weigh(_windows(SURE, cover=0.5), **asked)[0].verdict.reasons


def test_a_blocked_copy_tells_of_nobody_and_counts_nobody():
    """Whoever it shows, the answer is the copy's."""
    weighed, calls = _weigh(_windows(SURE), _face())
    assert weighed.verdict == _weigh(_windows(SURE))[0].verdict
    assert [call[0] for call in calls] == ["standing"]


RELEASE = ExactEvidence(
    reference=ReferenceFacts(
        kind=ReferenceKind.OFFICIAL_RELEASE, level=Level.V1, case_id="case_1", is_verified=True
    )
)


def test_an_official_release_counts_nobody():
    """Of its own subject it is allowed, so nothing is told; whoever else it shows counts."""
    weighed, calls = _weigh(RELEASE, _face(), shows_face=True)
    assert weighed.verdict.reasons == (Reason.OFFICIAL_RELEASE,)
    assert [call[0] for call in calls] == ["standing"]
    assert _weigh(RELEASE, _face(case_id="case_2"), shows_face=True)[1][-1] == ("tell", ("case_2",))


def test_once_spent_releases_of_portraits_tell_nobody():
    """Whoever has a verified case registers portraits as its releases, and asks about each: one answer for all."""
    asked = {"people": SPENT, "shows_face": True}
    stranger, registered = _weigh(RELEASE, **asked), _weigh(RELEASE, _face(case_id="case_2"), **asked)
    assert stranger[0].verdict == registered[0].verdict
    assert stranger[0].verdict.reasons == (Reason.LIKENESS_BUDGET,)
    assert _weigh(RELEASE, people=SPENT)[0].verdict.reasons == (Reason.OFFICIAL_RELEASE,)


def test_a_spent_budget_stops_nothing_without_a_face():
    """Landscapes are allowed."""
    assert _weigh(people=SPENT)[0].verdict.outcome is Outcome.ALLOW
