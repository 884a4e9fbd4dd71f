"""What a face can lead to: a look, and only where its engine, its case and enough of a clip say so."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.verdict.evidence import FaceVotes
from index.verdict.ladder import decide, hold_uncompared
from index.verdict.reasons import Reason
from index.verdict.vocabulary import Band, Context, Level, Outcome, ReferenceKind
from tests.support.evidence import (
    ALLOW,
    BLOCK,
    COPY,
    FACE,
    HELD_FACE,
    LIKENESS,
    LOOSE,
    NO_MATCH,
    PART,
    RELEASE,
    RELEASED,
    REVIEW,
    SECONDS,
    answer,
    face,
    faces,
    loose,
    tight,
)


@given(st.lists(faces, max_size=6), st.sampled_from(Context))
def test_no_likeness_blocks(likenesses, context):
    """However many faces match, however well, whatever their kind and level: a person looks at most."""
    verdict = decide(likenesses, context)
    assert verdict.outcome is not Outcome.BLOCK
    assert verdict.band in {Band.NONE, Band.LOOSE}


@pytest.mark.parametrize("likeness", [0.0, 0.5, 1.0])
def test_a_face_from_the_threshold_on_is_held(likeness):
    """On the threshold and for the very same vector the answer is the same: no measure leaves."""
    assert decide([face(likeness=likeness)]) == HELD_FACE


@pytest.mark.parametrize("likeness", [math.nextafter(0, -1), -0.5, math.nan, -math.inf])
def test_a_face_below_the_threshold_is_nothing(likeness):
    """By a hair, by far, and where the measure is no number."""
    assert decide([face(likeness=likeness)]) == NO_MATCH


@pytest.mark.parametrize("level", list(Level))
def test_a_likeness_is_looked_for_from_v2_on(level):
    """Below, nobody has seen that the claim is the subject's own: whoever registers a stranger finds nothing."""
    assert decide([face(level=level)]) == (HELD_FACE if level >= Level.V2 else NO_MATCH)


@pytest.mark.parametrize(
    ("looks", "every", "outcome"),
    [(0, False, ALLOW), (1, False, ALLOW), (1, True, REVIEW), (2, False, REVIEW), (9, True, REVIEW)],
)
def test_query_frames_of_a_clip_vote(looks, every, outcome):
    """One look of many is a chance hit; of a clip that gives one look, one is enough."""
    verdict = decide([face(votes=FaceVotes(looks=looks, is_every_look=every), segments=(SECONDS,), box=PART)])
    assert verdict.outcome is outcome
    if outcome is REVIEW:
        assert verdict.segments == (SECONDS.coarsened(),)
        assert verdict.boxes == (PART.coarsened(),)


def test_a_sexual_context_is_told_with_a_likeness():
    """The platform that says so is told to hold; the outcome is the same, and other matches do not speak of it."""
    told = answer(REVIEW, LOOSE, (FACE,), Reason.LIKENESS_ALONE, Reason.SEXUAL_CONTEXT)
    assert decide([face()], context=Context.SEXUAL) == told
    assert decide([loose()], context=Context.SEXUAL) == decide([loose()])
    assert decide([], context=Context.SEXUAL) == NO_MATCH


def test_a_release_answers_for_the_faces_that_it_shows():
    """The agency's own release shows its artist, whose likeness it registered in the same case: that is allowed."""
    assert decide([tight(RELEASE), face()]) == RELEASED


def test_a_release_does_not_answer_for_faces_that_were_not_compared():
    """They may be anybody's, so the upload is held."""
    assert hold_uncompared(RELEASED) == hold_uncompared(NO_MATCH)
    assert hold_uncompared(RELEASED).outcome is REVIEW


def test_in_a_sexual_context_a_release_answers_for_no_face():
    """A deepfake that somebody calls a release is worst there, so the likeness is held as if there were none."""
    for likeness in (face(), tight(LIKENESS)):
        held = decide([likeness], Context.SEXUAL)
        assert decide([tight(RELEASE), likeness], Context.SEXUAL) == held
        assert held.outcome is REVIEW


def test_a_likeness_beside_a_copy_changes_nothing_but_the_kinds():
    """A block by a tight copy stays one, and says that a likeness was seen too."""
    assert decide([tight(), face()]) == answer(BLOCK, Band.TIGHT, (COPY, FACE), Reason.TIGHT_MATCH)


def test_the_registered_photograph_itself_is_held_by_its_codes():
    """Its whole codes lead to a look as a likeness does, and never to a block."""
    assert decide([tight(LIKENESS, level=Level.V4)]).outcome is REVIEW


def test_faces_that_were_not_compared_hold_an_allow():
    """What was not compared may be anybody; a review or a block says enough already."""
    held = hold_uncompared(NO_MATCH)
    assert (held.outcome, held.band, held.reasons) == (REVIEW, LOOSE, (Reason.FACES_UNCOMPARED,))
    assert hold_uncompared(HELD_FACE) == HELD_FACE


def test_every_kind_of_reference_has_an_answer_for_a_face():
    """A face never blocks, whatever kind of reference somebody should ever attach one to."""
    for kind in ReferenceKind:
        assert decide([face(kind)]).outcome is not BLOCK
