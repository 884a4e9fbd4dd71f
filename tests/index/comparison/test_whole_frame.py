"""An upload as a whole beside a picture whose whole codes are somewhat near: filters are found, strangers are not."""

import cv2
import numpy as np
import pytest

from index.comparison import whole_nats
from index.frames import MEDIAN_FILTERED
from index.verdict.thresholds import LOOSE_PDQ_BITS, MAX_PROPOSED_PDQ_BITS, MIN_NATS
from index.windows import Windows
from tests.support.media.reuploads import luma_of, windows_of

INVERSE = MEDIAN_FILTERED + 1
BITS = 50


def filtered(luma):
    """The picture in four levels, its light falling off to one side."""
    light = np.linspace(1.0, 0.35, luma.shape[1])
    return (np.floor(luma * light / 48) * 48).astype(np.uint8)


def transposed(luma):
    """The picture with rows and columns exchanged, which the fifth variant undoes."""
    return np.ascontiguousarray(filtered(luma).T)


@pytest.mark.parametrize(
    ("change", "variant"),
    [(filtered, 0), (filtered, MEDIAN_FILTERED), (lambda luma: 255 - filtered(luma), INVERSE),
     (lambda luma: np.ascontiguousarray(filtered(luma)[:, ::-1]), 1), (transposed, 4),
     (lambda luma: cv2.resize(filtered(luma), (300, 320)), 0)],
    ids=["upright", "median filtered", "inverted", "mirrored", "transposed", "squeezed"],
)  # fmt: skip
def test_a_filtered_copy_is_found_as_its_codes_say(change, variant):
    """The picture is seen turned, inverted and stretched as the near variant says."""
    for seed in range(3):
        assert whole_nats(change(luma_of(seed)), variant, windows_of(seed), BITS) >= MIN_NATS


def test_strangers_have_nothing():
    """Unrelated pictures stay far below what is asked for, however near their codes are said to be."""
    nats = [
        whole_nats(luma_of(1000 + seed), variant, windows_of(other), LOOSE_PDQ_BITS + 1)
        for seed in range(6)
        for other in range(3)
        for variant in (0, 1, INVERSE)
    ]
    assert max(nats) < MIN_NATS / 2


def test_nearer_codes_tell_more():
    """Codes add evidence of their own, the nearer the more."""
    luma, held = filtered(luma_of(2)), windows_of(2)
    assert whole_nats(luma, 0, held, LOOSE_PDQ_BITS + 1) > whole_nats(luma, 0, held, MAX_PROPOSED_PDQ_BITS)


def test_a_reference_without_windows_has_no_evidence():
    """There is nothing to compare."""
    assert whole_nats(luma_of(1), 0, Windows(width=160, height=160), BITS) == 0
