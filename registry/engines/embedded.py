"""The embedded engines: files of this machine, shared by its processes, a folder for each code family."""

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from index.errors import NotTheWriter, SnapshotNotWritten
from index.search import FLOAT_BYTES, ProposingEngine, Role
from index.search.codes import SegmentedEngine, SegmentedProposer
from index.search.files import WRITER_LOCK, try_lock
from index.search.vectors import VectorEngine
from registry.domain import Family, ids
from registry.security import KeyPurpose, Keys, write_private

_ENGINES: Final[Mapping[Family, type[SegmentedProposer]]] = {
    Family.WHOLE: SegmentedEngine,  # what may block must not depend on luck
    Family.ANCHORED: SegmentedProposer,  # any one of dozens of windows leads to its reference
    Family.FRAMES: SegmentedProposer,
}

_AT_ONCE: Final = 1 << 20  # bytes


@dataclass(frozen=True, slots=True)
class IndexFiles:
    """The files of this machine's indexes: a folder for each code family, and the machine's own id."""

    folder: Path
    keys: Keys = field(repr=False)

    def open(self, family: Family, epoch: str) -> ProposingEngine:
        """Opens what is there, as the writer if there is none; raises as `SegmentedProposer.open`."""
        try:
            return self._open(family, epoch, Role.WRITER)
        except NotTheWriter:
            return self._open(family, epoch, Role.READER)

    def discard(self, family: Family, epoch: str) -> ProposingEngine:
        """Opens an empty index in place of what is there; raises `NotTheWriter` where that is not ours to do."""
        return self._open(family, epoch, Role.WRITER, discard=True)

    def machine_id(self, random: Callable[[int], bytes]) -> str:
        """Returns this machine's id, made on its first start."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / "machine"
        if not path.exists():
            write_private(path, ids.new_id(ids.MACHINE, random).encode("ascii"))
        return path.read_text(encoding="ascii")

    def forget(self, family: Family) -> bool:
        """Overwrites and deletes this machine's files of a family that is no longer searched.

        Returns false, and leaves them, where another process of this machine still searches and erases them: a command
        may run with other settings than the server beside it.

        Raises:
            SnapshotNotWritten: the disk refused; what is left may still hold templates.
        """
        folder = self.folder / family.value
        if not folder.exists():
            return True
        try:
            lock = try_lock(folder / WRITER_LOCK)
            if lock is None:
                return False
            try:
                for path in folder.rglob("*"):
                    if path.is_file():
                        _overwrite(path)
                shutil.rmtree(folder)
            finally:
                os.close(lock)
        except OSError as error:
            raise SnapshotNotWritten("the disk refused to delete an index") from error
        return True

    def _open(self, family: Family, epoch: str, role: Role, *, discard: bool = False) -> ProposingEngine:
        folder = self.folder / family.value
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if family.engine_id is not None:
            return VectorEngine.open(
                folder,
                role=role,
                family=family.value,
                epoch=epoch,
                dimension=family.row_bytes // FLOAT_BYTES,
                key=self.keys.derive(KeyPurpose.FACE_TEMPLATES),
                discard=discard,
            )
        key = self.keys.derive(KeyPurpose.INDEX_BIT_ORDER)
        return _ENGINES[family].open(
            folder, role=role, family=family.value, epoch=epoch, key=key, discard=discard
        )


def _overwrite(path: Path) -> None:
    """Writes zeros over a file and waits for the disk, so that what is unlinked next holds nothing."""
    with path.open("r+b") as file:
        left = os.fstat(file.fileno()).st_size
        while left > 0:
            left -= file.write(bytes(min(left, _AT_ONCE)))
        file.flush()
        os.fsync(file.fileno())
