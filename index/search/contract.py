"""The contract of a search engine, and the values that cross it.

An engine holds fixed-length items under integer ids: 256-bit codes compared by Hamming distance, or unit vectors
compared by angle. `SearchEngine` is the interface of every engine. `registry.engines.embedded` is the one place that
registers engines; its docstring is the recipe for adding one.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Protocol

import numpy as np

from index.arrays import I32, I64, U8
from index.errors import InvalidQuery
from index.verdict import MAX_DRAWN_PDQ_BITS, TIGHT_PDQ_BITS

CODE_BYTES: Final = 32
"""Length of a code (PDQ: 256 bits)."""

FLOAT_BYTES: Final = 4
"""Length of one number of a vector (float32)."""

EXACT_RADIUS_BITS: Final = TIGHT_PDQ_BITS
"""Radius up to which engines of whole codes miss nothing: a code missed within the tight threshold is a missed
block."""

MAX_RADIUS_BITS: Final = MAX_DRAWN_PDQ_BITS
"""Largest radius of `propose` for codes. Two unrelated PDQ codes are 128 +- 8 bits apart."""


class Role(Enum):
    """The rights of a process on the files of an index."""

    READER = "reader"
    WRITER = "writer"


def _no_ids() -> I64:
    return np.empty(0, np.int64)


def _no_codes() -> U8:
    return np.empty((0, CODE_BYTES), np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """One batch of the change log, in the order of the log.

    An id that is added and removed in the same batch must appear in `remove_ids` only: a code is never added again
    under an id that was removed (ids are database keys that are never reused).

    Attributes:
        sequence: position of the batch's last change in the log; the engine's sequence after `apply`.
        add_ids: int64 [a], non-negative, unique.
        add_codes: uint8 [a, 32], the codes of `add_ids`; for vectors their float32 as bytes, [a, 4 * dimension].
        remove_ids: int64 [r].
    """

    sequence: int
    add_ids: I64 = field(default_factory=_no_ids)
    add_codes: U8 = field(default_factory=_no_codes)
    remove_ids: I64 = field(default_factory=_no_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """The codes that a search found, sorted by (query, distance, id); the three arrays have one length.

    Attributes:
        queries: int32 [h], index of the query.
        ids: int64 [h], the id under which the code was added.
        distances: int32 [h], Hamming distance in bits; for vectors in millionths of 1 - cosine.
    """

    queries: I32
    ids: I64
    distances: I32

    def __len__(self) -> int:
        """Return the number of hits of all queries."""
        return len(self.ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStatus:
    """The content of an engine in numbers, safe to log and to show.

    Attributes:
        sequence: position in the change log that the engine reflects.
        size: number of ids held.
        checksum: `id_checksum` of the ids held.
        delta_size: codes that are in memory only, not in any file yet.
        snapshots: snapshot files in use.
        fallback_scans: queries that compared all codes of a snapshot because too many were candidates.
    """

    sequence: int
    size: int
    checksum: int
    delta_size: int = 0
    snapshots: int = 0
    fallback_scans: int = 0


class SearchEngine(Protocol):
    """Interface of every engine: searching, following the change log, and maintaining its files.

    `propose` returns only codes within its radius, with true distances. An engine may miss a code, with a probability
    that its own documentation states. Whole codes are served by an engine that misses none within `EXACT_RADIUS_BITS`.

    Order: after `apply` has returned, every later call on any thread of the process sees the whole batch. No call ever
    sees a part of a batch. Applying a batch again changes nothing, so replay is safe.

    Threads: every method may be called from any thread at any time; the engine serialises writers itself. `rebuild`,
    `verify`, `refresh` and `compact` may take seconds; searches and `apply` continue meanwhile.

    Processes: at most one process of a machine is the writer of an index's files. An engine without files is the
    writer of its own memory.

    Durability: only `erase` is durable. The database is the source of truth, and the change log feeds every engine
    (`registry.indexing.follower`). An engine with files may start from them, at the sequence that `status` then
    returns.

    Errors: `InvalidQuery` for a radius or shape outside the contract, `NotReady` when the engine cannot answer,
    `DamagedSnapshot` for a bad file. An engine never returns an empty answer in place of an error.
    """

    def apply(self, changes: Changes) -> None:
        """Add and remove codes. A replaced id keeps only its new code; removing an absent id is no error."""
        ...

    def propose(self, codes: U8, radius: int, doubtful: U8 | None = None) -> Hits:
        """Find codes within `radius` of each query.

        Args:
            codes: uint8 [q, 32], or [q, 4 * dimension] of vectors.
            radius: 0 to 72 bits, or 0 to 2,000,000 millionths of 1 - cosine.
            doubtful: uint8 [q, 32], 1 for each bit of a query that may easily differ in a copy; None for vectors. An
                engine that may miss a code misses fewer with it. It changes no distance and never hides a hit.
        """
        ...

    def status(self) -> EngineStatus:
        """Return sequence, size and checksum of one moment."""
        ...

    def rebuild(self, sequence: int, ids: I64, codes: U8) -> None:
        """Replace all content, for bulk loading.

        Args:
            sequence: position in the change log that the codes reflect.
            ids: int64 [n], unique.
            codes: uint8 [n, 32], or [n, 4 * dimension] of vectors.

        Raises:
            NotTheWriter: another process writes the files.
            SnapshotNotWritten: the disk refused; the engine's content is unchanged.
        """
        ...

    def verify(self) -> None:
        """Verify the content of all files and load it into memory; raise `DamagedSnapshot`."""
        ...

    def check_files(self) -> None:
        """Raise `DamagedSnapshot` if another program changed the files. Cheap enough to be called every second.

        Raises:
            SnapshotNotWritten: the disk refused to finish an earlier erasure; nothing is lost.
        """
        ...

    @property
    def role(self) -> Role:
        """The current role of this process."""
        ...

    def try_become_writer(self) -> bool:
        """Take the place of a writer that died; return False while there is a writer.

        `status` may return a later sequence afterwards. Continue from it.

        Raises:
            DamagedSnapshot, NotReady: the files cannot be taken over; open the engine again.
            SnapshotNotWritten: the disk refused.
        """
        ...

    def refresh(self) -> bool:
        """Start to use newer files that the writer has published; return whether there were any.

        `status` may return a later sequence afterwards. Continue from it.

        Raises:
            DamagedSnapshot, NotReady: the newer files cannot be used; the engine continues with its current ones.
        """
        ...

    def erase(self, ids: I64) -> None:
        """Remove ids and overwrite their codes in every file. Return when the change is on the device. Writer only.

        Idempotent. Removals that this process has not yet applied are applied.

        Raises:
            NotTheWriter: this process is a reader.
            SnapshotNotWritten: the disk refused. The ids are gone from answers; call again to finish.
        """
        ...

    @property
    def needs_compaction(self) -> bool:
        """True if enough changes are only in memory for `compact` to be due."""
        ...

    def compact(self) -> bool:
        """Write the changes into the files; return whether there was anything to do. Writer only.

        Raises:
            NotTheWriter: this process is a reader.
            SnapshotNotWritten: the disk refused; the old files remain valid.
            DamagedSnapshot: a file to be merged is damaged.
        """
        ...

    def close(self) -> None:
        """Free memory and files; later calls raise `NotReady`."""
        ...


def check_query(codes: U8, radius: int, max_radius: int, row_bytes: int = CODE_BYTES) -> None:
    """Raise `InvalidQuery` unless `codes` is uint8 [q, row_bytes] and 0 <= radius <= max_radius."""
    if codes.dtype != np.uint8 or codes.ndim != 2 or codes.shape[1] != row_bytes:  # noqa: PLR2004  rows of codes
        raise InvalidQuery(f"codes must be uint8 [q, {row_bytes}], not {codes.dtype} {codes.shape}")
    if not 0 <= radius <= max_radius:
        raise InvalidQuery(f"the radius must lie between 0 and {max_radius}, not {radius}")


def check_doubtful(codes: U8, doubtful: U8 | None) -> None:
    """Raise `InvalidQuery` unless `doubtful` is None or has a bit for each bit of `codes`."""
    if doubtful is not None and (doubtful.dtype != np.uint8 or doubtful.shape != codes.shape):
        raise InvalidQuery(
            f"doubtful bits must be uint8 {codes.shape}, not {doubtful.dtype} {doubtful.shape}"
        )


def check_changes(changes: Changes, row_bytes: int = CODE_BYTES) -> None:
    """Raise `InvalidQuery` unless the arrays of a batch fit together. With no additions, any length of code fits."""
    if not len(changes.add_ids) and not len(changes.add_codes):
        return
    if changes.add_codes.shape != (len(changes.add_ids), row_bytes) or changes.add_codes.dtype != np.uint8:
        raise InvalidQuery(f"add_codes must be uint8 [{len(changes.add_ids)}, {row_bytes}]")
    if int(changes.add_ids.min()) < 0:
        raise InvalidQuery("ids are non-negative")


def sorted_hits(queries: I32, ids: I64, distances: I32) -> Hits:
    """Return hits in the contract's order."""
    order = np.lexsort((ids, distances, queries))
    return Hits(queries=queries[order], ids=ids[order], distances=distances[order])


def id_checksum(ids: I64) -> int:
    """Return the sum of mixed ids modulo 2**64: equal for equal sets in any order, updated by adding or subtracting.

    The mix is SplitMix64's finaliser (Steele, Lea, Flood 2014), so that neighbouring ids do not cancel.
    """
    with np.errstate(over="ignore"):
        mixed = ids.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
        return int(mixed.sum(dtype=np.uint64))
