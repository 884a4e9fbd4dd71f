"""The format of a row: the one difference between an index of codes and an index of vectors."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from index.arrays import I64, U8
from index.search.contract import Hits
from index.search.files.disk import Disk
from index.search.files.format import IndexIdentity, SnapshotDigests
from index.search.files.snapshot import MappedSnapshot, Rows


class MemoryScan(Protocol):
    """Search over a few codes in memory by comparing all of them."""

    def propose(self, codes: U8, radius: int) -> Hits:
        """Find all codes within `radius` of each query, as `SearchEngine.propose` does."""
        ...


class RowFormat(Protocol):
    """Format of the rows of one index, with their snapshots. Immutable; any thread may call."""

    @property
    def key_id(self) -> str:
        """Identifier of the key. Files of another key belong to another index."""
        ...

    @property
    def row_bytes(self) -> int:
        """Length of a code in the engine's contract."""
        ...

    @property
    def has_bits(self) -> bool:
        """True if rows are bits, some of which may be doubtful in a query."""
        ...

    @property
    def max_radius(self) -> int:
        """Largest radius of `propose`."""
        ...

    def check(self, codes: U8) -> None:
        """Raise `InvalidQuery` if a code of the right length cannot be compared with others."""
        ...

    def to_rows(self, codes: U8) -> Rows:
        """Convert uint8 [n, row_bytes] codes to the form in the files."""
        ...

    def memory_scan(self, ids: I64, codes: U8) -> MemoryScan:
        """Return a search over the few codes that are in no file yet."""
        ...

    def open(self, path: Path, identity: IndexIdentity, digests: SnapshotDigests | None) -> MappedSnapshot:
        """Map a snapshot; raise `DamagedSnapshot` for any other file. `digests` is None only for a new file."""
        ...

    def write(
        self,
        path: Path,
        *,
        identity: IndexIdentity,
        sequence: int,
        ids: I64,
        rows: Rows,
        disk: Disk,
        is_cancelled: Callable[[], bool],
    ) -> None:
        """Write a snapshot of ascending ids and their rows; raise as `write_blocks` does."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEngineSettings:
    """Settings that stay the same over an engine's life.

    Attributes:
        identity: family, epoch and key.
        row_format: codes or vectors.
        compact_after: number of changes in the overlay from which `needs_compaction` is True.
        merge_ratio: see `maintenance.select_merges`.
    """

    identity: IndexIdentity
    row_format: RowFormat
    compact_after: int
    merge_ratio: int
