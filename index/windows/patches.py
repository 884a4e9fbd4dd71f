"""Read windows from a picture and describe them by gradient histograms, from which the codes are computed.

1. The area plane is halved repeatedly. A window is read from the level on which its 16 x 16 samples are about one pixel
   apart, all windows of a level in one call.
2. Each patch is described by gradient histograms: 4 x 4 cells by 8 directions, weighted by a Gaussian, as in SIFT (Lowe
   2004, section 6), with linear interpolation between directions and between cells.
3. A histogram is clipped, scaled to the sum 1, and its square root is taken (Arandjelovic and Zisserman 2012). A
   projection (`index.windows.projection`) then gives 256 signs.

The histograms of a mirrored window are those of the window with rows and directions reversed (`turned_over`), so one
projection serves both. Only the one of the two with the positive sign along `Projection.odd` is coded.
"""

from dataclasses import dataclass
from typing import Any, Final, Self

import cv2
import numpy as np

from index.arrays import C128, F32, I64, Flags, Plane
from index.windows.windows import SIDE

PATCH_SIDE: Final = 16  # samples a side of a window
CELLS: Final = 4  # cells a side
DIRECTIONS: Final = 8  # directions of a cell's histogram
FEATURES: Final = CELLS * CELLS * DIRECTIONS

MIN_LEVEL_SIDE: Final = 24  # pixels; a level with a shorter side is not halved again
LEVEL_BIAS: Final = 0.3  # of an octave; patches are rather too coarse than too fine
MIN_AREA_SIDE: Final = 16  # pixels; the area plane of a strip is widened to this
CLIP: Final = (
    0.2  # of a unit histogram, so that one strong edge does not outweigh the rest (Lowe 2004, section 6.1)
)
STRETCH_PERCENTS: Final = (1, 99)
MIN_STRETCH: Final = 24  # grey levels; a smaller range is noise
WHITE: Final = 255

DIM_LEVEL: Final = 48
"""Grey level of a stretched plane. Darker pixels have too little contrast for points."""

DIM_SHARE: Final = 0.6
"""Minimum share of such pixels in a dim plane, whose bright caption or surrounding screen uses up the contrast stretch.
The share is 0.76 to 0.97 in dark clips with a caption or screen around, and 0.04 to 0.48 in photographs and portraits
with a caption bar."""

MIN_DIM_STRETCH: Final = 10  # grey levels; a smaller range is a black bar or a dark page

