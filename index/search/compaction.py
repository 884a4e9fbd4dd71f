"""Which segments to write anew together, and the rows of the segment that replaces them."""

from dataclasses import dataclass

import numpy as np

from index.search.base import Base, Segment, among
from index.search.engine import I64, U64
from index.search.overlay import Overlay
from index.search.permutation import Permutation


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Selection:
    """What a compaction does: `merged` go into one new segment, `kept` stay."""

    merged: tuple[Segment, ...]
    kept: tuple[Segment, ...]


def select(base: Base, overlay: Overlay, *, merge_ratio: int, everything: bool = False) -> Selection:
    """Takes segments from the smallest up while each is at most `merge_ratio` times what is merged so far.

    A segment is then rewritten about once for each factor of `merge_ratio` by which the index grows, and
    there are about log(N / delta) / log(merge_ratio) of them: three at ten million with a ratio of 8 and a
    delta of 50,000. A segment of which more than a quarter was erased is rewritten in any case.
    """
    merged: list[Segment] = []
    total = len(overlay.ids)
    for segment in sorted(base.segments, key=lambda segment: segment.size):
        worn = 4 * len(segment.dead) > segment.snapshot.header.count
        if everything or worn or segment.size <= merge_ratio * total:
            merged.append(segment)
            total += segment.size
    kept = tuple(segment for segment in base.segments if segment not in merged)
    return Selection(merged=tuple(merged), kept=kept)


def rows_to_write(merged: tuple[Segment, ...], overlay: Overlay, permutation: Permutation) -> tuple[I64, U64]:
    """Collects what the new segment holds: ids int64 [n], ascending, and permuted codes uint64 [n, 4].

    Every block that is copied is verified anew: damage must not be given a fresh check sum.
    """
    all_ids = [overlay.ids]
    all_words = [permutation.apply(overlay.codes)]
    for segment in merged:
        snapshot = segment.snapshot
        snapshot.guard.verify_section("codes")
        snapshot.guard.verify_section("ids")
        rows = np.flatnonzero((snapshot.alive != 0) & ~_masked(snapshot.ids, overlay.masked))
        all_ids.append(snapshot.ids.take(rows))
        all_words.append(snapshot.words.take(rows, axis=0))
    ids = np.concatenate(all_ids)
    order = np.argsort(ids, kind="stable")
    return ids.take(order), np.concatenate(all_words).take(order, axis=0)


def _masked(ids: I64, masked: I64) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Tells which of many ascending ids are masked, by looking the few masked ones up."""
    out = np.zeros(len(ids), np.bool_)
    places = np.searchsorted(ids, masked)
    out[places[among(masked, ids)]] = True
    return out
