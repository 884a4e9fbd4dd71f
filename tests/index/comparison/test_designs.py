"""Unrelated pictures of one template are not held; copies that look drawn are found all the same."""

import cv2
import numpy as np
import pytest

from index.comparison import Known, Matcher, Registered, whole_nats
from index.comparison.designs import proven_nats, twin_bits
from index.frames.query_frame import look
from index.hashing import pdq
from index.regions import regional_signature
from index.verdict import MIN_NATS
from index.windows import FULL, AreaPlane, Windows, reference_windows, weigh_windows
from tests.support.media.drawings import (
    brick_wall,
    in_levels,
    stickered,
    under_dialog,
    with_figure,
    with_words,
)
from tests.support.media.reuploads import caption, crop, lower_half_replaced, luma_of, mirror, tilt, triggered

SEEDS = range(3)
BITS = 50  # PDQ distance at which pictures are compared as a whole


def known_of(luma, *, is_signed=True):
    """What is known of a registered picture."""
    regions = regional_signature(luma) if is_signed else None
    return Known(windows=reference_windows(luma), pdq=pdq(luma), regions=regions)


def weighed(upload, luma):
    """The evidence for a registered picture, and the frame it was found in."""
    frame = look(upload, FULL)
    (evidence,) = weigh_windows(AreaPlane.of(frame.luma), frame.windows, [triggered(frame.windows, luma)])
    return evidence, frame


def proven(upload, luma):
    """Nats of the windows, and what is left of them."""
    evidence, frame = weighed(upload, luma)
    left = proven_nats(evidence, known_of(luma), frame.luma, frame.windows)
    return evidence.nats + evidence.more_nats, left


@pytest.mark.parametrize("draw", [stickered, under_dialog, with_figure], ids=["stickers", "dialog", "figure"])
def test_strangers_under_one_drawing_are_not_held(draw):
    """Their windows agree, mostly by more than the ladder asks for; what is left is not enough."""
    pairs = [proven(draw(luma_of(seed + 200)), draw(luma_of(seed))) for seed in SEEDS]
    assert max(before for before, _ in pairs) > MIN_NATS
    assert all(after < MIN_NATS for _, after in pairs)


def test_walls_of_one_lattice_are_not_held():
    """A brick agrees with any other brick; windows with twins prove nothing."""
    pairs = [proven(brick_wall(seed + 200), brick_wall(seed)) for seed in SEEDS]
    assert max(before for before, _ in pairs) > MIN_NATS
    assert all(after < MIN_NATS for _, after in pairs)


@pytest.mark.parametrize(
    "make",
    [caption, tilt, mirror, lambda luma: crop(luma, 0, 0, 0.6, 0.7),
     lambda luma: lower_half_replaced(luma, luma_of(500))],
    ids=["caption", "tilt", "mirror", "crop", "half"],
)  # fmt: skip
def test_what_is_left_of_a_photograph_is_enough(make):
    """Captions, crops and altered copies are held as before."""
    for seed in SEEDS:
        before, after = proven(make(luma_of(seed)).luma, luma_of(seed))
        assert before >= MIN_NATS
        assert after >= MIN_NATS


@pytest.mark.parametrize("draw", [stickered, with_words], ids=["stickers", "words"])
def test_a_registered_photograph_under_a_drawing_is_held(draw):
    """A drawing over the upload alone takes nothing from the photograph beside it."""
    for seed in SEEDS:
        _, after = proven(draw(luma_of(seed)), luma_of(seed))
        assert after >= MIN_NATS


def test_a_photograph_that_looks_drawn_is_held_where_the_whole_agrees():
    """In four levels no window shows a photograph any more; the whole tells such a copy from a dialog."""
    luma = luma_of(1)
    assert whole_nats(in_levels(luma), 0, known_of(luma), BITS) >= MIN_NATS
    dialog = under_dialog(luma)
    assert whole_nats(dialog, 0, known_of(dialog), BITS) >= MIN_NATS
    assert whole_nats(under_dialog(luma_of(201)), 0, known_of(dialog), BITS) < MIN_NATS


def test_a_reference_without_a_signature_is_believed():
    """Older references match as before."""
    known = known_of(under_dialog(luma_of(1)), is_signed=False)
    assert whole_nats(under_dialog(luma_of(201)), 0, known, BITS) >= MIN_NATS


def test_a_part_of_a_photograph_that_looks_drawn_is_held():
    """A crop has no whole codes, so all cells that it shows must agree more nearly."""
    luma = luma_of(1)
    _, after = proven(in_levels(crop(luma, 0, 0, 0.8, 0.7).luma, 32), luma)
    assert after >= MIN_NATS


def test_a_crop_of_a_registered_drawing_is_held():
    """All that it shows of the frame agrees."""
    luma = with_figure(np.asarray(cv2.GaussianBlur(luma_of(3), (0, 0), 3), np.uint8))
    _, after = proven(crop(luma, 0.04, 0.0, 0.9, 0.94).luma, luma)
    assert after >= MIN_NATS


def test_evidence_is_never_raised():
    """What is proven is at most what there was."""
    for upload, luma in ((luma_of(1), luma_of(1)), (stickered(luma_of(201)), stickered(luma_of(1)))):
        before, after = proven(upload, luma)
        assert after <= before


def test_twins_are_windows_at_other_places():
    """Bricks have twins, a photograph has few, and no window is its own."""
    assert np.median(twin_bits(reference_windows(brick_wall(1)))) < 45
    assert np.median(twin_bits(reference_windows(luma_of(1)))) > 60
    assert not len(twin_bits(Windows(width=160, height=160)))
    one = reference_windows(luma_of(1)).taken(np.arange(64) == 0)
    assert twin_bits(one).tolist() == [256]


def test_the_matcher_asks_for_all_of_the_frame():
    """It hands on the code and the signature: the same dialog over another picture is no match."""
    held, upload = under_dialog(luma_of(1)), under_dialog(luma_of(201))
    known, frame = known_of(held), look(upload, FULL)
    registered = Registered(
        windows=known.windows,
        pdq=known.pdq,
        dhash=None,
        hits=triggered(frame.windows, held).hits,
        regions=known.regions,
    )
    (match,) = Matcher(frame).compare([registered])
    assert match.nats < MIN_NATS
    assert match.view is None
