"""Re-uploads of synthetic pictures, with the true place of the picture in the upload."""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from index.comparison.matching import Matcher, Registered
from index.frames.query_frame import look
from index.hashing.dhash import dhash128
from index.hashing.whole import pdq
from index.verdict.boxes import Box
from index.windows.choosing import reference_windows
from index.windows.geometry import code_distances
from index.windows.likelihood import TRIGGER_BITS, Triggered
from tests.support.media.pictures import scene

WIDTH, HEIGHT = 480, 320


@dataclass(frozen=True, slots=True, kw_only=True)
class Reupload:
    """A luma plane, and the map float64 [2, 3] from the original's pixels to its own."""

    luma: np.ndarray
    true_map: np.ndarray

    @property
    def box(self):
        """Where the original lies, as shares of the upload's sides, not cut to it."""
        rows, columns = self.luma.shape
        corners = np.array([[0, WIDTH, 0, WIDTH], [0, 0, HEIGHT, HEIGHT], [1, 1, 1, 1]]) - [[0.5], [0.5], [0]]
        x, y = self.true_map @ corners + 0.5
        return Box(left=x.min() / columns, top=y.min() / rows, right=x.max() / columns, bottom=y.max() / rows)


@cache
def luma_of(seed, width=WIDTH, height=HEIGHT):
    """A drawn picture's luma plane, read-only."""
    return np.asarray(scene(seed, width, height).convert("L"))


@cache
def windows_of(seed):
    """A drawn picture's windows as a reference's."""
    return reference_windows(luma_of(seed))


def plain(luma):
    """The picture itself."""
    return Reupload(luma=luma, true_map=np.eye(3)[:2])


def crop(luma, left=0.0, top=0.0, right=1.0, bottom=1.0):
    """A part of the picture, edges as shares of its sides."""
    rows, columns = luma.shape
    x, y = round(left * columns), round(top * rows)
    part = luma[y : round(bottom * rows), x : round(right * columns)]
    return Reupload(luma=np.ascontiguousarray(part), true_map=np.array([[1.0, 0, -x], [0, 1, -y]]))


def tilt(luma, degrees=5.0, scale=0.85):
    """The picture turned and shrunk on a grey ground."""
    rows, columns = luma.shape
    turn = cv2.getRotationMatrix2D((columns / 2, rows / 2), degrees, scale)
    return Reupload(luma=cv2.warpAffine(luma, turn, (columns, rows), borderValue=90), true_map=turn)


def mirror(luma):
    """The picture seen in a mirror."""
    columns = luma.shape[1]
    return Reupload(
        luma=np.ascontiguousarray(luma[:, ::-1]), true_map=np.array([[-1.0, 0, columns - 1], [0, 1, 0]])
    )


def caption(luma):
    """The picture with words over its lower edge."""
    out = luma.copy()
    rows = out.shape[0]
    out[-(rows // 12) :] = 20
    cv2.putText(out, "look who this is", (20, rows - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 250, 2)
    return plain(out)


def frame(luma, margin=0.08):
    """The picture in a light frame."""
    rows, columns = luma.shape
    across, down = round(margin * columns), round(margin * rows)
    out = np.pad(luma, ((down, down), (across, across)), constant_values=230)
    return Reupload(luma=out, true_map=np.array([[1.0, 0, across], [0, 1, down]]))


def inset(luma, ground):
    """The picture at half its size in a corner of another one."""
    out = ground.copy()
    rows, columns = luma.shape
    out[30 : 30 + rows // 2, 40 : 40 + columns // 2] = cv2.resize(
        luma, (columns // 2, rows // 2), interpolation=cv2.INTER_AREA
    )
    return Reupload(luma=out, true_map=np.array([[0.5, 0, 40 - 0.25], [0, 0.5, 30 - 0.25]]))


def darkened(luma, share=0.3):
    """The picture at a share of its light."""
    return plain((luma * share).astype(np.uint8))


def lower_half_replaced(luma, other):
    """The upper half of the picture over the lower half of another one."""
    out = luma.copy()
    middle = out.shape[0] // 2
    out[middle:] = other[middle:]
    return plain(out)


def hits_of(upload, reference, bits=TRIGGER_BITS):
    """What an index that holds one reference would meet: int64 [h, 3], the nearest first."""
    between = code_distances(upload.codes, reference.codes)
    rows, columns = np.nonzero(between <= bits)
    hits = np.stack([rows, columns, between[rows, columns]], axis=1)
    return hits[np.argsort(hits[:, 2], kind="stable")].astype(np.int64)


def forced_hits(upload, reference, count=6):
    """The nearest pairs of windows of two pictures, said to have met: int64 [h, 3] with distance 31."""
    between = code_distances(upload.codes, reference.codes)
    nearest = np.argsort(between, axis=None, kind="stable")[:count]
    rows, columns = np.unravel_index(nearest, between.shape)
    return np.stack([rows, columns, np.full(count, TRIGGER_BITS)], axis=1).astype(np.int64)


def triggered(upload, luma, bits=TRIGGER_BITS):
    """A registered picture as the upload's windows met it."""
    windows = reference_windows(luma)
    return Triggered(windows=windows, hits=hits_of(upload, windows, bits))


def registered(upload, luma):
    """The same with its whole codes."""
    windows = reference_windows(luma)
    return Registered(windows=windows, pdq=pdq(luma), dhash=dhash128(luma), hits=hits_of(upload, windows))


def matched(upload_luma, luma, profile):
    """Compares an upload with one registered picture."""
    query_frame = look(upload_luma, profile)
    return Matcher(query_frame).compare([registered(query_frame.windows, luma)])[0]
