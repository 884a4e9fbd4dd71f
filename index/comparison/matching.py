"""Matching of one query frame with registered pictures, from search hits to evidence and kind of match.

The functions are pure: the caller searches the index and reads the references. `triggers_of` selects the references to
read, and `Matcher` compares one query frame with them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from index.arrays import I64, Flags, Plane
from index.comparison.designs import Known, proven_nats
from index.comparison.rectification import Rectified, place_of, rectify
from index.frames import QueryFrame
from index.hashing import Code
from index.regions import RegionalSignature, altered_regions
from index.search import Hits
from index.stages import Stage, stage
from index.verdict import LOOSE_PDQ_BITS, MIN_COVER, MIN_NATS, TIGHT_PDQ_BITS, WHOLE, Box, MatchKind
from index.windows import (
    AGREEING_BITS,
    LOOSE_BITS,
    MAX_REFINED,
    PROPOSED_BITS,
    SMALL_LOOSE_BITS,
    SMALL_PROPOSED_BITS,
    SMALL_TRIGGER_BITS,
    TRIGGER_BITS,
    AreaPlane,
    Triggered,
    WindowLikelihood,
    Windows,
    split_ids,
    weigh_windows,
)

MAX_HITS_PER_WINDOW: Final = 16
"""Maximum number of hits beyond `SMALL_TRIGGER_BITS` per window of an upload that may trigger; the nearest are used. A
window that is somewhat similar to many unrelated windows is not evidence. Nearer hits always trigger, so that many
copies of one reference never hide another."""

MAX_TOLD: Final = 4
"""Maximum number of references, the likeliest first, in which one query frame is compared for replaced regions. One
takes up to 70 ms. The kind of the others is told by their windows."""

MAX_LOOSE: Final = 8
"""Maximum number of references of one query frame that one loose hit triggers, the nearest. Of a million references
about 50 have such a hit; comparing none of them loses little, so leaving some out does not hold the upload."""

PAIR: Final = 2
"""Number of windows of an upload, and of a reference, that trigger together where none does alone."""

RECTIFIED_FROM_NATS: Final = MIN_NATS
"""Minimum evidence, in nats, for rectifying the upload to the reference's frame. The ladder requires at least this."""

AGREES_BITS: Final = 72
DIFFERS_BITS: Final = 96
"""Up to `AGREES_BITS` from its code a visible window shows the registered picture, from `DIFFERS_BITS` on something
else."""

SHOWN_REACH: Final = 0.75
"""Share of its half side to which a window that agrees shows the picture: it may reach over the edge of a crop by the
rest (`index.windows.geometry.OVERHANG`)."""

ALTERED_SHARE: Final = 0.15
"""Share of covered grid cells with disagreeing windows only from which a region counts as replaced."""

GRID: Final = 12  # cells per side of the grid in which disagreement is counted


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Triggers:
    """References triggered by the windows of one query frame.

    Attributes:
        keys: int64 [k], references, the likeliest first.
        hits: for each key int64 [h, 3], as `Triggered.hits`.
        loose: number of keys at the end that one loose hit triggered. They are worth a comparison, and the result is
            complete without them.
    """

    keys: I64
    hits: tuple[I64, ...]
    loose: int = 0

    @property
    def sure(self) -> I64:
        """The keys that did not trigger loosely."""
        return self.keys[: len(self.keys) - self.loose]

    @property
    def loosely(self) -> I64:
        """The keys that triggered loosely."""
        return self.keys[len(self.keys) - self.loose :]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Registered:
    """The data of a reference that comparison uses.

    Attributes:
        windows: the reference's windows.
        pdq: PDQ of its matching plane, or None.
        dhash: dHash-128 of its matching plane, or None.
        hits: as `Triggered.hits`.
        stop_listed: as `Triggered.stop_listed`.
        regions: its regional signature, or None.
    """

    windows: Windows
    pdq: Code | None = field(repr=False)
    dhash: Code | None = field(repr=False)
    hits: I64 = field(repr=False)
    stop_listed: Flags | None = field(default=None, repr=False)
    regions: RegionalSignature | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Match:
    """The result of comparing one query frame with one reference.

    Attributes:
        nats: evidence of the windows, in nats, discounted for drawings (`index.comparison.drawings`).
        kind: kind of the match; a copy if there is no view.
        view: the query frame in the reference's frame; None below `RECTIFIED_FROM_NATS`, or if it was not wanted.
        box: place of the reference in the query frame; the whole query frame if there is no view.
        altered: places, in the query frame, of regions of the reference that were replaced.
    """

    nats: float
    kind: MatchKind
    view: Rectified | None
    box: Box
    altered: tuple[Box, ...] = ()


