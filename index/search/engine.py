"""The contract of a search engine, by Hamming distance or by angle, and the values that cross it."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Protocol

import numpy as np

from index.arrays import I32, I64, U8
from index.errors import InvalidQuery

CODE_BYTES: Final = 32
"""Length of the codes that the engines hold (PDQ: 256 bits)."""

FLOAT_BYTES: Final = 4
"""Length of one number of the vectors that other engines hold (float32)."""

EXACT_RADIUS_BITS: Final = 31
"""`search` is exact up to here: ThreatExchange's recommended PDQ matching threshold."""

PROPOSE_RADIUS_BITS: Final = 64
"""`propose` answers up to here. Two unrelated PDQ codes are 128 +- 8 bits apart."""


class Role(Enum):
    """What a process may do with an index's files."""

    READER = "reader"
    WRITER = "writer"


def _no_ids() -> I64:
    return np.empty(0, np.int64)


def _no_codes() -> U8:
    return np.empty((0, CODE_BYTES), np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """One batch of the change log, in the order of the log.

    An id that is added and removed in the same batch must stand in `remove_ids` only: a code is never
    added again under an id that was removed (ids are database keys that are never reused).

    Attributes:
        sequence: position of the batch's last change in the log; the engine's sequence after `apply`.
        add_ids: int64 [a], non-negative, unique.
        add_codes: uint8 [a, 32], the codes of `add_ids`; of vectors their float32 as bytes, [a, 4 * dimension].
        remove_ids: int64 [r].
    """

    sequence: int
    add_ids: I64 = field(default_factory=_no_ids)
    add_codes: U8 = field(default_factory=_no_codes)
    remove_ids: I64 = field(default_factory=_no_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """What a search met, sorted by (query, distance, id); the three arrays have one length.

    Attributes:
        queries: int32 [h], the row of the query.
        ids: int64 [h], the id under which the code was added.
        distances: int32 [h], Hamming distance in bits; of vectors millionths of 1 - cosine.
    """

    queries: I32
    ids: I64
    distances: I32

    def __len__(self) -> int:
        """The number of hits over all queries."""
        return len(self.ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStatus:
    """What an engine holds; numbers only, safe to log and to show."""

    sequence: int
    size: int
    checksum: int
    delta_size: int = 0
    segments: int = 0
    fallback_scans: int = 0
    compactions: int = 0


class ProposingEngine(Protocol):
    """Meets codes near a query code, with a stated probability.

    `propose` returns only codes within its radius with true distances, and meets a code at distance d with at
    least `meeting_probability(d)`.

    Order: after `apply` returned, every later call on any thread of the process sees the whole batch;
    no call ever sees a part of one. Applying a batch again changes nothing: replay is safe.

    Threads: every method may be called from any thread at any time; writers are serialised inside.

    Durability: none is promised. The database is the truth and the change log feeds every engine
    (`registry.indexing.follower`); an engine that keeps files may start from them, at the sequence
    that `status` then tells.

    Errors: `InvalidQuery` for a radius or shape outside the contract, `NotReady` when the engine cannot
    answer exactly, `DamagedSnapshot` for a bad file. Never an empty answer instead of an error.
    """

    def apply(self, changes: Changes) -> None:
        """Adds and removes codes; a replaced id keeps only its new code, an absent removal is no error."""
        ...

    def propose(self, codes: U8, radius: int) -> Hits:
        """Meets codes within `radius` (0 to 64 bits) of each query; `codes` is uint8 [q, 32]."""
        ...

    def meeting_probability(self, distance: int) -> float:
        """The least probability with which `propose` meets a code at `distance` bits (uniform flips)."""
        ...

    @property
    def can_rebuild(self) -> bool:
        """Tells whether `rebuild` is this process's to call."""
        ...

    def rebuild(self, sequence: int, ids: I64, codes: U8) -> None:
        """Replaces what is held by int64 [n] unique ids and uint8 [n, 32] codes, as of `sequence`: the bulk way in."""
        ...

    def verify(self) -> None:
        """Verifies all that lies in files and brings it into memory; raises `DamagedSnapshot`."""
        ...

    def status(self) -> EngineStatus:
        """Tells sequence, size and checksum, all of one moment."""
        ...

    def close(self) -> None:
        """Frees memory and files; later calls raise `NotReady`."""
        ...


class HashEngine(ProposingEngine, Protocol):
    """A proposing engine that is exact up to the matching threshold: for d <= 31 the probability is 1.

    `search` returns every held code within the radius, and no other, with its true distance.
    """

    def search(self, codes: U8, radius: int) -> Hits:
        """Finds all codes within `radius` (0 to 31 bits) of each query; `codes` is uint8 [q, 32]."""
        ...


def check_query(codes: U8, radius: int, limit: int, row_bytes: int = CODE_BYTES) -> None:
    """Raises `InvalidQuery` unless `codes` is uint8 [q, row_bytes] and 0 <= radius <= limit."""
    if codes.dtype != np.uint8 or codes.ndim != 2 or codes.shape[1] != row_bytes:  # noqa: PLR2004  rows of codes
        raise InvalidQuery(f"codes must be uint8 [q, {row_bytes}], not {codes.dtype} {codes.shape}")
    if not 0 <= radius <= limit:
        raise InvalidQuery(f"the radius must lie between 0 and {limit}, not {radius}")


def check_changes(changes: Changes, row_bytes: int = CODE_BYTES) -> None:
    """Raises `InvalidQuery` unless the arrays of a batch fit together; a batch that adds nothing fits any length."""
    if not len(changes.add_ids) and not len(changes.add_codes):
        return
    if changes.add_codes.shape != (len(changes.add_ids), row_bytes) or changes.add_codes.dtype != np.uint8:
        raise InvalidQuery(f"add_codes must be uint8 [{len(changes.add_ids)}, {row_bytes}]")
    if int(changes.add_ids.min()) < 0:
        raise InvalidQuery("ids are non-negative")


def sorted_hits(queries: I32, ids: I64, distances: I32) -> Hits:
    """Puts hits into the contract's order."""
    order = np.lexsort((ids, distances, queries))
    return Hits(queries=queries[order], ids=ids[order], distances=distances[order])


def id_checksum(ids: I64) -> int:
    """Sums mixed ids modulo 2**64: equal for equal sets in any order, updated by adding or subtracting.

    The mix is SplitMix64's finaliser (Steele, Lea, Flood 2014), so that neighbouring ids do not cancel.
    """
    with np.errstate(over="ignore"):
        mixed = ids.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
        return int(mixed.sum(dtype=np.uint64))
