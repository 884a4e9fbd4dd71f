"""Which segments to write anew together, and the rows of the segment that replaces them."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from index.arrays import I64
from index.search.files.base import Base, Segment, among
from index.search.files.form import Form, Rows
from index.search.files.overlay import Overlay

_ROWS_AT_ONCE: Final = 1 << 14
"""Rows copied in one step: 32 MB of vectors."""


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
        worn = 4 * len(segment.dead) > segment.snapshot.description.count
        if everything or worn or segment.size <= merge_ratio * total:
            merged.append(segment)
            total += segment.size
    kept = tuple(segment for segment in base.segments if segment not in merged)
    return Selection(merged=tuple(merged), kept=kept)


def rows_to_write(merged: tuple[Segment, ...], overlay: Overlay, form: Form) -> tuple[I64, Rows]:
    """Collects what the new segment holds: ids int64 [n], ascending, and their rows as `Form.stored` makes them.

    Every block that is copied is verified anew: damage must not be given a fresh check sum. Rows are copied
    once, each to its place: a million vectors are gigabytes.
    """
    sources = [form.stored(overlay.codes)]
    chosen = [np.arange(len(overlay.ids))]
    all_ids = [overlay.ids]
    for segment in merged:
        snapshot = segment.snapshot
        snapshot.guard.verify_section("codes")
        snapshot.guard.verify_section("ids")
        rows = np.flatnonzero((snapshot.alive != 0) & ~_masked(snapshot.ids, overlay.masked))
        all_ids.append(snapshot.ids.take(rows))
        sources.append(snapshot.stored)
        chosen.append(rows)
    ids = np.concatenate(all_ids)
    order = np.argsort(ids, kind="stable")
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    out = np.empty((len(ids), sources[0].shape[1]), sources[0].dtype)
    first = 0
    for source, rows in zip(sources, chosen, strict=True):
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            some = rows[start : start + _ROWS_AT_ONCE]
            out[places[first : first + len(some)]] = source.take(some, axis=0)
            first += len(some)
    return ids.take(order), out


def _masked(ids: I64, masked: I64) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Tells which of many ascending ids are masked, by looking the few masked ones up."""
    out = np.zeros(len(ids), np.bool_)
    places = np.searchsorted(ids, masked)
    out[places[among(masked, ids)]] = True
    return out
