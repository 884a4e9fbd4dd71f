"""Recall among many references, by emulation: the windows' index is forced to the tables of that many references.

The bands of an index depend on how many codes it holds (`index.search.codes.plans`), and wider bands meet fewer of the
hits at a distance. So the same uploads are asked of the same references three times, over tables as an index of a
thousand, a hundred thousand and a million references has.

Two effects of the strangers themselves are not in the tables of a few references:

- The kernel does not read crowded buckets of flipped keys. `CROWDED` is the share of flipped keys whose bucket is
  crowded, and as many of the hits that only flipped keys found are dropped. This is on the safe side, because most hits
  are found by several keys.
- More strangers trigger, and a frame is compared with `MAX_COMPARED` references at most. The report tells for how many
  uploads there are more; they are held for that alone.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.common.registry import MeasuredRegistry
from index.arrays import U8
from index.search import Hits, Role
from index.search.codes import BANDED_PLANS, CodeEngine, CodeProfile
from index.search.codes.plans import choose_plan
from index.windows import FULL
from registry.domain import Family
from registry.ports import Index

CROWDED: Final[Mapping[int, float]] = {1_000: 0.0, 100_000: 0.05, 1_000_000: 0.17}
"""Emulated numbers of references, each with the share of flipped keys whose bucket is crowded. Measured with mixed
windows of photographs: 5.6 million, and for a million references the same buckets with ten times their entries."""

_ALL: Final = 1 << 32


class ScaledIndex:
    """An `Index` that searches windows of pictures by the tables of more references. Threads: any."""

    def __init__(self, inner: Index, engine: CodeEngine, crowded: float) -> None:
        self._inner = inner
        self._engine = engine
        self._crowded = crowded

    def ready_position(self) -> int:
        """Return the position of the inner index."""
        return self._inner.ready_position()

    def size(self, family: Family) -> int:
        """Return the size of the inner index."""
        return self._inner.size(family)

    def propose(self, family: Family, codes: U8, radius: int, doubtful: U8 | None = None) -> Hits:
        """Search by the emulated tables, or the inner index for other families."""
        if family is not Family.ANCHORED:
            return self._inner.propose(family, codes, radius, doubtful)
        hits = self._engine.propose(codes, radius, doubtful)
        if doubtful is None or not self._crowded:
            return hits
        return thinned(hits, self._engine.propose(codes, radius), self._crowded, zlib.crc32(codes.tobytes()))


def thinned(hits: Hits, plain: Hits, share: float, seed: int) -> Hits:
    """Drop at random a share of the hits that are not among the plain ones."""
    known = set(zip(plain.queries.tolist(), plain.ids.tolist(), strict=True))
    pairs = zip(hits.queries.tolist(), hits.ids.tolist(), strict=True)
    drawn = np.random.default_rng(seed).random(len(hits)) >= share
    kept = np.array([pair in known for pair in pairs], np.bool_) | drawn
    return Hits(queries=hits.queries[kept], ids=hits.ids[kept], distances=hits.distances[kept])


@contextmanager
def scaled_indexes(
    registry: MeasuredRegistry, folder: Path, scales: Sequence[int]
) -> Iterator[dict[int, ScaledIndex]]:
    """Open an index for each emulated number of references, over the windows that the registry holds."""
    position, ids, codes = registry.parts.feeds[Family.ANCHORED].everything()
    engines: dict[int, CodeEngine] = {}
    try:
        for scale in scales:
            plan = choose_plan(BANDED_PLANS, scale * FULL.reference_windows)
            own_folder = folder / str(scale)
            own_folder.mkdir(parents=True)
            engines[scale] = CodeEngine.open(
                own_folder,
                role=Role.WRITER,
                family=Family.ANCHORED.value,
                epoch="emulated",
                key=b"emulated",
                profile=CodeProfile(plans=((_ALL, plan),)),
            )
            engines[scale].rebuild(position, ids, codes)
        inner = registry.parts.check_services.index
        yield {scale: ScaledIndex(inner, engine, CROWDED[scale]) for scale, engine in engines.items()}
    finally:
        for engine in engines.values():
            engine.close()
