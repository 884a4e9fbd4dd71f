"""Evidence by anchored windows: every gate at both sides of its edge, what kind of copy it is, and where it lies."""

import math
import random
from dataclasses import replace

import pytest

from index.verdict.boxes import WHOLE, Box
from index.verdict.grading import Grade
from index.verdict.ladder import MAX_BOXES, decide
from index.verdict.reasons import Reason
from index.verdict.vocabulary import Level
from tests.support.evidence import (
    ALTERED,
    BLOCK,
    BLOCKED,
    COPY,
    CROP,
    FACE,
    HELD_CUT,
    HELD_UNVERIFIED,
    LOOSE,
    NATS,
    NO_MATCH,
    NONE,
    PART,
    RELEASE,
    REVIEW,
    TIGHT,
    answer,
    cut,
    face,
    faint,
    framed,
    grade,
    loose,
    tight,
)

FRAMED_BLOCKED = replace(BLOCKED, boxes=(PART,))

# ---------------------------------------------------------------- the gates

LOOSE_BECAUSE = [
    ({"pdq_bits": 32}, Reason.FRAME_DIFFERS),
    ({"pdq_bits": 40}, Reason.FRAME_DIFFERS),
    ({"pdq_bits": 256}, Reason.FRAME_DIFFERS),
    ({"pdq_bits": None}, Reason.FRAME_DIFFERS),
    ({"cover": math.nextafter(0.9, 0)}, Reason.FRAME_CUT),
    ({"cover": 0.0}, Reason.FRAME_CUT),
    ({"cover": math.nan}, Reason.FRAME_CUT),
    ({"quality": 49}, Reason.LOW_QUALITY),
    ({"quality": None}, Reason.LOW_QUALITY),
    ({"flat_share": math.nextafter(0.60, 1)}, Reason.FLAT_PICTURE),
    ({"flat_share": math.nan}, Reason.FLAT_PICTURE),
    ({"dhash_bits": 21}, Reason.SECOND_FAMILY_DIFFERS),
    ({"dhash_bits": None}, Reason.SECOND_FAMILY_MISSING),
]


@pytest.mark.parametrize("nats", [NATS, 400.0])
@pytest.mark.parametrize(("change", "reason"), LOOSE_BECAUSE)
def test_a_failed_gate_makes_a_match_by_windows_loose(nats, change, reason):
    """However much the windows agree, each gate that fails is named, and the upload is held instead of blocked."""
    item = framed(nats=nats, **change)
    assert grade(item) == Grade(band=LOOSE, reasons=(Reason.WINDOWS_AGREE, reason))
    assert decide([item]) == answer(REVIEW, LOOSE, (COPY,), Reason.WINDOWS_AGREE, reason, boxes=(PART,))


def test_all_failed_gates_are_named():
    """Windows that agree where nothing else does name every gate."""
    assert decide([framed(view=None)]) == answer(
        REVIEW, LOOSE, (COPY,), Reason.WINDOWS_AGREE, Reason.FRAME_DIFFERS, Reason.FRAME_CUT, Reason.LOW_QUALITY,
        Reason.FLAT_PICTURE, Reason.SECOND_FAMILY_MISSING, boxes=(PART,),
    )  # fmt: skip


@pytest.mark.parametrize("nats", [math.nextafter(NATS, 0), 0.0, -100.0, -math.inf, math.nan])
@pytest.mark.parametrize("level", Level)
def test_too_little_evidence_is_no_match(nats, level):
    """Below the threshold nothing is found, also where PDQ in the frame is near: the frame was a guess."""
    for item in (framed(level=level, nats=nats), cut(level=level, nats=nats, pdq_bits=0)):
        assert grade(item) == Grade(band=NONE, reasons=())
        assert decide([item]) == NO_MATCH


@pytest.mark.parametrize("level", Level)
def test_the_same_picture_in_its_frame_is_tight(level):
    """Where all gates pass the upload is blocked from V1 on, and held for want of verification before."""
    expected = BLOCKED if level >= Level.V1 else HELD_UNVERIFIED
    assert decide([framed(level=level)]) == replace(expected, boxes=(PART,))


def test_a_release_found_by_windows_excuses_nothing():
    """A release may be pasted into a corner of something else: only the whole upload can be one."""
    for release in (framed(RELEASE), cut(RELEASE), faint(RELEASE)):
        assert decide([release, framed()]) == FRAMED_BLOCKED
        assert decide([release, face()]).outcome is REVIEW
    assert decide([tight(RELEASE), framed()]).outcome is REVIEW


# ---------------------------------------------------------------- kinds and boxes


@pytest.mark.parametrize("kind", [COPY, CROP, ALTERED])
def test_the_kind_of_copy_is_told(kind):
    """A copy, a part and an altered one are told apart, and the kind changes nothing else in the answer."""
    assert decide([framed(match=kind)]) == replace(FRAMED_BLOCKED, kinds=(kind,))
    held = decide([cut(match=kind)])
    assert (held.outcome, held.kinds, set(HELD_CUT.reasons) <= set(held.reasons)) == (REVIEW, (kind,), True)


@pytest.mark.parametrize("kind", [CROP, ALTERED])
def test_one_frame_of_a_clip_is_never_all_of_it(kind):
    """A picture that shows a frame of a registered clip exactly is held: it shows no more of the clip."""
    assert decide([framed(match=kind, is_excerpt=True)]) == answer(
        REVIEW, LOOSE, (kind,), Reason.WINDOWS_AGREE, Reason.FRAME_CUT, boxes=(PART,)
    )


def test_kinds_of_weaker_matches_are_told_without_their_places():
    """Every kind that counts is told; places only of what the answer rests on."""
    verdict = decide([framed(), cut(box=WHOLE), loose(), face()])
    assert verdict == answer(BLOCK, TIGHT, (COPY, CROP, FACE), Reason.TIGHT_MATCH, boxes=(PART,))


def test_places_are_told_once_and_in_order():
    """References that match in the same place are one box; several lie in the order of their edges."""
    left, right = Box.of_steps(0, 0, 32, 64), Box.of_steps(32, 0, 64, 64)
    items = [framed(box=right), framed(box=left), framed(box=right, level=Level.V4)]
    assert decide(items) == replace(BLOCKED, boxes=(left, right))


def test_places_are_told_coarsely():
    """The answer rounds the measured place outwards to 64ths; places that are equal in 64ths are one."""
    fine = Box(left=0.1261, top=0.2512, right=0.6249, bottom=0.9999)
    finer = replace(fine, left=0.1262)
    assert decide([framed(box=fine), framed(box=finer)]) == FRAMED_BLOCKED


def test_places_are_told_up_to_a_number():
    """A collage of more pictures than that is blocked as any other, with some of the places."""
    boxes = [Box.of_steps(column, 0, column + 1, 64) for column in range(2 * MAX_BOXES)]
    items = [framed(box=box) for box in random.Random(1).sample(boxes, len(boxes))]
    assert decide(items) == replace(BLOCKED, boxes=tuple(boxes[:MAX_BOXES]))


def test_an_allow_has_no_places():
    """Matches that are too weak, or excused by a release, have no place in the answer."""
    assert decide([faint(), tight(RELEASE)]).boxes == ()
    assert decide([tight(RELEASE), face()]).boxes == ()
