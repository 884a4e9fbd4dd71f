"""Choose the anchored windows of a picture and compute their codes.

1. The picture is reduced to its area plane, and the contrast is stretched (`patches.AreaPlane`).
2. Points are extrema of its scale space (SIFT's detector, Lowe 2004; the patent expired in 2020). A point of scale s
   and direction t anchors a window of half side 8 s, turned by t.
3. Windows of the sizes that the profile allows are ranked by response times size. A window that mostly repeats a better
   one is left out. The rest of a reference's windows, beyond `ranked_share`, are those that differ most from the
   others (`_spread_out`), so that any part of the picture can be found.
4. The codes are computed (`patches`, `projection`). Of a window and its mirror image only the canonical one is coded.
   If the handedness of an upload's window is a close call, both are.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import cv2
import numpy as np

from index.arrays import F32, I64, Flags, Plane
from index.errors import InvalidQuery
from index.stages import Stage, stage
from index.windows.patches import CELLS, DIRECTIONS, AreaPlane, edge_share, histograms, turned_over_where
from index.windows.projection import Projection, load_projection
from index.windows.windows import NO_DOUBTS, Windows, apart

RADIUS_PER_SCALE: Final = 8.0  # half side of a window, over the scale (sigma) of its point
MAX_RADIUS: Final = 0.5  # half side, over the square root of the area
OVERHANG: Final = 0.15  # of the half side: a window may reach this far over the picture's edge
LAYERS: Final = 4  # scales an octave; with three, crops are found less often (docs/recall.md)
CONTRAST_THRESHOLD: Final = 0.02  # OpenCV's default of 0.04 loses dark and soft pictures
EDGE_THRESHOLD: Final = 10.0
CLOSE_CALL: Final = 0.12  # standard deviations of handedness

# A window repeats a better one if their distance is below 0.35 of the smaller half side, their sizes differ by less
# than a factor of 1.35, and their directions by less than 0.5 rad.
REPEATS_WITHIN: Final = 0.35
REPEATS_SCALE: Final = 1.35
REPEATS_TURN: Final = 0.5
SAME_PLACE: Final = 0.8  # of the first of these: another device rounds otherwise
MAX_EDGE_SHARE: Final = 0.62  # above, a window shows an edge and little else
DIM_WINDOWS: Final = 0.4  # maximum share of a dim plane's windows that come from its brightened version
CHOSEN_BEYOND: Final = 1.15  # windows examined for each one that is kept
SPREAD_FROM: Final = 2  # candidates for each of a reference's windows; the others are chosen from them
TURN: Final = np.float32(2 * np.pi)
BLOCK: Final = 64  # places compared at the same time
MAX_POINTS: Final = 2_000  # the strongest ones; noise has thousands, and the choice is quadratic


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchingProfile:
    """Number and sizes of a picture's windows. A size is the half side divided by the square root of the area.

    Attributes:
        name: Name, stored with the windows.
        reference_windows: Maximum number of windows of a registered picture.
        query_windows: Maximum number of windows of an upload.
        reference_radius: Minimum size of a registered picture's windows.
        query_radius: Minimum size of an upload's windows.
        ranked_share: Share of a registered picture's windows that are chosen by rank alone, wherever they lie.
    """

    name: str
    reference_windows: int
    query_windows: int
    reference_radius: float
    query_radius: float
    ranked_share: float


FULL: Final = MatchingProfile(
    name="full",
    reference_windows=64,
    query_windows=190,
    reference_radius=0.045,
    query_radius=0.04,
    ranked_share=1 / 3,
)
"""For pictures. Small windows all over a picture are found in crops of a ninth, strips, tiles and under stickers, where
56 windows of at least 0.07, two thirds of them by rank, were not (found on 63 harder kinds: 0.89 instead of 0.86)."""

FRAMES: Final = MatchingProfile(
    name="frames",
    reference_windows=56,
    query_windows=190,
    reference_radius=0.07,
    query_radius=0.04,
    ranked_share=2 / 3,
)
"""For key frames of clips, which are found by several of them."""

NEGATIVE_WINDOWS: Final = 64
"""Windows of an upload's negative, the best ones. Every upload that shows nothing pays for looking them up."""

LEAN: Final = MatchingProfile(
    name="lean",
    reference_windows=30,
    query_windows=80,
    reference_radius=0.1,
    query_radius=0.045,
    ranked_share=2 / 3,
)
PROFILES: Final = {profile.name: profile for profile in (FULL, LEAN)}


def profile_named(name: str) -> MatchingProfile:
    """Return the profile of this name. Raise `InvalidQuery` if there is none."""
    if name not in PROFILES:
        raise InvalidQuery(f"matching profiles are {', '.join(sorted(PROFILES))}")
    return PROFILES[name]


def reference_windows(luma: Plane, profile: MatchingProfile = FULL) -> Windows:
    """Return the windows of a picture to be registered, given its luma, uint8 [height, width]."""
    plane = AreaPlane.of(luma)
    most = profile.reference_windows
    places, found = _described(plane, SPREAD_FROM * most, profile.reference_radius)
    if not len(places):
        return Windows(width=plane.width, height=plane.height)
    kept = _spread_out(places, most, round(profile.ranked_share * most))
    places, found = places[kept], found[kept]
    constant = load_projection()
    flipped = constant.handedness(found) < 0
    return replace(_windows(plane, places, found, flipped, constant), doubtful=NO_DOUBTS)


