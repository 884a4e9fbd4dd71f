"""Faces in a check of a picture: whom they are looked for, what they lead to, and what never becomes an allow."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import DecoderFailed, DecodersBusy, LowInformation
from index.faces.engine.contract import FaceRefusal
from index.verdict.evidence import FrameView, ReferenceFacts, WindowEvidence
from index.verdict.reasons import Reason
from index.verdict.thresholds import NEAR_LIKENESS
from index.verdict.vocabulary import Band, Context, Level, MatchKind, Outcome, ReferenceKind
from registry.domain.candidate import CodeCandidate, ExactCandidate
from registry.domain.people import PeopleStanding
from registry.domain.probe import Strictness
from registry.errors import IndexBehind, SealBroken, StorageUnavailable
from registry.matching import assessment as assessing
from registry.matching.windows import WindowMatches
from registry.permissions import Permission
from tests.support.databases.registry_parts import DANA, dhash, digest, near, pdq
from tests.support.usecases.drawn_media import coded
from tests.support.usecases.fake_faces import FaceSetting, engine, face, picture, template, unfit

ASKED = pdq("asked", 100)
SEEN = coded(ASKED, dhash("asked"), sha256=digest("asked").value, colours=(picture(1),))
NOT_FOR_FACES = replace(DANA, permissions=DANA.permissions - {Permission.CHECK_LIKENESS})


@pytest.fixture
def setting():
    """One subject is registered, and the upload shows them clearly."""
    setting = FaceSetting()
    setting.register(template())
    setting.faces.shown[1] = (face(0.5),)
    return setting


def looked(setting):
    return [call for call in setting.calls if call[0] == "look"]


def whole(kind=ReferenceKind.INTIMATE_ITEM, bits=0, **changes):
    """A reference that the upload's whole codes are near."""
    plain = CodeCandidate(
        key=1,
        reference_id="ref_whole",
        case_id="case_whole",
        number=1,
        kind=kind,
        level=Level.V1,
        flat_share=0.0,
        code_id=1,
        pdq=near(ASKED, bits),
        dhash=dhash("asked"),
    )
    return replace(plain, **changes)


def hold(setting, candidate):
    """Registers a whole code near the upload."""
    setting.index.proposed = (candidate.code_id,)
    setting.candidates.by_code[candidate.code_id] = candidate


def test_the_steps_come_in_their_order(setting):
    """Whole codes are asked first, then faces are looked for, proposed and confirmed; a clear likeness is no probe."""
    check = setting.ask(SEEN)
    names = [call if isinstance(call, str) else call[0] for call in setting.calls]
    assert names == [
        "ready_position",
        "propose",
        "confirm",
        "look",
        "propose",
        "confirm_faces",
        "standing",
        "tell",
        "add",
    ]
    assert setting.checks.kept == {check.id: check}


def test_a_likeness_is_reviewed(setting):
    """Review, loosely, with its kind and its place, and the subject's reference behind it."""
    check = setting.ask(SEEN)
    verdict = check.verdict
    assert (verdict.outcome, verdict.band, verdict.kinds) == (
        Outcome.REVIEW,
        Band.LOOSE,
        (MatchKind.LIKENESS,),
    )
    assert verdict.reasons == (Reason.LIKENESS_ALONE,)
    assert verdict.boxes == (face().box,)
    assert check.reference_ids == ("ref_face_1",)


def test_a_stranger_is_allowed(setting):
    """A face far from every template matches nobody."""
    setting.faces.shown[1] = (face(-0.5),)
    check = setting.ask(SEEN)
    assert (check.verdict.outcome, check.reference_ids) == (Outcome.ALLOW, ())


def test_a_platform_without_the_permission_has_no_faces_looked_for(setting):
    """For a platform with faces switched off, no face is searched."""
    assert setting.ask(SEEN, NOT_FOR_FACES).verdict.outcome is Outcome.ALLOW
    assert looked(setting) == []


def test_a_deployment_without_faces_looks_for_none(setting):
    """With faces switched off for the deployment, no face is searched."""
    setting.services = replace(setting.services, faces=None)
    assert setting.ask(SEEN).verdict.outcome is Outcome.ALLOW
    assert looked(setting) == []


