"""The engines of codes over files that all processes share (`index.search.files`), searched by plans."""

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Self

from index.arrays import I64, U8
from index.search.codes.flat import FlatEngine
from index.search.codes.format import write_snapshot
from index.search.codes.permutation import Permutation
from index.search.codes.plans import BANDED, EXACT, CodeProfile, Plan, choose_plan
from index.search.codes.snapshot import CodeSnapshot
from index.search.contract import (
    CODE_BYTES,
    EXACT_RADIUS_BITS,
    MAX_RADIUS_BITS,
    Changes,
    Hits,
    Role,
    check_query,
)
from index.search.files import (
    Disk,
    FileEngine,
    FileEngineSettings,
    IndexIdentity,
    MemoryScan,
    Rows,
    SnapshotDigests,
)


class CodeRowFormat:
    """Implementation of `RowFormat` for 256-bit codes: permuted words in the files, searched by a plan's tables."""

    row_bytes = CODE_BYTES
    has_bits = True
    max_radius = MAX_RADIUS_BITS

    def __init__(self, permutation: Permutation, plans: tuple[tuple[int, Plan], ...]) -> None:
        self.permutation = permutation
        self._plans = plans

    @property
    def key_id(self) -> str:
        """Identifier of the bit order."""
        return self.permutation.key_id

    def is_exact_within(self, radius: int) -> bool:
        """Return whether no plan misses a code within `radius` bits."""
        return all(plan.exact_radius >= radius for _, plan in self._plans)

    def check(self, codes: U8) -> None:
        """Accept all codes, because any 32 bytes are a code."""

    def to_rows(self, codes: U8) -> Rows:
        """Return the permuted codes, uint64 [n, 4]."""
        return self.permutation.apply(codes)

    def memory_scan(self, ids: I64, codes: U8) -> MemoryScan:
        """Return FAISS over a few codes."""
        flat = FlatEngine()
        flat.apply(Changes(sequence=0, add_ids=ids, add_codes=codes))
        return flat

    def open(self, path: Path, identity: IndexIdentity, digests: SnapshotDigests | None) -> CodeSnapshot:
        """Map a snapshot of codes."""
        return CodeSnapshot.open(path, identity, digests)

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
        """Write a snapshot with the tables of the plan for its number of codes."""
        write_snapshot(
            path,
            identity=identity,
            plan=choose_plan(self._plans, len(ids)),
            sequence=sequence,
            ids=ids,
            words=rows,
            disk=disk,
            is_cancelled=is_cancelled,
        )


class CodeEngine(FileEngine):
    """A `SearchEngine` of codes over files. It may miss a code: `recall_at` states how seldom, plan by plan."""

    default_profile: ClassVar[CodeProfile] = BANDED

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        role: Role,
        family: str,
        epoch: str,
        key: bytes,
        profile: CodeProfile | None = None,
        discard: bool = False,
        disk: Disk | None = None,
    ) -> Self:
        """Open an index's folder; raise as `FileEngine._open` does.

        Args:
            folder: the index's own folder; one for each code family.
            role: `WRITER` for at most one process of the machine.
            family: name of the code family, with its version.
            epoch: id of the database's current life.
            key: secret that determines the bit order.
            profile: layout of the files; by default the class's own.
            discard: begin with an empty index and remove all files of the folder (writer only).
            disk: file operations; tests replace them by failing ones.
        """
        chosen = profile or cls.default_profile
        row_format = CodeRowFormat(Permutation(key), chosen.plans)
        settings = FileEngineSettings(
            identity=IndexIdentity(family=family, epoch=epoch, key_id=row_format.key_id),
            row_format=row_format,
            compact_after=chosen.compact_after,
            merge_ratio=chosen.merge_ratio,
        )
        return cls._open(folder, settings, role=role, discard=discard, disk=disk)


class ExactCodeEngine(CodeEngine):
    """A `SearchEngine` of codes over files that misses no code within 31 bits: each of its plans is exact that far."""

    default_profile: ClassVar[CodeProfile] = EXACT

    def __init__(self, folder: Path, settings: FileEngineSettings, disk: Disk) -> None:
        row_format = settings.row_format
        if not isinstance(row_format, CodeRowFormat) or not row_format.is_exact_within(EXACT_RADIUS_BITS):
            raise ValueError(f"a plan of this profile is not exact within {EXACT_RADIUS_BITS} bits")
        super().__init__(folder, settings, disk)

    def search(self, codes: U8, radius: int) -> Hits:
        """Find all codes within `radius` bits (0 to 31)."""
        check_query(codes, radius, EXACT_RADIUS_BITS)
        return self._find(codes, radius)