def query_windows(plane: AreaPlane, profile: MatchingProfile = FULL) -> Windows:
    """Return the windows of an upload. A window whose handedness is a close call is listed twice, coded both ways.

    The dark part of a dim plane (a dark picture under a bright caption) is brightened and described as well.
    """
    return _coded(plane, *_described_for_query(plane, profile), profile)


def query_windows_both(plane: AreaPlane, profile: MatchingProfile = FULL) -> tuple[Windows, Windows]:
    """Return the windows of an upload, and those of its negative.

    The negative has the same points. Its gradients have opposite directions, so each window is turned by half a turn:
    its histograms are the same, with the order of the cells reversed. No pixel is read again.
    """
    places, found = _described_for_query(plane, profile)
    turned = places.copy()
    turned[:, 3] += np.float32(np.pi)
    few = NEGATIVE_WINDOWS
    negative = _coded(plane, turned[:few], found[:few, :, ::-1], profile)
    return _coded(plane, places, found, profile), negative


def _described_for_query(plane: AreaPlane, profile: MatchingProfile) -> tuple[F32, F32]:
    places, found = _described(plane, profile.query_windows, profile.query_radius)
    bright = plane.brightened()
    if bright is None:
        return places, found
    most = round(profile.query_windows * DIM_WINDOWS)
    more, described = _described(bright, most, profile.query_radius)
    kept = profile.query_windows - len(more)
    return np.concatenate([places[:kept], more]), np.concatenate([found[:kept], described])


def _coded(plane: AreaPlane, places: F32, found: F32, profile: MatchingProfile) -> Windows:
    if not len(places):
        return Windows(width=plane.width, height=plane.height)
    constant = load_projection()
    sign = constant.handedness(found)
    close = np.flatnonzero(np.abs(sign) < CLOSE_CALL)
    rows = np.concatenate([np.arange(len(places)), close])
    flipped = sign[rows] < 0
    flipped[len(places) :] ^= True
    rows, flipped = rows[: profile.query_windows], flipped[: profile.query_windows]
    return _windows(plane, places[rows], found[rows], flipped, constant)


def choose_windows(plane: AreaPlane, most: int, least_radius: float) -> F32:
    """Choose up to `most` windows: float32 [n, 4], x, y, half side and direction, the best first."""
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
    """Choose windows that show more than an edge. Return places [n, 4] and histograms [n, 8, 16]."""
    with stage(Stage.WINDOW_DETECTION):
        places = choose_windows(plane, round(most * CHOSEN_BEYOND), least_radius)
    if not len(places):
        return places, np.zeros((0, DIRECTIONS, CELLS * CELLS), np.float32)
    found = histograms(plane.patches(places))
    telling = np.flatnonzero(edge_share(found) <= MAX_EDGE_SHARE)[:most]
    return places[telling], found[telling]


def mirrored(places: F32, width: int) -> F32:
    """Return the places of the same windows in the mirrored picture."""
    out = places.copy()
    out[:, 0] = width - 1 - places[:, 0]
    out[:, 3] = np.float32(np.pi) - places[:, 3]
    return out


def _points(plane: Plane) -> F32:
    """Detect points: float32 [n, 5], x, y, half side, direction and response."""
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
    """Keep each of the ranked places that repeats none kept before. Blocks of places are compared at the same time."""
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


def repeats(places: F32) -> Flags:
    """Return which places repeat another of them by `SAME_PLACE` of what counts as a repetition: bool [n]."""
    among = _repeating(places, places, within=SAME_PLACE * REPEATS_WITHIN)
    np.fill_diagonal(among, val=False)
    return np.asarray(among.any(axis=1), np.bool_)


def _repeating(places: F32, kept: F32, within: float = REPEATS_WITHIN) -> Flags:
    """Return which places repeat which kept places, within this share of a half side: bool [n, k]."""
    x, y, radius, angle = (places[:, column, None] for column in range(4))
    kept_x, kept_y, kept_radius, kept_angle = kept.T
    smaller, larger = np.minimum(radius, kept_radius), np.maximum(radius, kept_radius)
    near = np.square(x - kept_x) + np.square(y - kept_y) < np.square(within * smaller)
    turn = np.abs(angle - kept_angle) % TURN
    flags: Flags = near & (larger < REPEATS_SCALE * smaller) & (np.minimum(turn, TURN - turn) < REPEATS_TURN)
    return flags


def _spread_out(places: F32, most: int, ranked: int) -> I64:
    """Choose the best of ranked places, then repeatedly the place that differs most from those chosen: rows, int64.

    The best windows often lie close together. A crop, or a picture half of which was replaced, keeps few of them.
    """
    if len(places) <= most:
        return np.arange(len(places))
    kept = list(range(ranked))
    nearest = apart(places, places[kept]).min(axis=1)
    nearest[kept] = -1  # already chosen
    while len(kept) < most:
        farthest = int(nearest.argmax())
        kept.append(farthest)
        nearest = np.minimum(nearest, apart(places, places[[farthest]])[:, 0])
        nearest[farthest] = -1
    return np.array(kept, np.int64)


def _windows(plane: AreaPlane, places: F32, found: F32, flipped: Flags, constant: Projection) -> Windows:
    codes, doubtful = constant.codes_and_doubts(turned_over_where(found, flipped))
    return Windows(
        width=plane.width,
        height=plane.height,
        places=places,
        codes=codes,
        flipped=flipped,
        doubtful=doubtful,
    )