def triggers_of(hits: Hits, max_loose: int = 0, *, min_windows: int = 1) -> Triggers:
    """Group the hits of the index by reference, without those that are too weak to trigger.

    A hit within the search radius that is too weak to trigger by itself triggers beside another one: two windows of the
    upload must be near two windows of the reference. Of references with one such hit, at most `max_loose` trigger
    loosely, the nearest first. If `min_windows` is 2, no reference triggers by one window alone.
    """
    keys, rows, large = split_ids(hits.ids)
    ranks = _ranks_in_row(hits)
    bits = hits.distances
    alone = (bits <= SMALL_TRIGGER_BITS) | (large & (bits <= TRIGGER_BITS) & (ranks < MAX_HITS_PER_WINDOW))
    beside = np.where(large, bits <= PROPOSED_BITS, bits <= SMALL_PROPOSED_BITS) & (
        ranks < MAX_HITS_PER_WINDOW
    )
    kept = np.flatnonzero(alone | beside)
    kept = kept[np.lexsort((bits[kept], keys[kept]))]
    table = np.stack([hits.queries[kept], rows[kept], bits[kept]], axis=1).astype(np.int64)
    owners, starts, places = np.unique(keys[kept], return_index=True, return_inverse=True)
    if not len(owners):
        return Triggers(keys=owners, hits=())
    looks, sights = (_distinct(places, table[:, column]) for column in (0, 1))
    windows = np.minimum(looks, sights)
    is_enough = np.logical_or.reduceat(alone[kept], starts) & (windows >= min_windows) | (windows >= PAIR)
    # Many windows that match one reference are stronger evidence than one close window.
    likelihood = np.where(is_enough, looks * 64 - table[starts, 2], -1)
    ranked = np.argsort(-likelihood, kind="stable")[: int(is_enough.sum())]
    spare = np.minimum.reduceat(bits[kept] - np.where(large[kept], LOOSE_BITS, SMALL_LOOSE_BITS), starts)
    loose = np.flatnonzero(~is_enough & (spare <= 0))
    loose = loose[np.argsort(spare[loose], kind="stable")][:max_loose]
    ranked = np.concatenate([ranked, loose])
    groups = np.split(table, starts[1:])
    return Triggers(
        keys=owners[ranked], hits=tuple(groups[place] for place in ranked.tolist()), loose=len(loose)
    )


def _distinct(places: I64, rows: I64) -> I64:
    """Count the different rows of each owner: places int64 [h] of owners 0 to k - 1, rows int64 [h]; int64 [k]."""
    pairs = np.unique(np.stack([places, rows], axis=1), axis=0)
    counts: I64 = np.bincount(pairs[:, 0])
    return counts


def _ranks_in_row(hits: Hits) -> I64:
    """Return the rank of each hit within its query, int64 [h]. The index returns the nearest hit first."""
    _, starts, counts = np.unique(hits.queries, return_index=True, return_counts=True)
    ranks: I64 = np.arange(len(hits)) - np.repeat(starts, counts)
    return ranks


Wanted = Callable[[int, float], bool]


def _always(_place: int, _nats: float) -> bool:
    return True


