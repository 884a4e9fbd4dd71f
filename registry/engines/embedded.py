"""The embedded engine: files of this machine, shared by its processes."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from index.errors import NotTheWriter
from index.search.engine import HashEngine
from index.search.segments import Role, SegmentedEngine
from registry.domain import ids
from registry.security.pepper import write_private

PDQ_FAMILY: Final = "pdq-1"
"""The code family of whole pictures, with its version; another version's codes stand in a folder of their own."""


@dataclass(frozen=True, slots=True)
class IndexFiles:
    """The files of this machine's index: a folder for each code family, and the machine's own id."""

    folder: Path
    pepper: bytes = field(repr=False)

    def open(self, epoch: str) -> HashEngine:
        """Opens what is there, as the writer if there is none; raises as `SegmentedEngine.open`."""
        try:
            return self._open(epoch, Role.WRITER)
        except NotTheWriter:
            return self._open(epoch, Role.READER)

    def discard(self, epoch: str) -> HashEngine:
        """Opens an empty index in place of what is there; raises `NotTheWriter` where that is not ours to do."""
        return self._open(epoch, Role.WRITER, discard=True)

    def machine_id(self, random: Callable[[int], bytes]) -> str:
        """Returns this machine's id, made on its first start."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / "machine"
        if not path.exists():
            write_private(path, ids.new_id(ids.MACHINE, random).encode("ascii"))
        return path.read_text(encoding="ascii")

    def _open(self, epoch: str, role: Role, *, discard: bool = False) -> HashEngine:
        folder = self.folder / PDQ_FAMILY
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = hmac.new(self.pepper, b"index bit order", hashlib.sha256).digest()
        return SegmentedEngine.open(
            folder, role=role, family=PDQ_FAMILY, epoch=epoch, key=key, discard=discard
        )
