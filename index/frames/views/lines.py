"""Straight lines of edges in a small plane, and which parts of each line have an edge.

Edge pixels vote for the line along their edge, as in a Hough transform by gradient direction (Ballard 1981). The lines
with most votes are kept. The edges of the plane are lines too, for a picture that reaches them.
"""

from dataclasses import dataclass, field
from typing import Any, Final, Self

import cv2
import numpy as np

from index.arrays import F32, F64, I64, Flags, Plane
from index.windows import WHITE, stretched

EDGE_LEVELS: Final = (40, 90)  # Canny's thresholds, in grey levels of a Sobel gradient
GAMMA: Final = 0.6  # raises the contrast of dark rooms
TURNS: Final = 72  # directions in half a turn
RHO_STEP: Final = 2.0  # pixels
APART: Final = 3  # directions, and steps, between lines
MAX_LINES: Final = 16
MIN_VOTES: Final = 0.22  # of the shorter side, edge pixels of a line
NEAR_LINE: Final = 2.5  # pixels from a line to the edge pixels on it
NEAR_TURN: Final = np.radians(9.0)  # from the direction of a line to those of its edge pixels
FRAME_LINES: Final = 4  # edges of the plane

_BIN: Final = np.pi / TURNS
_TURN: Final = (np.arange(TURNS) + 0.5) * _BIN
_COS, _SIN = (np.asarray(of(_TURN), np.float32) for of in (np.cos, np.sin))
_BRIGHTER: Final = np.rint(WHITE * (np.arange(WHITE + 1) / WHITE) ** GAMMA).astype(np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Edges:
    """Edge pixels of a plane.

    Attributes:
        x: Columns from the plane's middle, float32 [n].
        y: Rows from the plane's middle, float32 [n].
        turn: Directions of the gradients, 0 to pi, float32 [n].
        shape: Rows and columns of the plane.
    """

    x: F32 = field(repr=False)
    y: F32 = field(repr=False)
    turn: F32 = field(repr=False)
    shape: tuple[int, int]

    @classmethod
    def of(cls, plane: Plane) -> Self:
        """Return the edge pixels of a small plane."""
        soft = cv2.GaussianBlur(cv2.LUT(stretched(plane), _BRIGHTER), (3, 3), 0)
        across, down = cv2.Sobel(soft, cv2.CV_16S, 1, 0), cv2.Sobel(soft, cv2.CV_16S, 0, 1)
        places: Any = cv2.findNonZero(cv2.Canny(across, down, *EDGE_LEVELS))  # None if there are no edges
        x, y = (np.zeros((0, 2), np.int32) if places is None else places.reshape(-1, 2)).T
        rows, columns = plane.shape
        turn = np.arctan2(down[y, x].astype(np.float32), across[y, x].astype(np.float32))
        return cls(
            x=x.astype(np.float32) + np.float32((1 - columns) / 2),
            y=y.astype(np.float32) + np.float32((1 - rows) / 2),
            turn=turn % np.float32(np.pi),
            shape=(rows, columns),
        )

    def near(self, turn: F64, rho: F64) -> Flags:
        """Return which edge pixels lie on which lines, bool [lines, n]."""
        normal = turn.astype(np.float32)[:, None]
        away = np.cos(normal) * self.x + np.sin(normal) * self.y - rho.astype(np.float32)[:, None]
        apart = np.abs(self.turn - normal)
        flags: Flags = (np.abs(away) <= NEAR_LINE) & ((apart <= NEAR_TURN) | (apart >= np.pi - NEAR_TURN))
        return flags


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lines:
    """Lines, the last four of which are the edges of the plane.

    Attributes:
        turn: Directions of the normals, float64 [n].
        rho: Distances from the plane's middle along the normals, in pixels, float64 [n].
    """

    turn: F64 = field(repr=False)
    rho: F64 = field(repr=False)

    @classmethod
    def of(cls, edges: Edges) -> Self:
        """Return the lines of most edge pixels, most first, and the edges of the plane."""
        turn, rho = _voted(edges)
        rows, columns = edges.shape
        across, down = columns / 2 - 1, rows / 2 - 1
        return cls(
            turn=np.append(turn, (0, 0, np.pi / 2, np.pi / 2)),
            rho=np.append(rho, (-across, across, -down, down)),
        )

    @property
    def found(self) -> int:
        """Number of lines that are not edges of the plane."""
        return len(self.turn) - FRAME_LINES

    def fitted(self, edges: Edges, row: int) -> tuple[float, float]:
        """Return direction and distance of a line, fitted again to its edge pixels."""
        turn, rho = float(self.turn[row]), float(self.rho[row])
        if row >= self.found:
            return turn, rho
        for _ in range(2):
            near = edges.near(np.array([turn]), np.array([rho]))[0]
            x, y = edges.x[near], edges.y[near]
            if len(x) < 2:  # noqa: PLR2004  a line has two points
                break
            mean_x, mean_y = float(x.mean()), float(y.mean())
            x, y = x - mean_x, y - mean_y
            turn = float(0.5 * np.arctan2(2 * (x @ y), x @ x - y @ y) + np.pi / 2) % np.pi
            rho = float(mean_x * np.cos(turn) + mean_y * np.sin(turn))
        return turn, rho

    def edged(self, edges: Edges, reach: int) -> F32:
        """Return the points of each line that have an edge, as sums along it.

        Args:
            edges: the edge pixels.
            reach: places along a line run from `-reach` to `reach`, in pixels from the point nearest to the middle.

        Returns:
            float32 [n, 2 reach + 2]. All points of the plane's own edges count.
        """
        turn, rho = self.turn[: self.found], self.rho[: self.found]
        rows, pixels = np.nonzero(edges.near(turn, rho))
        across, down = np.cos(turn).astype(np.float32), np.sin(turn).astype(np.float32)
        at = edges.y[pixels] * across[rows] - edges.x[pixels] * down[rows]
        points = np.zeros((len(self.turn), 2 * reach + 1), np.float32)
        points[rows, np.rint(at).astype(np.int64) + reach] = 1
        points[self.found :] = 1
        points = np.asarray(cv2.dilate(points, np.ones((1, 3), np.uint8)), np.float32)
        return np.pad(np.cumsum(points, axis=1, dtype=np.float32), ((0, 0), (1, 0)))


def _voted(edges: Edges) -> tuple[F64, F64]:
    """Return direction and distance of the lines with most votes, most first."""
    reach = float(np.hypot(*edges.shape)) / 2
    deep = int(2 * reach / RHO_STEP) + 4
    bins = np.minimum((edges.turn * np.float32(1 / _BIN)).astype(np.int64), TURNS - 1)
    votes: I64 = np.zeros(TURNS * deep, np.int64)
    for beside in (-1, 0, 1):
        turn = (bins + beside) % TURNS
        rho = edges.x * _COS[turn] + edges.y * _SIN[turn]
        at = (rho * np.float32(1 / RHO_STEP) + np.float32(reach / RHO_STEP + 1)).astype(np.int64)
        votes += np.bincount(turn * deep + at, minlength=TURNS * deep)
    table = votes.reshape(TURNS, deep).astype(np.float32)
    table[:, 1:] += table[:, :-1].copy()  # two steps wide, so that no line lies between steps
    # Beyond half a turn the distance has the other sign.
    around = np.concatenate([table[-APART:, ::-1], table, table[:APART, ::-1]])
    greatest = cv2.dilate(around, np.ones((2 * APART + 1, 2 * APART + 1), np.uint8))[APART:-APART]
    peaks = np.flatnonzero((table == greatest) & (table >= MIN_VOTES * min(edges.shape)))
    best = peaks[np.argsort(-table.ravel()[peaks], kind="stable")[:MAX_LINES]]
    turn, at = np.divmod(best, deep)
    return _TURN[turn], (at - 1) * RHO_STEP - reach