cv2.setNumThreads(1)  # the pool of processes already uses all cores


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AreaPlane:
    """A picture resized to an area of 160 x 160 pixels, with its contrast stretched, and its halved copies.

    Attributes:
        levels: uint8 planes, each half as wide and high as the one before.
    """

    levels: tuple[Plane, ...]

    @classmethod
    def of(cls, luma: Plane) -> Self:
        """Return the area plane of a luma plane, uint8 [height, width]."""
        rows, columns = luma.shape
        size = area_size(rows, columns)
        how = cv2.INTER_AREA if rows * columns > SIDE * SIDE else cv2.INTER_CUBIC
        return cls(levels=_halved(stretched(np.asarray(cv2.resize(luma, size, interpolation=how), np.uint8))))

    def brightened(self) -> Self | None:
        """Return a dim plane with its dark levels stretched from black to white; None if the plane is not dim."""
        plane = self.levels[0]
        counts = np.bincount(plane.ravel(), minlength=WHITE + 1)
        if counts[:DIM_LEVEL].sum() < DIM_SHARE * plane.size:
            return None
        at_most = np.cumsum(counts[:DIM_LEVEL])
        black, white = (_at_percent(at_most, percent) for percent in STRETCH_PERCENTS)
        if white - black < MIN_DIM_STRETCH:
            return None
        return type(self)(levels=_halved(_spread(plane, black, white - black)))

    @property
    def width(self) -> int:
        """Columns of the finest level, in pixels."""
        return int(self.levels[0].shape[1])

    @property
    def height(self) -> int:
        """Rows of the finest level, in pixels."""
        return int(self.levels[0].shape[0])

    def patches(self, places: F32, squash: C128 | None = None) -> F32:
        """Read windows at places: float32 [n, 16, 16], grey levels.

        Args:
            places: float32 [n, 4], x, y, half side and direction.
            squash: complex128 [n], the conjugate-linear part of each window's map, over its half side, for windows that
                are seen as parallelograms (`geometry.Similarity`); None for squares.
        """
        step = places[:, 2] * np.float32(2 / PATCH_SIDE)
        finest = np.floor(np.log2(np.maximum(step, 1e-6)) + LEVEL_BIAS).astype(np.int64)
        chosen = finest.clip(0, len(self.levels) - 1)
        turn = np.exp(1j * places[:, 3]) * step
        samples = turn[:, None] * _GRID + (places[:, 0] + 1j * places[:, 1])[:, None]
        if squash is not None:
            samples = samples + (squash * step)[:, None] * np.conj(_GRID)
        samples = (samples + (0.5 + 0.5j)) * np.exp2(-chosen)[:, None] - (0.5 + 0.5j)
        at = samples.astype(np.complex64).view(np.float32).reshape(len(places), PATCH_SIDE**2, 2)
        out = np.empty((len(places), PATCH_SIDE, PATCH_SIDE), np.float32)
        for level in np.unique(chosen).tolist():
            which = np.flatnonzero(chosen == level)
            read = _remap(
                self.levels[level], at[which], None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
            )
            out[which] = read.reshape(-1, PATCH_SIDE, PATCH_SIDE)
        return out


def area_size(rows: int, columns: int) -> tuple[int, int]:
    """Return width and height of the area plane of a plane with so many rows and columns."""
    scale = SIDE / np.sqrt(rows * columns)
    return max(MIN_AREA_SIDE, round(columns * scale)), max(MIN_AREA_SIDE, round(rows * scale))


def stretched(plane: Plane) -> Plane:
    """Stretch the levels between the 1st and the 99th percentile from black to white."""
    at_most = np.cumsum(np.bincount(plane.ravel(), minlength=WHITE + 1))
    black, white = (_at_percent(at_most, percent) for percent in STRETCH_PERCENTS)
    return _spread(plane, black, max(white - black, MIN_STRETCH))


def _at_percent(at_most: I64, percent: int) -> int:
    return int(np.searchsorted(at_most, at_most[-1] * percent / 100))


def _spread(plane: Plane, black: int, levels: int) -> Plane:
    table = np.rint((np.arange(WHITE + 1) - black) * (WHITE / levels)).clip(0, WHITE).astype(np.uint8)
    return np.asarray(cv2.LUT(plane, table), np.uint8)


def _halved(plane: Plane) -> tuple[Plane, ...]:
    """Return a plane and its repeatedly halved copies."""
    levels = [plane]
    while min(levels[-1].shape) >= MIN_LEVEL_SIDE:
        levels.append(np.asarray(cv2.pyrDown(levels[-1]), np.uint8))
    return tuple(levels)