def test_codes_show_no_faces(setting):
    """A question of codes has no picture to look at."""
    assert setting.ask(replace(SEEN, colours=())).verdict.outcome is Outcome.ALLOW
    assert looked(setting) == []


def test_a_copy_that_blocks_costs_no_look(setting):
    """An upload that a whole code or the file's digest blocks is answered without a search for faces."""
    hold(setting, whole())
    assert setting.ask(SEEN).verdict.outcome is Outcome.BLOCK
    assert looked(setting) == []


def test_windows_that_block_cost_no_look(setting, monkeypatch):
    """Neither does a picture that is the registered one in its frame."""
    tight = WindowEvidence(
        reference=ReferenceFacts(kind=ReferenceKind.INTIMATE_ITEM, level=Level.V1),
        nats=300.0,
        view=FrameView(pdq_bits=4, dhash_bits=2, quality=100, flat_share=0.0, cover=1.0),
    )
    matches = WindowMatches(found=[("ref_windows", tight)], is_finished=True)
    monkeypatch.setattr(assessing, "match_windows", lambda *_: matches)
    assert setting.ask(SEEN).verdict.outcome is Outcome.BLOCK
    assert looked(setting) == []


def test_a_copy_that_is_reviewed_is_looked_at(setting):
    """A loose copy is no reason to leave the face out: both kinds are told."""
    hold(setting, whole(bits=36))
    verdict = setting.ask(SEEN).verdict
    assert (verdict.outcome, set(verdict.kinds)) == (Outcome.REVIEW, {MatchKind.COPY, MatchKind.LIKENESS})


@pytest.mark.parametrize("error", [DecoderFailed("crashed"), DecodersBusy("busy")])
def test_faces_that_cannot_be_looked_for_are_no_answer(setting, error):
    """A worker that crashes, hangs or never comes free is an error and never an allow."""
    setting.faces.failure = error
    with pytest.raises(type(error)):
        setting.ask(SEEN)
    assert setting.checks.kept == {}


@pytest.mark.parametrize("error", [StorageUnavailable(), SealBroken()])
def test_templates_that_cannot_be_confirmed_are_no_answer(setting, error):
    """A database that fails, or a seal that does not open, is an error and never an allow."""

    def fail(*_):
        raise error

    setting.candidates.confirm_faces = fail
    with pytest.raises(type(error)):
        setting.ask(SEEN)
    assert setting.checks.kept == {}


def test_an_index_that_falls_behind_is_no_answer(setting):
    """Where templates cannot be searched exactly, there is no answer."""

    def propose(family, codes, radius):
        raise IndexBehind

    setting.index.propose = propose
    with pytest.raises(IndexBehind):
        setting.ask(SEEN)
    assert setting.checks.kept == {}


@pytest.mark.parametrize("refusal", FaceRefusal, ids=str)
def test_an_unfit_face_is_reported(setting, refusal):
    """It leaves the upload an allow, which says that a face went uncompared."""
    setting.faces.shown[1] = (unfit(refusal), face(-0.5))
    verdict = setting.ask(SEEN).verdict
    assert verdict.outcome is Outcome.ALLOW
    assert verdict.reasons == (Reason.FACES_UNFIT, Reason.NO_MATCH)


def test_an_unfit_face_beside_a_likeness_hides_nothing(setting):
    """The likeness is reviewed as ever."""
    setting.faces.shown[1] = (unfit(), face(0.5))
    verdict = setting.ask(SEEN).verdict
    assert (verdict.outcome, verdict.reasons) == (Outcome.REVIEW, (Reason.LIKENESS_ALONE,))


def test_a_crowd_is_not_allowed(setting):
    """Where more faces are shown than are compared, the upload is held, with the reason and no match."""
    setting.faces.shown[1] = (face(-0.5),)
    setting.faces.is_whole = False
    verdict = setting.ask(SEEN).verdict
    assert (verdict.outcome, verdict.reasons, verdict.kinds) == (
        Outcome.REVIEW,
        (Reason.FACES_UNCOMPARED,),
        (),
    )


