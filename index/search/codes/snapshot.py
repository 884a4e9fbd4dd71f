"""The snapshot of an index of codes: permuted codes, and the tables that lead to them (`snapshot_format`)."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from index.arrays import I64, U8, U32, U64
from index.search.codes.format import Header, decode
from index.search.codes.hamming import Kernel, ranges
from index.search.codes.plans import slots_of
from index.search.codes.tables import random_rows
from index.search.files import Found, Identity, MappedSnapshot, Pin, Rows, map_file


class Snapshot(MappedSnapshot):
    """A mapped snapshot of codes.

    Attributes:
        header: its description.
        words: uint64 [n, 4] permuted codes.
        entries: uint32, the tables' rows.
        offsets: uint32, where each bucket begins.
        kernel: searches the codes.
    """

    def __init__(self, path: Path, header: Header, data: U8, descriptor: int) -> None:
        super().__init__(path, header, data, descriptor)
        self.header = header
        self.words: U64 = self._part("codes", "<u8").reshape(-1, 4)
        self.entries: U32 = self._part("entries", "<u4")
        self.offsets: U32 = self._part("offsets", "<u4")
        self.kernel = Kernel(
            plan=header.plan, words=self.words, offsets=self.offsets, entries=self.entries, guard=self.guard
        )

    @classmethod
    def open(cls, path: Path, identity: Identity, pin: Pin | None) -> "Snapshot":
        """Maps a file and makes the checks of step 1; `pin` is None only for a file that was just written.

        Raises `DamagedSnapshot` when the file is missing, damaged, of another format or another index.
        """
        snapshot = cls(path, *map_file(path, identity, decode))
        snapshot._check_pin(pin)
        return snapshot

    @property
    def stored(self) -> Rows:
        """The permuted codes."""
        return self.words

    @property
    def fallback_scans(self) -> int:
        """Queries that met crowded buckets."""
        return self.kernel.fallback_scans

    def meeting_probability(self, distance: int) -> float:
        """As the plan's proof states it."""
        return self.header.plan.meeting_probability(distance)

    def writes_to_erase(
        self, rows: I64, random_bytes: Callable[[int], bytes]
    ) -> tuple[list[tuple[int, bytes]], list[tuple[int, int]]]:
        """Makes each table entry of the rows one more decoy (`tables`), and zeros of their codes."""
        sections = self.header.sections
        positions = self._entries_of(rows)
        values = random_rows(len(positions), self.header.count, random_bytes).astype("<u4")
        writes = [
            (sections["entries"].offset + 4 * position, value.tobytes())
            for position, value in zip(positions.tolist(), values, strict=True)
        ]
        return writes, [(sections["codes"].offset + 32 * row, 32) for row in rows.tolist()]

    def _search(self, queries: Rows, radius: int) -> Found:
        return self.kernel.find(queries, radius)

    def _entries_of(self, rows: I64) -> I64:
        """Finds where the tables name the rows: one place in each chunk (more where a decoy happens to)."""
        plan = self.header.plan
        if not plan.widths or not len(rows):
            return np.empty(0, np.int64)
        guard = self.guard
        guard.need("codes", rows)
        slots = slots_of(plan, self.words.take(rows, axis=0)).ravel()
        guard.need("offsets", slots)
        guard.need("offsets", slots + 1)
        starts = self.offsets.take(slots).astype(np.int64)
        counts = self.offsets.take(slots + 1) - starts
        positions = ranges(starts, counts)
        guard.need("entries", positions)
        owners = np.repeat(np.repeat(rows, len(plan.widths)), counts)
        return np.unique(positions[self.entries.take(positions) == owners])
