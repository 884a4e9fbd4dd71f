"""One immutable file of rows: written once, mapped read-only by every worker of the machine.

What is verified when:

1. At `open` (some 10 ms at ten million codes): the file's length, the header's SHA-256 and format, the
   SHA-256 of all check sums and of the header against the manifest's pin (so neither an older snapshot nor
   an older copy of this one passes), the identity, and the blocks of `alive`.
2. Before its first use by a search or an apply: every other block (`guard`).
3. `verify`, run by the writer before it publishes and by every worker in the background or before it swaps to
   a new file: all blocks. From then on searches ask no more.

The file is never cut short or grown in place; the one change in it is erasure (`erasure`). Should somebody
else truncate it, `find` sees the length first and raises, rather than touching a page that is no longer
there.
"""

import hashlib
import mmap
import os
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from index.arrays import I64, U8
from index.errors import DamagedSnapshot
from index.search.files.form import Found, Rows
from index.search.files.guard import BlockGuard
from index.search.files.snapshot_format import BLOCK_BYTES, Description, Identity, Pin

_Header = TypeVar("_Header", bound=Description)


class MappedSnapshot(ABC):
    """A mapped snapshot of any kind. Immutable but for erasures by the writer; any thread may read.

    Attributes:
        path: the file.
        description: its header.
        pin: what the manifest has to say about it.
        ids: int64 [n], ascending.
        alive: uint8 [n].
        guard: vouches for the blocks.
    """

    def __init__(self, path: Path, description: Description, data: U8, descriptor: int) -> None:
        self.path = path
        self.description = description
        self.guard = BlockGuard(description, data, path.parent)
        self._descriptor = descriptor
        self._length = description.length
        self._data = data
        weakref.finalize(self, os.close, descriptor)
        self.ids: I64 = self._part("ids", "<i8")
        self.alive: U8 = self._part("alive", "u1")

    @property
    @abstractmethod
    def stored(self) -> Rows:
        """What `Form.stored` made of the rows: the section `codes`."""

    @property
    @abstractmethod
    def fallback_scans(self) -> int:
        """Queries for which all rows were compared because too many were candidates."""

    @abstractmethod
    def meeting_probability(self, distance: int) -> float:
        """The least probability with which `find` meets a row at `distance`."""

    @abstractmethod
    def writes_to_erase(
        self, rows: I64, random_bytes: Callable[[int], bytes]
    ) -> tuple[list[tuple[int, bytes]], list[tuple[int, int]]]:
        """Plans how rows are erased: writes (offset, bytes), then spans (offset, length) that become zeros.

        Raises `DamagedSnapshot` when a block it needs is damaged.
        """

    @abstractmethod
    def _search(self, queries: Rows, radius: int) -> Found:
        """Finds rows, dead or alive, within `radius` of queries."""

    @property
    def pin(self) -> Pin:
        """What identifies the file with the erasures made so far."""
        front = hashlib.sha256(self._data[:BLOCK_BYTES].tobytes()).hexdigest()
        return Pin(length=self.description.length, header=front, sums=self.guard.sums_digest())

    def find(self, queries: Rows, radius: int) -> Found:
        """Finds live rows within `radius` of queries, which are as `Form.stored` makes them."""
        if os.fstat(self._descriptor).st_size != self._length:
            raise DamagedSnapshot("a snapshot changed its length while it was open")
        found = self._search(queries, radius)
        if not len(found.rows):
            return found
        # After the codes: the writer clears `alive` before it zeroes a code, so a torn code is never let
        # pass.
        alive = self.alive.take(found.rows) != 0
        return Found(queries=found.queries[alive], rows=found.rows[alive], distances=found.distances[alive])

    def ids_of(self, rows: I64) -> I64:
        """Reads the ids of rows."""
        if not self.guard.complete:
            self.guard.need("ids", rows)
        return self.ids.take(rows)

    def rows_of(self, ids: I64) -> tuple[I64, I64]:
        """Finds which of `ids` have a row, dead or alive: their positions in `ids`, and their rows."""
        if not self.guard.complete:
            self.guard.need_all("ids")
        rows = np.searchsorted(self.ids, ids)
        known = np.flatnonzero(self.ids.take(rows, mode="clip") == ids) if len(self.ids) else rows[:0]
        return known, rows[known]

    def block(self, number: int) -> memoryview:
        """The bytes of one block as they are now."""
        return self._data.data[number * BLOCK_BYTES : (number + 1) * BLOCK_BYTES]

    def verify(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Verifies all blocks; raises `DamagedSnapshot`."""
        self.guard.verify_all(stop)

    def verify_once(self) -> None:
        """Verifies all blocks unless that was done in this process."""
        if not self.guard.complete:
            self.verify()

    def _check_pin(self, pin: Pin | None) -> None:
        """Ends step 1; `pin` is None only for a file that was just written."""
        if pin is not None and self.pin != pin:
            raise DamagedSnapshot("a snapshot is not the one that the manifest names")
        self.guard.need_all("alive")

    def _part(self, name: str, dtype: str) -> npt.NDArray[Any]:
        section = self.description.sections[name]
        return self._data[section.offset : section.offset + section.length].view(dtype)


def map_file(path: Path, identity: Identity, decode: Callable[[bytes], _Header]) -> tuple[_Header, U8, int]:
    """Maps a file, checks its length and whose it is; returns its header, its bytes and its descriptor.

    Raises `DamagedSnapshot` when the file is missing, damaged, of another format or another index.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise DamagedSnapshot("a snapshot is missing") from error
    try:
        header, data = _mapped(descriptor, identity, decode)
    except BaseException:
        os.close(descriptor)
        raise
    return header, data, descriptor


def _mapped(descriptor: int, identity: Identity, decode: Callable[[bytes], _Header]) -> tuple[_Header, U8]:
    length = os.fstat(descriptor).st_size
    header = decode(os.pread(descriptor, BLOCK_BYTES, 0))
    if header.length != length:
        raise DamagedSnapshot("a snapshot's length is not what its header says")
    if header.identity != identity:
        raise DamagedSnapshot("a snapshot belongs to another index, epoch or key")
    return header, np.frombuffer(mmap.mmap(descriptor, length, prot=mmap.PROT_READ), np.uint8)
