"""Recall among many references, by emulation: the indexes are forced to the tables of that many references.

The bands of an index depend on how many codes it holds (`index.search.codes.plans`), and wider bands meet fewer of the
hits at a distance. So the same uploads are asked of the same references three times, over tables as an index of a
thousand, a hundred thousand and a million references has.

Two effects of the strangers themselves are not in the tables of a few references, and are emulated too:

- The kernel does not read crowded buckets of flipped keys. `CROWDED` is the share of flipped keys whose bucket is
  crowded, and as many of the hits that only flipped keys found are dropped. This is on the safe side, because most hits
  are found by several keys.
- More strangers are met, and compete for the comparisons of a frame, above all for the few of loose hits. So hits of
  strangers that no database confirms are drawn for each window of an upload: the number of registered windows around
  it, times the share of unrelated windows that lie at each distance (`strangers_at`), times the references emulated for
  each one that is registered.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.common.registry import MeasuredRegistry
from index.arrays import F64, U8
from index.search import Hits, Role
from index.search.codes import BANDED_PLANS, EXACT_PLANS, CodeEngine, CodeProfile, FlatEngine
from index.search.codes.plans import choose_plan
from index.search.contract import sorted_hits
from index.windows import FULL, IDS_PER_REFERENCE
from registry.domain import Family
from registry.ports import Index

CROWDED: Final[Mapping[int, float]] = {1_000: 0.0, 100_000: 0.05, 1_000_000: 0.17}
"""Emulated numbers of references, each with the share of flipped keys whose bucket is crowded. Measured with mixed
windows of photographs: 5.6 million, and for a million references the same buckets with ten times their entries."""

AROUND_BITS: Final = 60
"""Distance within which registered windows are counted around a window of an upload."""

_RARE: Final = ((2.7e-4, 31, 1.262), (7.0e-5, 33, 1.322))
"""Of small and of large windows: share of the windows within `AROUND_BITS` at a distance, that distance in bits, and
the growth of the share for each bit. Measured between 35,792 windows of 560 pictures of different people and places.
The share is the same for windows with few and with many neighbours (0.0097 and 0.0124 within 40 bits)."""

FIRST_STRANGER: Final = 1 << 40  # number of a reference that no registry reaches

_ALL: Final = 1 << 32


def strangers_at(radius: int) -> F64:
    """Return the share of windows at each distance up to `radius`: float64 [2, radius + 1], small and large ones."""
    bits = np.arange(radius + 1)
    return np.stack([share * growth ** (bits - at) for share, at, growth in _RARE])


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The tables of an emulated number of references.

    Attributes:
        windows: those of windows of pictures.
        whole: those of whole codes.
        around: the registered windows, searched exactly.
        crowded: share of flipped keys whose bucket is crowded.
        each: number of emulated references for each one that is registered.
    """

    windows: CodeEngine
    whole: CodeEngine
    around: FlatEngine
    crowded: float
    each: float


class ScaledIndex:
    """An `Index` that searches pictures by the tables of more references. Threads: any."""

    def __init__(self, inner: Index, tables: Tables) -> None:
        self._inner = inner
        self._tables = tables

    def ready_position(self) -> int:
        """Return the position of the inner index."""
        return self._inner.ready_position()

    def size(self, family: Family) -> int:
        """Return the size of the inner index."""
        return self._inner.size(family)

    def propose(self, family: Family, codes: U8, radius: int, doubtful: U8 | None = None) -> Hits:
        """Search by the emulated tables, or the inner index for other families."""
        tables = self._tables
        if family is Family.WHOLE:
            return tables.whole.propose(codes, radius, doubtful)
        if family is not Family.ANCHORED:
            return self._inner.propose(family, codes, radius, doubtful)
        hits, seed = tables.windows.propose(codes, radius, doubtful), zlib.crc32(codes.tobytes())
        if doubtful is not None and tables.crowded:
            hits = thinned(hits, tables.windows.propose(codes, radius), tables.crowded, seed)
        around = tables.around.propose(codes, AROUND_BITS).queries
        counts = np.bincount(around, minlength=len(codes)).astype(np.float64)
        return crowded_by(hits, counts * max(0.0, tables.each - 1), radius, seed)


def thinned(hits: Hits, plain: Hits, share: float, seed: int) -> Hits:
    """Drop at random a share of the hits that are not among the plain ones."""
    known = set(zip(plain.queries.tolist(), plain.ids.tolist(), strict=True))
    pairs = zip(hits.queries.tolist(), hits.ids.tolist(), strict=True)
    drawn = np.random.default_rng(seed).random(len(hits)) >= share
    kept = np.array([pair in known for pair in pairs], np.bool_) | drawn
    return Hits(queries=hits.queries[kept], ids=hits.ids[kept], distances=hits.distances[kept])


def crowded_by(hits: Hits, around: F64, radius: int, seed: int) -> Hits:
    """Add hits of strangers, each of a reference of its own.

    Args:
        hits: hits of the registered windows.
        around: number of emulated windows within `AROUND_BITS` of each window of the upload, float64 [n].
        radius: radius of the search, in bits.
        seed: seed of the draw.
    """
    drawn = np.random.default_rng(seed).poisson(around[:, None, None] * strangers_at(radius))
    queries, large, bits = (np.repeat(places, drawn[drawn > 0]) for places in np.nonzero(drawn))
    ids = (FIRST_STRANGER + np.arange(len(queries))) * IDS_PER_REFERENCE + large * (IDS_PER_REFERENCE // 2)
    return sorted_hits(
        np.concatenate([hits.queries, queries.astype(np.int32)]),
        np.concatenate([hits.ids, ids]),
        np.concatenate([hits.distances, bits.astype(np.int32)]),
    )


@contextmanager
def scaled_indexes(
    registry: MeasuredRegistry, folder: Path, scales: Sequence[int], references: int
) -> Iterator[dict[int, ScaledIndex]]:
    """Open an index for each emulated number of references, over the codes that the registry holds."""
    around = FlatEngine()
    around.rebuild(*registry.parts.feeds[Family.ANCHORED].everything())
    inner = registry.parts.check_services.index
    with ExitStack() as stack:
        indexes = {}
        for scale in scales:
            opened = {
                family: stack.enter_context(_opened(registry, folder / str(scale), family, scale))
                for family in (Family.ANCHORED, Family.WHOLE)
            }
            tables = Tables(
                windows=opened[Family.ANCHORED],
                whole=opened[Family.WHOLE],
                around=around,
                crowded=CROWDED[scale],
                each=scale / references,
            )
            indexes[scale] = ScaledIndex(inner, tables)
        yield indexes


@contextmanager
def _opened(registry: MeasuredRegistry, folder: Path, family: Family, scale: int) -> Iterator[CodeEngine]:
    """Open the codes of a family with the tables of an emulated number of references."""
    position, ids, codes = registry.parts.feeds[family].everything()
    plans, each = (BANDED_PLANS, FULL.reference_windows) if family is Family.ANCHORED else (EXACT_PLANS, 2)
    own_folder = folder / family.value
    own_folder.mkdir(parents=True)
    engine = CodeEngine.open(
        own_folder,
        role=Role.WRITER,
        family=family.value,
        epoch="emulated",
        key=b"emulated",
        profile=CodeProfile(plans=((_ALL, choose_plan(plans, scale * each)),)),
    )
    try:
        engine.rebuild(position, ids, codes)
        yield engine
    finally:
        engine.close()