def histograms(patches: F32) -> F32:
    """Return the gradient histograms of patches float32 [n, 16, 16]: float32 [n, 8 directions, 16 cells]."""
    count = len(patches)
    across, down = np.zeros_like(patches), np.zeros_like(patches)
    np.subtract(patches[:, :, 2:], patches[:, :, :-2], out=across[:, :, 1:-1])
    np.subtract(patches[:, 2:], patches[:, :-2], out=down[:, 1:-1])
    strength, angle = cv2.cartToPolar(across.reshape(count, -1), down.reshape(count, -1))
    strength = strength * _GAUSSIAN
    angle = angle * np.float32(DIRECTIONS / (2 * np.pi))
    lower = np.floor(angle)
    share = (angle - lower) * strength
    first = lower.astype(np.int64) % DIRECTIONS
    maps = np.zeros((count, DIRECTIONS, PATCH_SIDE * PATCH_SIDE), np.float32)
    flat = maps.reshape(-1)
    pixels = np.arange(PATCH_SIDE * PATCH_SIDE) + np.arange(count)[:, None] * (DIRECTIONS * PATCH_SIDE**2)
    flat[pixels + first * PATCH_SIDE**2] = strength - share
    flat[pixels + (first + 1) % DIRECTIONS * PATCH_SIDE**2] = share
    summed: F32 = maps.reshape(-1, PATCH_SIDE * PATCH_SIDE) @ _CELL_WEIGHTS
    return summed.reshape(count, DIRECTIONS, CELLS * CELLS)


def turned_over(found: F32) -> F32:
    """Return the histograms of the mirrored windows, [n, 8, 16] as `histograms`."""
    return found.take(_MIRRORED_DIRECTIONS, axis=1).take(_MIRRORED_CELLS, axis=2)


def turned_over_where(found: F32, which: Flags) -> F32:
    """Return a copy in which the histograms marked in bool [n] are those of the mirrored windows."""
    out = found.copy()
    out[which] = turned_over(found[which])
    return out


def edge_share(found: F32) -> F32:
    """Measure how much a window is a single straight edge: float32 [n], 0.25 (all directions equal) to 1.

    This is the share of gradients along the strongest of four axes. Its median in photographs is 0.38, and one window
    in 20 exceeds 0.62. Edges of frames, shoulders and table tops look alike in unrelated pictures.
    """
    directions = found.sum(axis=2)
    axes = directions[:, : DIRECTIONS // 2] + directions[:, DIRECTIONS // 2 :]
    share: F32 = axes.max(axis=1) / (axes.sum(axis=1) + np.float32(1e-6))
    return share


def features(found: F32) -> F32:
    """Clip and scale histograms and take their square roots: float32 [n, 128], of unit length."""
    flat = found.reshape(len(found), -1)
    rooted: F32 = flat / (np.linalg.norm(flat, axis=1, keepdims=True) + np.float32(1e-6))
    np.minimum(rooted, np.float32(CLIP), out=rooted)
    rooted /= rooted.sum(axis=1, keepdims=True) + np.float32(1e-6)
    np.sqrt(rooted, out=rooted)
    return rooted


def _grid() -> C128:
    line = np.arange(PATCH_SIDE) - (PATCH_SIDE - 1) / 2
    grid: C128 = (line[None, :] + 1j * line[:, None]).ravel()
    return grid


def _gaussian() -> F32:
    spread = 0.45 * PATCH_SIDE
    weight: F32 = np.exp(-(np.abs(_grid()) ** 2) / (2 * spread**2)).astype(np.float32)
    return weight


def _cell_weights() -> F32:
    """Return triangle weights around the cells' centres, one cell wide to either side: float32 [256, 16]."""
    centres = (np.arange(CELLS) + 0.5) * PATCH_SIDE / CELLS
    distance = np.abs(np.arange(PATCH_SIDE)[None] + 0.5 - centres[:, None])
    line = np.maximum(0, 1 - distance * CELLS / PATCH_SIDE)
    weights: F32 = np.kron(line, line).T.astype(np.float32)
    return np.ascontiguousarray(weights)


_remap: Any = cv2.remap  # OpenCV's stubs do not allow None for the second map
_GRID: Final = _grid()
_GAUSSIAN: Final = _gaussian()
_CELL_WEIGHTS: Final = _cell_weights()
_MIRRORED_DIRECTIONS: Final = -np.arange(DIRECTIONS) % DIRECTIONS
_MIRRORED_CELLS: Final = np.arange(CELLS * CELLS).reshape(CELLS, CELLS)[::-1].ravel().copy()