class Matcher:
    """Comparison of references with one query frame. For one thread.

    Args:
        query_frame: a frame of the upload, with the windows whose codes were searched.
        is_thorough: as in `rectify`.
        is_refined: whether the maps of at most `MAX_REFINED` references are refined, as in `weigh_windows`.
        max_told: maximum number of references for which replaced regions are looked for.
    """

    def __init__(
        self,
        query_frame: QueryFrame,
        *,
        is_thorough: bool = True,
        is_refined: bool = True,
        max_told: int = MAX_TOLD,
    ) -> None:
        self._query_frame = query_frame
        self._is_thorough = is_thorough
        self._refined_left = MAX_REFINED if is_refined else 0
        self._area: AreaPlane | None = None
        self._left_to_tell = max_told

    def compare(self, registered: Sequence[Registered], is_wanted: Wanted = _always) -> list[Match]:
        """Return the match of each reference, in their order.

        Args:
            registered: the references; each has at least one hit.
            is_wanted: receives the place in `registered` and the nats of a reference with enough evidence, and returns
                whether its view is wanted.
        """
        if not registered:
            return []
        if self._area is None:
            with stage(Stage.AREA_PLANE):
                self._area = AreaPlane.of(self._query_frame.luma)
        triggered = [
            Triggered(windows=one.windows, hits=one.hits, stop_listed=one.stop_listed) for one in registered
        ]
        with stage(Stage.LIKELIHOOD):
            weighed = weigh_windows(
                self._area, self._query_frame.windows, triggered, max_refined=self._refined_left
            )
        self._refined_left -= sum(one.is_refined for one in weighed)
        pairs = zip(registered, weighed, strict=True)
        return [self._match(one, evidence, place, is_wanted) for place, (one, evidence) in enumerate(pairs)]

    def _match(self, one: Registered, evidence: WindowLikelihood, place: int, is_wanted: Wanted) -> Match:
        nats = evidence.nats + evidence.more_nats
        if nats >= RECTIFIED_FROM_NATS:
            known = Known(windows=one.windows, pdq=one.pdq, regions=one.regions)
            nats = proven_nats(evidence, known, self._query_frame.luma, self._query_frame.windows)
        if nats < RECTIFIED_FROM_NATS or not is_wanted(place, nats):
            return Match(nats=nats, kind=MatchKind.COPY, view=None, box=WHOLE)
        with stage(Stage.RECTIFICATION):
            view = rectify(
                self._query_frame.luma,
                evidence.similarity,
                self._query_frame.windows,
                one.windows,
                pdq_held=one.pdq,
                dhash_held=one.dhash,
                is_thorough=self._is_thorough,
            )
        altered: tuple[Box, ...] = ()
        if one.regions is None or not self._left_to_tell:
            kind = kind_by_windows(evidence, one.windows, view)
        else:
            self._left_to_tell -= 1
            with stage(Stage.REGIONS):
                altered = altered_regions(self._query_frame.luma, view.frame, one.regions)
            kind = MatchKind.ALTERED_COPY if altered else kind_by_cover(view)
        box = shown_box(evidence, one.windows, view, self._query_frame.luma)
        return Match(nats=nats, kind=kind, view=view, box=box, altered=altered)


def shown_box(evidence: WindowLikelihood, reference: Windows, view: Rectified, luma: Plane) -> Box:
    """Return where in the upload the match lies, without what the upload does not show of the reference.

    The fit predicts where all of the reference would lie. Whoever pastes a crop on a canvas would so learn how much of
    the registered picture lies around the crop. Therefore the box is that around the windows that agree, unless the
    whole codes say that the frame shows all of the picture.
    """
    if view.pdq_bits is not None and view.pdq_bits <= TIGHT_PDQ_BITS:
        return view.box
    agreeing = evidence.rows[evidence.distances <= AGREEING_BITS]
    places = reference.places[np.append(agreeing, evidence.trigger_row)]
    half = SHOWN_REACH * places[:, 2]
    part = Box.of_edges(
        max(0.0, float((places[:, 0] - half).min() / reference.width)),
        max(0.0, float((places[:, 1] - half).min() / reference.height)),
        min(1.0, float((places[:, 0] + half).max() / reference.width)),
        min(1.0, float((places[:, 1] + half).max() / reference.height)),
    )
    return place_of(part, view.frame, luma)


def kind_by_cover(view: Rectified) -> MatchKind:
    """Return whether a match in which nothing was replaced is a copy or a partial copy."""
    return MatchKind.COPY if view.cover >= MIN_COVER else MatchKind.PARTIAL_COPY


def kind_by_windows(evidence: WindowLikelihood, reference: Windows, view: Rectified) -> MatchKind:
    """Return the kind of match with a reference that has no regional signature.

    If the upload covers the reference's frame, each cell of a grid is tested. A cell counts as kept if any window over
    it agrees. It counts as replaced if windows over it disagree and none agrees.
    """
    same_frame = (
        view.pdq_bits is not None and view.pdq_bits <= LOOSE_PDQ_BITS
    )  # no region of any size was replaced
    if not (same_frame and view.cover >= MIN_COVER) and altered_share(evidence, reference) >= ALTERED_SHARE:
        return MatchKind.ALTERED_COPY
    return kind_by_cover(view)


def altered_share(evidence: WindowLikelihood, reference: Windows) -> float:
    """Return the share of the compared frame that shows something else, 0 to 1; 0 if nothing was compared."""
    line = (np.arange(GRID) + 0.5) / GRID
    x, y = np.meshgrid(line * reference.width, line * reference.height)
    places = reference.places[evidence.rows]
    inside = (np.abs(x.ravel()[:, None] - places[:, 0]) < 0.7 * places[:, 2]) & (
        np.abs(y.ravel()[:, None] - places[:, 1]) < 0.7 * places[:, 2]
    )
    agreeing = (inside & (evidence.distances <= AGREES_BITS)).any(axis=1)
    differing = (inside & (evidence.distances >= DIFFERS_BITS)).any(axis=1) & ~agreeing
    looked_at = int((agreeing | differing).sum())
    return int(differing.sum()) / looked_at if looked_at else 0.0
