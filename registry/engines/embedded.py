"""The embedded search engines: files of this machine that its processes share, one folder for each code family.

How to add an engine, for example for a new code family:

1. Implement `index.search.SearchEngine` in a sub-package of `index/search`. The Protocol in `index/search/contract.py`
   states each method with its errors, and the rules for threads and durability. `index/search/codes/flat.py` is the
   smallest example. An engine over files subclasses `FileEngine` of `index/search/files` and adds a `RowFormat`, as
   `index/search/codes/engines.py` does.
2. Register it in this module, in `_opener_of`. The function returns the class method that opens the engine of a family.
   Nothing else of the registry knows engine classes.
3. Run the tests of `tests/congruence` on it: add it to the engines that `tests/congruence/conftest.py` lists.
"""

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from index.errors import NotTheWriter, SnapshotNotWritten
from index.resources import try_lock
from index.search import FLOAT_BYTES, Role, SearchEngine
from index.search.codes import CodeEngine, ExactCodeEngine
from index.search.files import WRITER_LOCK
from index.search.vectors import VectorEngine
from registry.domain import Family, ids
from registry.security import KeyPurpose, Keys, write_private

_CODE_ENGINES: Final[Mapping[Family, type[CodeEngine]]] = {
    Family.WHOLE: ExactCodeEngine,  # a match that can block an upload must never be missed by chance
    Family.ANCHORED: CodeEngine,  # any one of dozens of windows leads to its reference
    Family.FRAMES: CodeEngine,
    Family.FRAME_WHOLE: ExactCodeEngine,  # as for whole pictures: three tight key frames can block an upload
}

_OVERWRITTEN_AT_ONCE_BYTES: Final = 1 << 20


class OpensEngine(Protocol):
    """Function that opens the engine of one family in a folder."""

    def __call__(self, folder: Path, *, role: Role, family: str, epoch: str, discard: bool) -> SearchEngine:
        """Open the engine.

        Args:
            folder: the index's own folder.
            role: `WRITER` for at most one process of the machine.
            family: name of the code family.
            epoch: id of the database's current life.
            discard: begin with an empty index and remove all files of the folder (writer only).

        Raises:
            NotTheWriter: `role` is `WRITER` and another process is the writer.
            DamagedSnapshot, NotReady, SnapshotNotWritten: the files cannot be used.
        """
        ...


def _opener_of(family: Family, keys: Keys) -> OpensEngine:
    """Return the function that opens a family's engine. Every engine is registered here."""
    if family.engine_id is not None:
        key = keys.derive(KeyPurpose.FACE_TEMPLATES)
        return partial(VectorEngine.open, dimension=family.row_bytes // FLOAT_BYTES, key=key)
    key = keys.derive(KeyPurpose.INDEX_BIT_ORDER)
    return partial(_CODE_ENGINES[family].open, key=key)


@dataclass(frozen=True, slots=True)
class IndexFiles:
    """The files of this machine's indexes: a folder for each code family, and the machine's id."""

    folder: Path
    keys: Keys = field(repr=False)

    def open(self, family: Family, epoch: str) -> SearchEngine:
        """Open a family's files, as the writer if there is none; raise as `OpensEngine` does, except `NotTheWriter`."""
        try:
            return self._open(family, epoch, Role.WRITER)
        except NotTheWriter:
            return self._open(family, epoch, Role.READER)

    def discard(self, family: Family, epoch: str) -> SearchEngine:
        """Open an empty index in place of a family's files; raise `NotTheWriter` if another process writes them."""
        return self._open(family, epoch, Role.WRITER, discard=True)

    def machine_id(self, random: Callable[[int], bytes]) -> str:
        """Return the id of this machine. The first start creates it."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / "machine"
        if not path.exists():
            write_private(path, ids.new_id(ids.MACHINE, random).encode("ascii"))
        return path.read_text(encoding="ascii")

    def delete(self, family: Family) -> bool:
        """Overwrite and delete this machine's files of a family that is no longer searched.

        Returns:
            False if another process of this machine still searches and erases the files; they are then left alone. A
            command may run with other settings than the server beside it.

        Raises:
            SnapshotNotWritten: the disk refused; the remaining files may still hold templates.
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

    def _open(self, family: Family, epoch: str, role: Role, *, discard: bool = False) -> SearchEngine:
        folder = self.folder / family.value
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        open_engine = _opener_of(family, self.keys)
        return open_engine(folder, role=role, family=family.value, epoch=epoch, discard=discard)


def _overwrite(path: Path) -> None:
    """Overwrite a file with zeros and wait for the disk, so that the file unlinked next holds nothing."""
    with path.open("r+b") as file:
        left = os.fstat(file.fileno()).st_size
        while left > 0:
            left -= file.write(bytes(min(left, _OVERWRITTEN_AT_ONCE_BYTES)))
        file.flush()
        os.fsync(file.fileno())
