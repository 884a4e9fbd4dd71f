"""The upload in the reference's frame: as near as a plain copy, with its place and its share."""

import numpy as np
import pytest

from index.comparison import rectification
from index.comparison.rectification import rectify
from index.hashing.dhash import dhash128
from index.hashing.whole import pdq
from index.verdict.boxes import STEPS
from index.windows.choosing import FULL, query_windows, reference_windows
from index.windows.geometry import Similarity, code_distances
from index.windows.patches import AreaPlane
from tests.support.media.reuploads import (
    caption,
    crop,
    darkened,
    frame,
    luma_of,
    matched,
    mirror,
    plain,
    tilt,
)

SEEDS = range(4)
SLACK = 1 / STEPS + 0.02


@pytest.mark.parametrize("make", [plain, tilt, frame, mirror], ids=lambda make: make.__name__)
def test_a_whole_copy_is_tight_in_the_references_frame(make):
    """However it was dressed, its PDQ is within 31 bits there, nearly all of it is covered, and the box is true."""
    for seed in SEEDS:
        luma = luma_of(seed)
        upload = make(luma)
        view = matched(upload.luma, luma, FULL).view
        assert view.pdq_bits <= 31
        assert view.cover >= 0.9
        true = upload.box
        for measured, edge in zip(view.box.edges, true.edges, strict=True):
            assert abs(measured - min(max(edge, 0), 1)) <= SLACK


def test_a_captioned_copy_is_near_in_the_references_frame():
    """A bar over a twelfth of the picture costs bits: most are within 31, none beyond 40, and all are covered."""
    views = [matched(caption(luma_of(seed)).luma, luma_of(seed), FULL).view for seed in range(8)]
    assert np.median([view.pdq_bits for view in views]) <= 31
    assert max(view.pdq_bits for view in views) <= 40
    assert all(view.cover >= 0.9 for view in views)


@pytest.mark.parametrize("edges", [(0.2, 0, 1, 1), (0, 0, 1, 0.6), (0.15, 0.1, 0.85, 0.9)])
def test_the_cover_of_a_crop_is_its_share(edges):
    """Cover is the part's share of the picture's area to 8 %, and the box is the whole upload."""
    left, top, right, bottom = edges
    for seed in SEEDS:
        luma = luma_of(seed)
        view = matched(crop(luma, *edges).luma, luma, FULL).view
        assert view.cover == pytest.approx((right - left) * (bottom - top), abs=0.08)
        assert all(
            abs(measured - whole) <= SLACK
            for measured, whole in zip(view.box.edges, (0, 0, 1, 1), strict=True)
        )


def test_a_darkened_copy_keeps_its_quality():
    """Quality and flat share are measured with the contrast stretched, so that darkness shuts no gate."""
    for seed in SEEDS:
        luma = luma_of(seed)
        bright, dark = (
            matched(upload.luma, luma, FULL).view for upload in (plain(luma), darkened(luma, 0.15))
        )
        assert dark.quality >= 0.8 * bright.quality
        assert dark.flat_share <= bright.flat_share + 0.1
        assert dark.pdq_bits <= 31
        assert dark.pdq.quality < bright.pdq.quality


def identity(luma, **held):
    """A picture rectified by the similarity that it has to itself."""
    upload, reference = query_windows(AreaPlane.of(luma)), reference_windows(luma)
    same = Similarity(turn=1 + 0j, shift=0j, mirror=False)
    return rectify(luma, same, upload, reference, **held)


def test_a_reference_without_whole_codes_has_no_distances():
    """Distances are None where there is nothing to compare with; the rest is measured."""
    luma = luma_of(1)
    view = identity(luma, pdq_held=None, dhash_held=None)
    assert (view.pdq_bits, view.dhash_bits) == (None, None)
    assert view.cover == 1
    assert view.box.steps == (0, 0, 64, 64)
    only = identity(luma, pdq_held=None, dhash_held=dhash128(luma))
    assert (only.pdq_bits, only.dhash_bits) == (None, pytest.approx(0, abs=12))


