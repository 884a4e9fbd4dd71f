"""Altered regions: where an answer tells them, how many, and that nothing else follows from them."""

import random
from dataclasses import replace

import pytest

from index.verdict.boxes import WHOLE, Box
from index.verdict.ladder import MAX_ALTERED, decide, hold, hold_unfinished
from index.verdict.reasons import Reason
from index.verdict.vocabulary import Level
from tests.support.evidence import (
    ALTERED,
    BLOCK,
    BLOCKED,
    COPY,
    HELD_ORIGINAL,
    INTIMATE,
    LOOSE,
    NO_MATCH,
    ORIGINAL,
    RELEASE,
    RELEASED,
    REVIEW,
    answer,
    clip,
    cut,
    face,
    faint,
    framed,
    loose,
    tight,
)

FACE_BOX = Box.of_steps(20, 8, 36, 30)
OTHER_BOX = Box.of_steps(40, 40, 60, 64)


def with_region(verdict, *altered):
    """The same answer as of an altered copy with these regions."""
    reasons = tuple(sorted({*verdict.reasons, Reason.REGION_ALTERED}))
    return replace(verdict, kinds=(ALTERED,), reasons=reasons, altered=altered)


@pytest.mark.parametrize("make", [tight, loose, framed, cut, clip])
@pytest.mark.parametrize("kind", [INTIMATE, ORIGINAL])
def test_a_region_is_named_beside_the_answer(make, kind):
    """Whatever found it, the answer stays as it is, with the reason and the region of the alteration."""
    plain = decide([make(kind, match=ALTERED)])
    assert decide([make(kind, match=ALTERED, altered=(FACE_BOX,))]) == with_region(plain, FACE_BOX)


def test_a_tight_block_of_an_intimate_item_stays():
    """Another face in it makes an intimate item no less one."""
    item = tight(match=ALTERED, altered=(FACE_BOX,))
    assert decide([item]) == with_region(BLOCKED, FACE_BOX)


def test_an_altered_original_is_the_sign_of_a_deepfake():
    """A tight match of a source original is held as ever, and the answer tells which region was replaced."""
    item = tight(ORIGINAL, match=ALTERED, altered=(FACE_BOX,))
    assert decide([item]) == with_region(HELD_ORIGINAL, FACE_BOX)


def test_regions_are_told_of_what_the_answer_rests_on():
    """A weaker match has its kind told, and no region, as its place is not told either."""
    verdict = decide([tight(), cut(match=ALTERED, altered=(FACE_BOX,))])
    assert verdict == answer(BLOCK, tight().grade().band, (COPY, ALTERED), Reason.TIGHT_MATCH)


def test_an_altered_release_excuses_nothing():
    """A published picture with another face is not what was published."""
    altered = tight(RELEASE, match=ALTERED, altered=(FACE_BOX,))
    assert decide([tight(RELEASE)]) == RELEASED
    assert decide([altered]) == NO_MATCH
    assert decide([altered, face()]).outcome is REVIEW
    assert decide([altered, tight()]) == BLOCKED


def test_no_allow_and_no_held_answer_has_a_region():
    """Where nothing counts, and where the probing budget holds, no place is told but the whole upload."""
    altered = {"match": ALTERED, "altered": (FACE_BOX,)}
    assert decide([faint(**altered)]) == NO_MATCH
    assert decide([tight(RELEASE), loose(ORIGINAL, **altered)]) == RELEASED
    held = hold(decide([framed(level=Level.V1, **altered)]))
    assert held == answer(REVIEW, LOOSE, (COPY,), Reason.NEAR_THRESHOLD_BUDGET, boxes=(WHOLE,))
    assert hold_unfinished(decide([faint(**altered)])).altered == ()


def test_regions_are_coarse_and_told_once_in_order():
    """Regions are rounded outwards to 64ths, and equal ones of several references are one."""
    fine = Box(left=0.3126, top=0.1251, right=0.5624, bottom=0.4687)
    items = [
        framed(match=ALTERED, altered=(OTHER_BOX, fine)),
        framed(match=ALTERED, altered=(FACE_BOX,), level=Level.V4),
    ]
    assert decide(items).altered == (FACE_BOX, OTHER_BOX)


def test_the_largest_regions_are_told():
    """Of more regions than are told, the largest are."""
    boxes = [Box.of_steps(0, 2 * row, 3 + row, 2 * row + 1) for row in range(2 * MAX_ALTERED)]
    shuffled = tuple(random.Random(1).sample(boxes, len(boxes)))
    assert decide([tight(match=ALTERED, altered=shuffled)]).altered == tuple(boxes[MAX_ALTERED:])
