"""An upload as a whole beside a picture whose whole codes are somewhat near: filters are found, strangers are not."""

import cv2
import numpy as np
import pytest

from index.comparison import Known, has_few_tones, whole_nats
from index.comparison.whole_frame import PHOTOGRAPH_FLAT_SHARE
from index.frames import MEDIAN_FILTERED
from index.hashing import pdq
from index.regions import regional_signature
from index.verdict.thresholds import LOOSE_PDQ_BITS, MAX_PROPOSED_PDQ_BITS, MIN_NATS
from index.windows import Windows
from tests.support.media.reuploads import luma_of, windows_of

INVERSE = MEDIAN_FILTERED + 1
BITS = 50


def known_of(seed, flat_share=None):
    """What is known of a registered picture."""
    luma = luma_of(seed)
    return Known(
        windows=windows_of(seed), pdq=pdq(luma), regions=regional_signature(luma), flat_share=flat_share
    )


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
        assert whole_nats(change(luma_of(seed)), variant, known_of(seed), BITS) >= MIN_NATS


def in_two_levels(luma):
    """The picture in black and white, each of half its pixels."""
    soft = cv2.GaussianBlur(luma, (0, 0), 1)
    return np.where(soft > np.median(soft), 255, 0).astype(np.uint8)


def sketched(luma):
    """The picture as pencil filters draw it: divided by its blurred copy."""
    soft = cv2.GaussianBlur(luma, (0, 0), 6).astype(np.float32)
    drawn = np.clip(luma / np.maximum(soft, 1) * 255, 0, 255)
    return np.where(drawn > 225, 255, drawn).astype(np.uint8)


def page(seed):
    """Lines of strokes on white, as text is laid out."""
    rng = np.random.default_rng(seed)
    sheet = np.full((320, 480), 255, np.uint8)
    for top in range(20, 300, 16):
        for left in range(20, 20 + int(rng.integers(200, 430)), 7):
            at = int(rng.integers(0, 4))
            cv2.line(sheet, (left, top + at), (left + int(rng.integers(0, 5)), top + 9), 0, 2)
    return sheet


@pytest.mark.parametrize(("change", "is_drawn"), [(in_two_levels, True), (sketched, True), (filtered, False)])
def test_few_tones_are_told_by_the_levels(change, is_drawn):
    """Two levels and lines on white have few tones; photographs, and those in several levels, do not."""
    assert all(has_few_tones(change(luma_of(seed))) is is_drawn for seed in range(4))
    assert not any(has_few_tones(luma_of(seed)) for seed in range(4))
    assert has_few_tones(page(1))


def test_two_levels_of_a_photograph_are_found():
    """All windows are farther away than in other copies, and yet nearer than those of strangers: five of six."""
    found = 0
    for seed in range(6):
        drawn = in_two_levels(luma_of(seed))
        own, *strangers = (
            whole_nats(drawn, 0, known_of(held, 0.1), BITS) for held in (seed, seed + 1, seed + 2)
        )
        found += own >= MIN_NATS
        assert max(strangers) < 0
    assert found >= 5


def test_pages_and_drawings_do_not_match_as_photographs_do():
    """A graphic in two levels is judged as any drawing, whose windows do not count; a page is no photograph's copy."""
    drawn = in_two_levels(luma_of(2))
    as_graphic = [
        whole_nats(drawn, 0, known_of(2, share), BITS) for share in (None, PHOTOGRAPH_FLAT_SHARE, 1.0)
    ]
    assert max(as_graphic) < whole_nats(drawn, 0, known_of(2, 0.1), BITS)
    assert max(whole_nats(page(seed), 0, known_of(seed, 0.1), BITS) for seed in range(4)) < MIN_NATS / 4


def test_strangers_have_nothing():
    """Unrelated pictures stay far below what is asked for, however near their codes are said to be."""
    nats = [
        whole_nats(luma_of(1000 + seed), variant, known_of(other), LOOSE_PDQ_BITS + 1)
        for seed in range(6)
        for other in range(3)
        for variant in (0, 1, INVERSE)
    ]
    assert max(nats) < MIN_NATS / 2


def test_nearer_codes_tell_more():
    """Codes add evidence of their own, the nearer the more."""
    luma, held = filtered(luma_of(2)), known_of(2)
    assert whole_nats(luma, 0, held, LOOSE_PDQ_BITS + 1) > whole_nats(luma, 0, held, MAX_PROPOSED_PDQ_BITS)


def test_a_reference_without_windows_has_no_evidence():
    """There is nothing to compare."""
    nothing = Known(windows=Windows(width=160, height=160), pdq=None, regions=None)
    assert whole_nats(luma_of(1), 0, nothing, BITS) == 0
