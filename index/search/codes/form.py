"""The form of 256-bit codes: permuted words in the files, found through a plan's tables."""

from collections.abc import Callable
from pathlib import Path

from index.arrays import I64, U8
from index.search.codes.flat import FlatEngine
from index.search.codes.format import write_snapshot
from index.search.codes.permutation import Permutation
from index.search.codes.plans import Plan, choose_plan
from index.search.codes.snapshot import Snapshot
from index.search.engine import CODE_BYTES, PROPOSE_RADIUS_BITS, Changes
from index.search.files import Disk, Identity, Pin, Rows, Scanner


class CodeForm:
    """Implements `Form`: which bit order, and which plan serves how many codes."""

    row_bytes = CODE_BYTES
    furthest = PROPOSE_RADIUS_BITS

    def __init__(self, permutation: Permutation, plans: tuple[tuple[int, Plan], ...]) -> None:
        self.permutation = permutation
        self._plans = plans

    @property
    def key_id(self) -> str:
        """Identifies the bit order."""
        return self.permutation.key_id

    def is_exact_within(self, radius: int) -> bool:
        """Tells whether no plan misses a code within `radius` bits."""
        return all(plan.exact_radius >= radius for _, plan in self._plans)

    def check(self, codes: U8) -> None:
        """Any 32 bytes are a code."""

    def stored(self, codes: U8) -> Rows:
        """Permutes: uint64 [n, 4]."""
        return self.permutation.apply(codes)

    def scanner(self, ids: I64, codes: U8) -> Scanner:
        """FAISS over a few codes."""
        flat = FlatEngine()
        flat.apply(Changes(sequence=0, add_ids=ids, add_codes=codes))
        return flat

    def open(self, path: Path, identity: Identity, pin: Pin | None) -> Snapshot:
        """Maps a snapshot of codes."""
        return Snapshot.open(path, identity, pin)

    def write(
        self,
        path: Path,
        *,
        identity: Identity,
        sequence: int,
        ids: I64,
        rows: Rows,
        disk: Disk,
        stop: Callable[[], bool],
    ) -> None:
        """Writes a snapshot with the tables of the plan that serves so many codes."""
        write_snapshot(
            path,
            identity=identity,
            plan=choose_plan(self._plans, len(ids)),
            sequence=sequence,
            ids=ids,
            words=rows,
            disk=disk,
            stop=stop,
        )
