"""Anchored windows: squares of a picture found again in its crops, turns, screenshots and collages.

Procedure (design.md section 5, Anchors):

1. The picture's area plane, contrast stretched (`patches.AreaPlane`).
2. Points: extrema of its scale space (SIFT's detector, Lowe 2004; the patent expired in 2020). A point of scale s and
   direction t anchors a window of half side 8 s, turned by t.
3. Windows within the profile's sizes, ranked by response times size; one that mostly repeats a better one is left out.
   A reference's last third is chosen for what the others do not show (`_spread_out`), so that any part of it is found.
4. Codes (`patches`, `projection`). Of a window and its mirror image only the canonical one is coded. For a query whose
   handedness is a close call, both are.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import cv2
import numpy as np

from index.arrays import F32, I64, Flags, Plane
from index.errors import InvalidQuery
from index.stages import Stage, stage
from index.windows.patches import CELLS, DIRECTIONS, AreaPlane, edge_share, histograms, turned_over_where
from index.windows.projection import Projection, projection
from index.windows.windows import Windows, apart

RADIUS_PER_SCALE: Final = 8.0  # half side of a window, over the scale (sigma) of its point
MAX_RADIUS: Final = 0.5  # half side, over the square root of the area
OVERHANG: Final = 0.15  # of the half side: how far a window may reach over the picture's edge
LAYERS: Final = 4  # scales an octave: with three, crops are found less often (docs/recall.md)
CONTRAST_THRESHOLD: Final = 0.02  # of OpenCV's detector, whose default .04 loses dark and soft pictures
EDGE_THRESHOLD: Final = 10.0
CLOSE_CALL: Final = 0.12  # standard deviations of handedness

# A window repeats a better one that is nearer than .35 of the smaller half side, within 1.35 times its size and .5 rad.
REPEATS_WITHIN: Final = 0.35
REPEATS_SCALE: Final = 1.35
REPEATS_TURN: Final = 0.5
MAX_EDGE_SHARE: Final = 0.62  # beyond, a window is an edge and little else
DIM_WINDOWS: Final = 0.4  # of a dim plane's windows, at most, those of what is dark in it
CHOSEN_BEYOND: Final = 1.15  # windows looked at for each that is kept
RANKED_SHARE: Final = 2 / 3  # of a reference's windows: these are its best, wherever they lie
SPREAD_FROM: Final = 2  # windows for each of a reference's, of which the others are chosen
TURN: Final = np.float32(2 * np.pi)
BLOCK: Final = 64  # places compared at once
MAX_POINTS: Final = 2_000  # the strongest; noise gives thousands, and the choice among them is quadratic


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchingProfile:
    """How many windows a picture gets; sizes are half sides over the square root of the area.

    Attributes:
        name: stored with the windows that it made.
    """

    name: str
    reference_windows: int
    query_windows: int
    reference_radius: float
    query_radius: float


FULL: Final = MatchingProfile(
    name="full", reference_windows=56, query_windows=190, reference_radius=0.07, query_radius=0.04
)
LEAN: Final = MatchingProfile(
    name="lean", reference_windows=30, query_windows=80, reference_radius=0.1, query_radius=0.045
)
PROFILES: Final = {profile.name: profile for profile in (FULL, LEAN)}


def profile_named(name: str) -> MatchingProfile:
    """Returns a profile; raises `InvalidQuery` for a name that is not one."""
    if name not in PROFILES:
        raise InvalidQuery(f"matching profiles are {', '.join(sorted(PROFILES))}")
    return PROFILES[name]


def reference_windows(luma: Plane, profile: MatchingProfile = FULL) -> Windows:
    """Describes a picture to be registered: luma uint8 [height, width]."""
    plane = AreaPlane.of(luma)
    most = profile.reference_windows
    places, found = _described(plane, SPREAD_FROM * most, profile.reference_radius)
    if not len(places):
        return Windows(width=plane.width, height=plane.height)
    kept = _spread_out(places, most)
    places, found = places[kept], found[kept]
    constant = projection()
    flipped = constant.handedness(found) < 0
    return _windows(plane, places, found, flipped, constant)


def query_windows(plane: AreaPlane, profile: MatchingProfile = FULL) -> Windows:
    """Describes an upload; places whose handedness is a close call stand twice, coded both ways.

    A dim plane is described a second time with what is dark in it brightened: a dark picture under a bright caption.
    """
    places, found = _described(plane, profile.query_windows, profile.query_radius)
    bright = plane.brightened()
    if bright is not None:
        most = round(profile.query_windows * DIM_WINDOWS)
        more, described = _described(bright, most, profile.query_radius)
        kept = profile.query_windows - len(more)
        places, found = np.concatenate([places[:kept], more]), np.concatenate([found[:kept], described])
    if not len(places):
        return Windows(width=plane.width, height=plane.height)
    constant = projection()
    sign = constant.handedness(found)
    close = np.flatnonzero(np.abs(sign) < CLOSE_CALL)
    rows = np.concatenate([np.arange(len(places)), close])
    flipped = sign[rows] < 0
    flipped[len(places) :] ^= True
    rows, flipped = rows[: profile.query_windows], flipped[: profile.query_windows]
    return _windows(plane, places[rows], found[rows], flipped, constant)


def choose_windows(plane: AreaPlane, most: int, least_radius: float) -> F32:
    """Chooses up to `most` windows: float32 [n, 4], x, y, half side and direction, the best first."""
    points = _points(plane.levels[0])
    side = float(np.sqrt(plane.width * plane.height))
    radius = points[:, 2]
    margin = radius * (1 - OVERHANG)
    inside = (
        (radius >= least_radius * side)
        & (radius <= MAX_RADIUS * side)
        & (points[:, 0] > margin)
        & (points[:, 0] < plane.width - margin)
        & (points[:, 1] > margin)
        & (points[:, 1] < plane.height - margin)
    )
    points = points[inside]
    order = np.argsort(-points[:, 4] * points[:, 2], kind="stable")[:MAX_POINTS]
    places = points[order, :4]
    return places[_without_repeats(places, most)]


def _described(plane: AreaPlane, most: int, least_radius: float) -> tuple[F32, F32]:
    """Chooses windows that are more than an edge, and describes them: places [n, 4] and histograms [n, 8, 16]."""
    with stage(Stage.WINDOW_DETECTION):
        places = choose_windows(plane, round(most * CHOSEN_BEYOND), least_radius)
    if not len(places):
        return places, np.zeros((0, DIRECTIONS, CELLS * CELLS), np.float32)
    found = histograms(plane.patches(places))
    telling = np.flatnonzero(edge_share(found) <= MAX_EDGE_SHARE)[:most]
    return places[telling], found[telling]


def mirrored(places: F32, width: int) -> F32:
    """Gives the places of the same windows in the mirrored picture."""
    out = places.copy()
    out[:, 0] = width - 1 - places[:, 0]
    out[:, 3] = np.float32(np.pi) - places[:, 3]
    return out


def _points(plane: Plane) -> F32:
    """Finds points: float32 [n, 5], x, y, half side, direction and response."""
    found = _detector().detect(plane, None)
    rows = [
        (
            point.pt[0],
            point.pt[1],
            point.size * (RADIUS_PER_SCALE / 2),
            np.deg2rad(point.angle),
            point.response,
        )
        for point in found
    ]
    return np.array(rows, np.float32).reshape(-1, 5)


@lru_cache(maxsize=1)
def _detector() -> Any:
    make: Any = cv2.SIFT_create  # type: ignore[attr-defined]  # missing in OpenCV's own stubs
    return make(nOctaveLayers=LAYERS, contrastThreshold=CONTRAST_THRESHOLD, edgeThreshold=EDGE_THRESHOLD)


def _without_repeats(places: F32, most: int) -> list[int]:
    """Goes through ranked places and keeps each that repeats none kept before: a block against all kept at once."""
    kept: list[int] = []
    for start in range(0, len(places), BLOCK):
        block = np.arange(start, min(start + BLOCK, len(places)))
        repeats: Flags = np.zeros(len(block), np.bool_)
        if kept:
            repeats |= _repeating(places[block], places[kept]).any(axis=1)
        among = _repeating(places[block], places[block])
        for row in block.tolist():
            if repeats[row - start]:
                continue
            kept.append(row)
            if len(kept) == most:
                return kept
            repeats |= among[:, row - start]
    return kept


def _repeating(places: F32, kept: F32) -> Flags:
    """Tells which places repeat which kept ones: bool [n, k]."""
    x, y, radius, angle = (places[:, column, None] for column in range(4))
    kept_x, kept_y, kept_radius, kept_angle = kept.T
    smaller, larger = np.minimum(radius, kept_radius), np.maximum(radius, kept_radius)
    near = np.square(x - kept_x) + np.square(y - kept_y) < np.square(REPEATS_WITHIN * smaller)
    turn = np.abs(angle - kept_angle) % TURN
    flags: Flags = near & (larger < REPEATS_SCALE * smaller) & (np.minimum(turn, TURN - turn) < REPEATS_TURN)
    return flags


def _spread_out(places: F32, most: int) -> I64:
    """Takes the best of ranked places, then again and again the one that differs most from all taken: rows int64.

    A crop, or a picture whose half was replaced, keeps few of the best windows, as these lie close together.
    """
    if len(places) <= most:
        return np.arange(len(places))
    kept = list(range(round(RANKED_SHARE * most)))
    nearest = apart(places, places[kept]).min(axis=1)
    nearest[kept] = -1  # taken
    while len(kept) < most:
        farthest = int(nearest.argmax())
        kept.append(farthest)
        nearest = np.minimum(nearest, apart(places, places[[farthest]])[:, 0])
        nearest[farthest] = -1
    return np.array(kept, np.int64)


def _windows(plane: AreaPlane, places: F32, found: F32, flipped: Flags, constant: Projection) -> Windows:
    return Windows(
        width=plane.width,
        height=plane.height,
        places=places,
        codes=constant.codes(turned_over_where(found, flipped)),
        flipped=flipped,
    )