def test_an_animation_of_more_scenes_than_faces_are_looked_for_in_is_not_allowed(setting):
    """Scenes that were left out may show anybody: the upload is held, with the reason."""
    setting.faces.shown[1] = (face(-0.5),)
    verdict = setting.ask(replace(SEEN, has_all_scenes=False)).verdict
    assert (verdict.outcome, verdict.reasons) == (Outcome.REVIEW, (Reason.FACES_UNCOMPARED,))
    assert setting.ask(SEEN).verdict.outcome is Outcome.ALLOW


@pytest.mark.parametrize("is_whole", [True, False])
def test_an_official_release_is_allowed(setting, is_whole):
    """A release stays its subject's, who registered the likeness too, unless faces could not be compared."""
    released = ExactCandidate(
        reference_id="ref_release",
        case_id="case_1",
        number=1,
        kind=ReferenceKind.OFFICIAL_RELEASE,
        level=Level.V1,
    )
    setting.candidates.by_digest[digest("asked").value] = released
    setting.candidates.link("case_1")
    setting.faces.is_whole = is_whole
    check = setting.ask(SEEN)
    assert check.verdict.outcome is (Outcome.ALLOW if is_whole else Outcome.REVIEW)
    assert check.verdict.reasons == ((Reason.OFFICIAL_RELEASE,) if is_whole else (Reason.FACES_UNCOMPARED,))
    assert check.reference_ids == ()


@pytest.mark.parametrize("likeness", [-NEAR_LIKENESS, -0.01, 0.0, NEAR_LIKENESS])
def test_near_the_threshold_is_a_probe(setting, likeness):
    """Just above and just below is counted against the reference, and the answer is exact within the budget."""
    setting.faces.shown[1] = (face(likeness * 0.999),)
    verdict = setting.ask(SEEN).verdict
    assert ("standing", DANA.tenant_id, ("ref_face_1",)) in setting.calls
    assert (verdict.outcome is Outcome.REVIEW) is (likeness >= 0)


@pytest.mark.parametrize("likeness", [-0.2, 0.2, 1.0])
def test_far_from_the_threshold_is_no_probe(setting, likeness):
    """Strangers and clear likenesses spend nothing."""
    setting.faces.shown[1] = (face(likeness),)
    setting.ask(SEEN)
    assert ("standing", DANA.tenant_id, ()) in setting.calls


def test_beyond_the_budget_the_answer_follows_no_distance(setting):
    """Once it is spent, faces just above and just below the threshold are held alike, and no likeness is told."""
    setting.budget.strictness = Strictness.HELD
    answers = []
    for likeness in (-0.9 * NEAR_LIKENESS, -0.01, 0.01, 0.9 * NEAR_LIKENESS):
        setting.faces.shown[1] = (face(likeness),)
        answers.append(setting.ask(SEEN).verdict)
    assert len({repr(answer) for answer in answers}) == 1
    assert (answers[0].outcome, answers[0].reasons) == (Outcome.REVIEW, (Reason.NEAR_THRESHOLD_BUDGET,))


def test_holding_ends_at_the_probes_own_edge(setting):
    """Below the hidden edge a face is a stranger's again."""
    setting.budget.strictness = Strictness.HELD
    setting.budget.edge = 45
    setting.faces.shown[1] = (face(-0.9 * NEAR_LIKENESS),)
    assert setting.ask(SEEN).verdict.outcome is Outcome.ALLOW


@pytest.mark.parametrize("context", Context, ids=str)
def test_a_sexual_context_holds_a_likeness(setting, context):
    """The platform's context adds the reason to hold, and never a block."""
    verdict = setting.ask(replace(SEEN, context=context)).verdict
    assert verdict.outcome is Outcome.REVIEW
    assert (Reason.SEXUAL_CONTEXT in verdict.reasons) is (context is Context.SEXUAL)


