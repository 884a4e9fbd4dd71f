"""Small moves of a frame bring the upload nearer to the registered code, and no stranger near."""

import cv2
import numpy as np
import pytest

from index.comparison.refinement import FRAME_SIDE, WIDE_UP_TO_BITS, Mover, warped
from index.hashing.whole import centred_coefficients, pdq, pdq_of_samples, signs_of
from tests.support.media.reuploads import luma_of

SEEDS = range(5)


def whole(luma):
    """The frame that is the whole plane."""
    rows, columns = luma.shape
    return np.diag([columns / FRAME_SIDE, rows / FRAME_SIDE, 1.0])


def held_of(luma):
    """The PDQ of a plane as it is seen in its own frame."""
    return pdq(warped(luma, whole(luma)))


def beside(shift=0.0, turn=0.0, scale=1.0, tilt=0.0):
    """A map of the frame onto itself that is a little off, about its middle."""
    half = FRAME_SIDE / 2
    centre, back = np.eye(3), np.eye(3)
    centre[:2, 2], back[:2, 2] = half, -half
    cos, sin = scale * np.cos(turn), scale * np.sin(turn)
    wrong = np.array([[cos, -sin, shift], [sin, cos, -shift], [tilt / half, 0, 1]])
    return centre @ wrong @ back


@pytest.mark.parametrize(
    "wrong", [beside(shift=4), beside(turn=0.03), beside(scale=1.03), beside(tilt=0.02)],
    ids=["shift", "turn", "scale", "tilt"],
)  # fmt: skip
def test_a_frame_that_is_a_little_off_is_put_right(wrong):
    """Either search brings it to within a plain copy's distance, and neither ever makes it worse."""
    for seed in SEEDS:
        luma = luma_of(seed)
        start = whole(luma) @ wrong
        mover = Mover(luma, start, held_of(luma))
        for move in (mover.nearest, mover.nearest_widely):
            found = mover.bits(move(start))
            assert found <= mover.bits(start)
            assert found <= 31


def test_the_wide_search_reaches_farther():
    """From 6 pixels, 3 % and 2 degrees beside, some 78 bits, it arrives at most of the pictures, the other at few."""
    wrong = beside(shift=6, turn=0.03, scale=1.03)
    narrow, wide = [], []
    for seed in range(8):
        luma = luma_of(seed)
        start = whole(luma) @ wrong
        mover = Mover(luma, start, held_of(luma))
        assert mover.bits(start) <= WIDE_UP_TO_BITS
        narrow.append(mover.bits(mover.nearest(start)) <= 31)
        wide.append(mover.bits(mover.nearest_widely(start)) <= 31)
    assert sum(wide) >= 7
    assert sum(wide) > sum(narrow)


def test_strangers_are_not_moved():
    """Frames that show something else are left as they are: no search starts from so far."""
    for seed in SEEDS:
        luma = luma_of(seed)
        mover = Mover(luma, whole(luma), held_of(luma_of(seed + 300)))
        assert mover.nearest(whole(luma)) == pytest.approx(whole(luma))
        assert mover.bits(mover.nearest_widely(whole(luma))) > 60


def test_a_mover_sees_what_pdq_sees():
    """Its samples give PDQ's code of the warped plane to within a few bits."""
    for seed in SEEDS:
        luma = cv2.resize(luma_of(seed), (512, 341), interpolation=cv2.INTER_AREA)
        assert Mover(luma, whole(luma), held_of(luma)).bits(whole(luma)) <= 8


def test_signs_are_the_bits():
    """The centred coefficients of samples have the signs of their code, in one order."""
    samples = np.random.default_rng(3).normal(128, 40, (64, 64)).astype(np.float32)
    assert ((centred_coefficients(samples) > 0) == (signs_of(pdq_of_samples(samples)) > 0)).all()
