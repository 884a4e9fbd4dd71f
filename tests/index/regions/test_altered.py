"""Replaced regions are told with their place, and plain re-uploads have none."""

import cv2
import numpy as np
import pytest

from index.hashing.whole import DIHEDRAL_VARIANTS
from index.regions import altered, judging
from index.regions.altered import altered_in_whole, altered_regions, whole_frame
from index.regions.describing import regional_signature
from index.verdict.boxes import Box
from tests.support.media.reuploads import luma_of

UPRIGHT = 0
HELD = luma_of(3)
FACE = Box(left=0.4, top=0.4, right=0.5, bottom=0.56)
QUARTER = Box(left=0.5, top=0.0, right=1.0, bottom=0.5)


def quarter_replaced(luma, other):
    """The picture with its upper right quarter from another one, blended at the border."""
    rows, columns = luma.shape
    mask = np.zeros(luma.shape, np.float32)
    mask[: rows // 2, columns // 2 :] = 1
    mask = cv2.GaussianBlur(mask, (0, 0), 3)
    return (luma * (1 - mask) + other * mask).astype(np.uint8)


def recompressed(luma):
    """The picture as a JPEG of low quality."""
    return cv2.imdecode(cv2.imencode(".jpg", luma, [cv2.IMWRITE_JPEG_QUALITY, 35])[1], cv2.IMREAD_GRAYSCALE)


def overlap(one, other):
    """Intersection over union of two boxes."""
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    both = max(0, width) * max(0, height)
    areas = [(box.right - box.left) * (box.bottom - box.top) for box in (one, other)]
    return both / (sum(areas) - both)


def turned(luma, variant):
    """The picture in a dihedral variant."""
    way = DIHEDRAL_VARIANTS[variant]
    luma = luma[:, ::-1] if way.mirror else luma
    luma = luma[::-1] if way.flip else luma
    return np.ascontiguousarray(luma.T if way.transpose else luma)


@pytest.mark.parametrize("seed", [3, 4, 5, 6])
def test_a_replaced_quarter_is_told_with_its_place(seed):
    """The box covers the quarter and little else."""
    luma = luma_of(seed)
    upload = recompressed(quarter_replaced(luma, luma_of(seed + 20)))
    boxes = altered_in_whole(upload, UPRIGHT, regional_signature(luma))
    assert max(overlap(box, QUARTER) for box in boxes) > 0.6


@pytest.mark.parametrize("variant", range(8))
def test_the_place_is_told_in_the_upload_that_is_turned(variant):
    """The box lies where the region lies in the upload, however it is mirrored or turned."""
    upload = quarter_replaced(HELD, luma_of(23))
    back = next(place for place in range(8) if np.array_equal(turned(turned(upload, variant), place), upload))
    boxes = altered_in_whole(turned(upload, variant), back, regional_signature(HELD))
    marked = np.zeros(HELD.shape, np.uint8)
    marked[: HELD.shape[0] // 2, HELD.shape[1] // 2 :] = 1
    shown = turned(marked, variant)
    rows, columns = np.nonzero(shown)
    place = Box(
        left=columns.min() / shown.shape[1],
        top=rows.min() / shown.shape[0],
        right=(columns.max() + 1) / shown.shape[1],
        bottom=(rows.max() + 1) / shown.shape[0],
    )
    assert max(overlap(box, place) for box in boxes) > 0.6


@pytest.mark.parametrize(
    "made",
    [
        lambda luma: luma,
        recompressed,
        lambda luma: cv2.resize(luma, (180, 120), interpolation=cv2.INTER_AREA),
        lambda luma: cv2.resize(luma, (300, 320), interpolation=cv2.INTER_AREA),
        lambda luma: (luma * 0.5).astype(np.uint8),
        lambda luma: 255 - luma,
        lambda luma: cv2.GaussianBlur(luma, (0, 0), 1.5),
    ],
    ids=["the same", "JPEG", "small", "squeezed", "dark", "inverted", "soft"],
)
@pytest.mark.parametrize("seed", [3, 4, 5])
def test_nothing_was_replaced_in_a_plain_copy(made, seed):
    """Compression, size, aspect, light and blur are no replacement."""
    luma = luma_of(seed)
    assert altered_in_whole(made(luma), UPRIGHT, regional_signature(luma)) == ()


def test_a_crop_is_no_replacement():
    """Cells that lie outside the upload are not judged."""
    rows, columns = HELD.shape
    part = np.ascontiguousarray(HELD[: rows * 3 // 4, columns // 4 :])
    frame = np.array([[1, 0, -columns // 4], [0, 1, 0], [0, 0, 1]]) @ whole_frame(HELD.shape, UPRIGHT)
    assert altered_regions(part, frame, regional_signature(HELD)) == ()


def test_a_frame_that_is_off_is_corrected():
    """A few pixels, degrees or percent do not look like another picture."""
    off = np.array([[1.02, 0.02, 4], [-0.015, 0.97, -5], [0, 0, 1]])
    frame = whole_frame(HELD.shape, UPRIGHT) @ off
    assert altered_regions(HELD, frame, regional_signature(HELD)) == ()


def with_face(luma, seed):
    """The picture with a small drawing, as rich as a face, in an ellipse of two cells."""
    rows, columns = luma.shape
    left, top, right, bottom = (
        round(edge * side) for edge, side in zip(FACE.edges, (columns, rows) * 2, strict=True)
    )
    small = cv2.resize(luma_of(seed), (right - left, bottom - top), interpolation=cv2.INTER_AREA)
    y, x = np.mgrid[:rows, :columns]
    inside = np.hypot((x / columns - 0.45) / 0.05, (y / rows - 0.48) / 0.08) < 1
    mask = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 1)
    drawn = luma.copy()
    drawn[top:bottom, left:right] = small
    return (luma * (1 - mask) + drawn * mask).astype(np.uint8)


def test_a_small_swapped_face_is_told_by_its_own_grid():
    """A face of two cells is seen by the finer grid over it, and an unchanged one is none."""
    held = with_face(HELD, 50)
    signature = regional_signature(held, [FACE])
    found = 0
    for seed in range(40, 46):
        boxes = altered_in_whole(recompressed(with_face(HELD, seed)), UPRIGHT, signature)
        found += any(overlap(box, FACE) > 0.3 for box in boxes)
    assert found >= 5
    assert altered_in_whole(recompressed(held), UPRIGHT, signature) == ()


def test_work_ends_where_all_cells_agree(monkeypatch):
    """A plain copy is not judged cell by cell."""
    monkeypatch.setattr(altered, "judged", lambda *_: pytest.fail("judged"))
    assert altered_in_whole(recompressed(HELD), UPRIGHT, regional_signature(HELD)) == ()


def test_a_flat_upload_or_a_frame_outside_tells_nothing():
    """Nothing to compare is no replacement."""
    signature = regional_signature(HELD)
    outside = np.array([[1, 0, 9_000], [0, 1, 9_000], [0, 0, 1.0]])
    assert altered_regions(HELD, outside, signature) == ()
    assert isinstance(altered_in_whole(np.full((100, 100), 128, np.uint8), UPRIGHT, signature), tuple)


def test_regions_are_the_strongest_first():
    """Weak regions beside a strong one are not shown."""
    odds = np.full(256, -5.0, np.float32)
    odds[:3] = 4.0
    odds[20:22] = 2.0
    odds[200] = -0.9
    regions = judging.regions_of(odds, np.ones(256, np.bool_))
    assert [int(one.sum()) for one in regions] == [3, 2]