def test_a_picture_in_its_own_frame_is_itself():
    """The identity keeps PDQ within a few bits, dHash within twelve, and covers all."""
    for seed in SEEDS:
        luma = luma_of(seed)
        view = identity(luma, pdq_held=pdq(luma), dhash_held=dhash128(luma))
        assert view.pdq_bits <= 16
        assert view.dhash_bits <= 12
        assert view.pdq.distance(pdq(luma)) == view.pdq_bits


def test_small_moves_bring_a_wrong_fit_nearer():
    """A frame off by 1 % and half a degree is moved to within 31 bits; a stranger's never is."""
    luma, stranger = luma_of(2), luma_of(300)
    upload, reference = query_windows(AreaPlane.of(luma)), reference_windows(luma)
    wrong = Similarity(turn=complex(1.01 * np.exp(0.009j)), shift=complex(1.5, -1.5), mirror=False)
    moved = rectify(luma, wrong, upload, reference, pdq_held=pdq(luma), dhash_held=None)
    unmoved = rectify(luma, wrong, upload, reference, pdq_held=None, dhash_held=None)
    assert moved.pdq_bits <= 31
    assert moved.pdq_bits <= unmoved.pdq.distance(pdq(luma))
    other = rectify(luma, wrong, upload, reference, pdq_held=pdq(stranger), dhash_held=None)
    assert other.pdq_bits > 60


def test_a_reference_elsewhere_is_not_covered():
    """A similarity that puts the reference outside the upload covers nothing, and its box is a step at the edge."""
    luma = luma_of(1)
    upload, reference = query_windows(AreaPlane.of(luma)), reference_windows(luma)
    away = Similarity(turn=1 + 0j, shift=complex(9000, 9000), mirror=False)
    view = rectify(luma, away, upload, reference, pdq_held=pdq(luma), dhash_held=None)
    assert view.cover == 0
    assert view.box.steps == (63, 63, 64, 64)


def test_code_distances_of_a_picture_to_itself_are_none():
    """Every window of a reference is met by the same picture's own windows at a distance near 0."""
    luma = luma_of(1)
    held, asked = reference_windows(luma), query_windows(AreaPlane.of(luma))
    assert np.median(code_distances(asked.codes, held.codes).min(axis=0)) == 0


def barred(luma):
    """The picture with a dark and a bright bar, over a tenth of it."""
    out = luma.copy()
    out[60:108, 60:220] = 0
    out[200:248, 260:420] = 245
    return out


def test_a_stickered_copy_is_seen_without_its_sticker(monkeypatch):
    """Bars over a tenth of a tilted copy shut the gate for some that pass it without them, by both codes."""

    def tight():
        found = 0
        for seed in range(12):
            luma = luma_of(seed)
            view = matched(tilt(barred(luma)).luma, luma, FULL).view
            found += view.pdq_bits <= 31 and view.dhash_bits <= 20
        return found

    without = tight()
    monkeypatch.setattr(rectification, "without_overlays", lambda view, _held: view)
    assert without >= 5
    assert tight() < without


def test_without_being_thorough_nothing_more_is_tried(monkeypatch):
    """Frames of a clip are seen by the small search alone; a picture's overlay is looked for."""
    luma = luma_of(0)
    dressed = barred(luma)
    called = []
    monkeypatch.setattr(
        rectification, "without_overlays", lambda view, _held: called.append("overlays") or view
    )
    upload, reference = query_windows(AreaPlane.of(dressed)), reference_windows(luma)
    same = Similarity(turn=1 + 0j, shift=0j, mirror=False)
    for is_thorough, expected in ((False, []), (True, ["overlays"])):
        rectify(
            dressed, same, upload, reference,
            pdq_held=pdq(luma), dhash_held=None, is_thorough=is_thorough,
        )  # fmt: skip
        assert called == expected
