"""The engines of a large index of codes: files that all processes share (`filed`), searched by plans."""

from pathlib import Path
from typing import ClassVar, Self

from index.arrays import U8
from index.search.codes.form import CodeForm
from index.search.codes.permutation import Permutation
from index.search.codes.plans import BANDED, EXACT, SegmentProfile
from index.search.engine import EXACT_RADIUS_BITS, Hits, Role, check_query
from index.search.files import Disk, FiledIndex, Identity, Settings


class SegmentedProposer(FiledIndex):
    """A `ProposingEngine` over files; `SegmentedEngine` adds the exact `search`."""

    default_profile: ClassVar[SegmentProfile] = BANDED

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        role: Role,
        family: str,
        epoch: str,
        key: bytes,
        profile: SegmentProfile | None = None,
        discard: bool = False,
        disk: Disk | None = None,
    ) -> Self:
        """Opens an index's folder; raises as `FiledIndex._open` tells.

        Args:
            folder: the index's own folder; one for each code family.
            role: `WRITER` for at most one process of the machine.
            family: which codes these are, with their version.
            epoch: the database's present life.
            key: secret that determines the bit order.
            profile: layout; by default the class's own.
            discard: begin with an empty index and remove the files that stand there (writer only).
            disk: changes the files; tests break it.
        """
        chosen = profile or cls.default_profile
        form = CodeForm(Permutation(key), chosen.plans)
        settings = Settings(
            identity=Identity(family=family, epoch=epoch, key_id=form.key_id),
            form=form,
            compact_after=chosen.compact_after,
            merge_ratio=chosen.merge_ratio,
        )
        return cls._open(folder, settings, role=role, discard=discard, disk=disk)


class SegmentedEngine(SegmentedProposer):
    """A `HashEngine` over files: exact within 31 bits, by plans whose every look-up is exact that far."""

    default_profile: ClassVar[SegmentProfile] = EXACT

    def __init__(self, folder: Path, settings: Settings, disk: Disk) -> None:
        form = settings.form
        if not isinstance(form, CodeForm) or not form.is_exact_within(EXACT_RADIUS_BITS):
            raise ValueError(f"a plan of this profile is not exact within {EXACT_RADIUS_BITS} bits")
        super().__init__(folder, settings, disk)

    def search(self, codes: U8, radius: int) -> Hits:
        """Finds all codes within `radius` bits (0 to 31)."""
        check_query(codes, radius, EXACT_RADIUS_BITS)
        return self._find(codes, radius)
