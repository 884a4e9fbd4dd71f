"""The mapped snapshot of an index of codes: permuted codes, and the tables that lead to them (`format`)."""

from pathlib import Path

import numpy as np

from index.arrays import I64, U8, U32, U64
from index.errors import DamagedSnapshot
from index.search.codes.format import CodeHeader, decode, random_rows
from index.search.codes.hamming import Kernel, ranges
from index.search.codes.plans import slots_of
from index.search.files import (
    ErasingWrites,
    IndexIdentity,
    MappedSnapshot,
    RandomBytes,
    RowHits,
    Rows,
    SnapshotDigests,
    ascends,
    map_file,
)


class CodeSnapshot(MappedSnapshot):
    """A mapped snapshot of codes.

    Attributes:
        words: uint64 [n, 4] permuted codes.
        entries: uint32, the rows of the tables.
        offsets: uint32, start of each bucket.
        kernel: search over the codes.
    """

    def __init__(self, path: Path, header: CodeHeader, data: U8, descriptor: int) -> None:
        super().__init__(path, header, data, descriptor)
        self._code_header = header
        self.words: U64 = self._section("codes", "<u8").reshape(-1, 4)
        self.entries: U32 = self._section("entries", "<u4")
        self.offsets: U32 = self._section("offsets", "<u4")
        self.kernel = Kernel(
            plan=header.plan,
            words=self.words,
            offsets=self.offsets,
            entries=self.entries,
            verifier=self.verifier,
        )

    @classmethod
    def open(cls, path: Path, identity: IndexIdentity, digests: SnapshotDigests | None) -> "CodeSnapshot":
        """Map a file and make the checks of `open` (`files.snapshot`, 1.); `digests` is None only for a new file.

        Raises:
            DamagedSnapshot: the file is missing, damaged, of another format or of another index.
        """
        snapshot = cls(path, *map_file(path, identity, decode))
        snapshot._check_digests(digests)
        return snapshot

    @property
    def stored_rows(self) -> Rows:
        """The permuted codes."""
        return self.words

    @property
    def fallback_scans(self) -> int:
        """Number of queries that had too many candidates."""
        return self.kernel.fallback_scans

    def recall_at(self, distance: int) -> float:
        """Return the recall that the plan's proof states."""
        return self._code_header.plan.recall_at(distance)

    def erasing_writes(self, rows: I64, random_bytes: RandomBytes) -> ErasingWrites:
        """Turn each table entry of the rows into one more decoy (`format`), and their codes into zeros."""
        sections = self.header.sections
        positions = self._entries_of(rows)
        values = random_rows(len(positions), self.header.count, random_bytes).astype("<u4")
        return ErasingWrites(
            writes=tuple(
                (sections["entries"].offset + 4 * position, value.tobytes())
                for position, value in zip(positions.tolist(), values, strict=True)
            ),
            zeros=tuple((sections["codes"].offset + 32 * row, 32) for row in rows.tolist()),
        )

    def _check_tables(self) -> None:
        ends = (int(self.offsets[0]), int(self.offsets[-1]))
        if ends != (0, len(self.entries)) or not ascends(self.offsets):
            raise DamagedSnapshot("the buckets of a snapshot do not follow one another")
        if len(self.entries) and int(self.entries.max()) >= self.header.count:
            raise DamagedSnapshot("an entry of a snapshot leads to no row")

    def _search(self, queries: Rows, radius: int, doubtful: Rows | None) -> RowHits:
        return self.kernel.find(queries, radius, doubtful)

    def _entries_of(self, rows: I64) -> I64:
        """Return the positions of the rows in the tables: one in each chunk, or more if decoys name the row too."""
        plan = self._code_header.plan
        if not plan.widths or not len(rows):
            return np.empty(0, np.int64)
        verifier = self.verifier
        verifier.ensure_items("codes", rows)
        slots = slots_of(plan, self.words.take(rows, axis=0)).ravel()
        verifier.ensure_items("offsets", slots)
        verifier.ensure_items("offsets", slots + 1)
        starts = self.offsets.take(slots).astype(np.int64)
        counts = self.offsets.take(slots + 1) - starts
        positions = ranges(starts, counts)
        verifier.ensure_items("entries", positions)
        owners = np.repeat(np.repeat(rows, len(plan.widths)), counts)
        return np.unique(positions[self.entries.take(positions) == owners])