@pytest.mark.parametrize("level", [Level.V0, Level.V1])
def test_a_case_below_v2_is_not_found_by_its_face(setting, level):
    """Should a template of an unverified case be there, it leads to nothing."""
    setting.candidates.templates.clear()
    setting.register(template(level=level))
    assert setting.ask(SEEN).verdict.outcome is Outcome.ALLOW


def test_every_frame_of_an_animation_is_looked_at(setting):
    """A face in the third frame is found."""
    setting.faces.shown = {3: (face(0.5),)}
    question = replace(SEEN, colours=tuple(picture(number) for number in (1, 2, 3)))
    assert setting.ask(question).verdict.kinds == (MatchKind.LIKENESS,)
    assert looked(setting) == [("look", 3)]


@pytest.mark.parametrize("seeing", ["one", "two"])
def test_either_engine_is_enough(seeing):
    """Of two engines with templates of other dimensions each finds its own."""
    setting = FaceSetting(engine("one"), engine("two", 16))
    setting.register(template(1), by="one")
    setting.register(template(2, dimension=16), by="two", dimension=16)
    setting.faces.shown = {(1, seeing): (face(0.5, dimension=8 if seeing == "one" else 16),)}
    assert setting.ask(SEEN).reference_ids == (f"ref_face_{1 if seeing == 'one' else 2}",)


def test_a_flat_picture_with_a_face_is_answered(setting):
    """A likeness is an answer where whole codes have none; without one a flat picture is refused as ever."""
    flat = coded(replace(ASKED, quality=9), dhash("asked"), colours=(picture(1),), is_informative=False)
    assert setting.ask(flat).verdict.outcome is Outcome.REVIEW
    for faces in ((face(-0.5),), (unfit(),)):
        setting.faces.shown[1] = faces
        with pytest.raises(LowInformation):
            setting.ask(flat)


LIKENESSES = st.floats(-2.0, 1.0, width=32)


@st.composite
def settings_of_likenesses(draw):
    """Everything that likenesses can make of a check: faces, templates, photographs found by their codes."""
    setting = FaceSetting(engine("one"), engine("two"))
    for name in ("one", "two"):
        levels = draw(st.lists(st.sampled_from(Level), max_size=4))
        setting.register(*(template(key, level=level) for key, level in enumerate(levels, 1)), by=name)
        faces = [face(likeness) for likeness in draw(st.lists(LIKENESSES, max_size=4))]
        setting.faces.shown[(1, name)] = (*faces, *[unfit()] * draw(st.integers(0, 1)))
    setting.faces.is_whole = draw(st.booleans())
    setting.budget.strictness = draw(st.sampled_from(Strictness))
    setting.budget.is_stopped = draw(st.booleans())
    setting.budget.people = PeopleStanding(is_spent=draw(st.booleans()))
    setting.budget.is_telling = draw(st.booleans())
    setting.budget.edge = draw(st.integers(40, 64))
    level, bits = draw(st.sampled_from(Level)), draw(st.none() | st.integers(0, 64))
    if bits is not None:
        hold(setting, whole(ReferenceKind.LIKENESS, bits, level=level))
    if draw(st.booleans()):
        exact = ExactCandidate(
            reference_id="ref_whole",
            case_id="case_whole",
            number=1,
            kind=ReferenceKind.LIKENESS,
            level=level,
        )
        setting.candidates.by_digest[digest("asked").value] = exact
    return setting


@given(settings_of_likenesses(), st.sampled_from(Context))
def test_no_combination_of_likenesses_blocks(setting, context):
    """Whatever faces, templates, levels and registered photographs meet, the answer is review at most (promise 2)."""
    check = setting.ask(replace(SEEN, context=context))
    assert check.verdict.outcome is not Outcome.BLOCK
    assert check.verdict.band is not Band.TIGHT or MatchKind.COPY in check.verdict.kinds
    assert (check.verdict.outcome is Outcome.ALLOW) <= (check.reference_ids == ())
    assert (Reason.LIKENESS_BUDGET in check.verdict.reasons) <= (check.reference_ids == ())
    assert set(check.reference_ids) <= {"ref_whole", *(f"ref_face_{key}" for key in range(1, 5))}
