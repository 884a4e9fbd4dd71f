"""One snapshot file: written once, mapped read-only by every process of the machine, each block verified before use.

Verification:

1. `open` (some 10 ms at ten million codes): the file's length, the header's SHA-256 and format, the SHA-256 of the
   header and of all checksums against the manifest (so neither an older snapshot nor an older copy of this one
   passes), the identity, and the blocks of the section `alive`.
2. Before its first use by a search or by `apply`: every other block (`BlockVerifier`).
3. `verify`: all blocks. The writer calls it before it publishes a file, every other process in the background or
   before it switches to a new file. From then on searches verify nothing.

4. With all blocks, `verify` also checks what the numbers mean (`_check_contents`): ids ascend and give the header's
   checksum, offsets and rows stay within their sections. So nonsense does not pass because its checksums fit.
5. `verify_if_changed`: all of it again, if the file was changed since. The writer's own erasures do not count
   (`accept_change`).

The file is never shortened or extended in place; the only change in place is an erasure (`erasure`). If another
program truncates it, the length is seen first, rather than touching a page that no longer exists.
"""

import hashlib
import mmap
import os
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

from index.arrays import I32, I64, U8, U32
from index.errors import DamagedSnapshot, NotReady
from index.resources import shared_lock
from index.search.contract import id_checksum
from index.search.files.format import (
    BLOCK_BYTES,
    IndexIdentity,
    RandomBytes,
    SnapshotDigests,
    SnapshotHeader,
)
from index.search.files.manifest import FILES_LOCK, JOURNAL

Rows = npt.NDArray[Any]
"""Rows in the form of the files: uint64 [n, 4] permuted codes, or float32 [n, dimension] vectors."""

_Header = TypeVar("_Header", bound=SnapshotHeader)

_NO_HITS: Final = np.empty(0, np.int32)
_NUMBERS_AT_ONCE: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class RowHits:
    """Rows of a snapshot within the radius, in no order.

    Attributes:
        queries: int32 [h], index of the query.
        rows: int64 [h].
        distances: int32 [h].
    """

    queries: I32
    rows: I64
    distances: I32


def ascends(numbers: npt.NDArray[Any], *, strictly: bool = False) -> bool:
    """Return whether no number is below the one before it, or with `strictly` each is above it."""
    for start in range(0, len(numbers) - 1, _NUMBERS_AT_ONCE):
        some = numbers[start : start + _NUMBERS_AT_ONCE + 1]
        if not ((some[:-1] < some[1:]) if strictly else (some[:-1] <= some[1:])).all():
            return False
    return True


def joined_hits(parts: list[RowHits]) -> RowHits:
    """Return the hits of all parts together."""
    if len(parts) == 1:
        return parts[0]
    return RowHits(
        queries=np.concatenate([_NO_HITS, *(part.queries for part in parts)]),
        rows=np.concatenate([np.empty(0, np.int64), *(part.rows for part in parts)]),
        distances=np.concatenate([_NO_HITS, *(part.distances for part in parts)]),
    )


class BlockVerifier:
    """Verifier of the blocks of one mapped snapshot: each block once on its first use, or all by `verify_all`.

    Verified bytes were intact at their first use in this process. If the kernel drops a page and reads it again from a
    device that was damaged meanwhile, the next `verify_all` of any process detects the damage, but a search does not.
    Threads: any; verifying a block twice is harmless.

    Attributes:
        complete: True after every block was verified; searches then skip the verification.
        sums: uint32, the checksum of each block.
    """

    def __init__(self, header: SnapshotHeader, data: U8, folder: Path) -> None:
        self.complete = False
        self._header = header
        self._sections = header.sections
        self._data: memoryview = data.data
        sums = self._sections["sums"]
        self.sums: U32 = data[sums.offset :].view("<u4")
        self._verified = np.zeros(len(self.sums), np.bool_)
        self._folder = folder

    def ensure_items(self, section: str, items: I64) -> None:
        """Verify the blocks that hold the given items (each at most a block long) of a section."""
        where = self._sections[section]
        starts = items * where.item_bytes
        for offsets in (starts, starts + (where.item_bytes - 1)):
            blocks = offsets // BLOCK_BYTES + where.first_block
            for block in np.unique(blocks[~self._verified.take(blocks, mode="clip")]).tolist():
                self.verify_block(block)

    def ensure_section(self, section: str) -> None:
        """Verify the blocks of a section that were not verified yet."""
        blocks = self._sections[section].blocks
        for block in (blocks.start + np.flatnonzero(~self._verified[blocks.start : blocks.stop])).tolist():
            self.verify_block(block)

    def verify_section(self, section: str) -> None:
        """Verify every block of a section, also those that were verified before."""
        for block in self._sections[section].blocks:
            self.verify_block(block)

    def verify_all(self) -> None:
        """Verify every block, also those verified before, and thereby load the file into memory: 0.5 s per gigabyte."""
        for block in range(len(self.sums)):
            self.verify_block(block)
        self.complete = True

    def verify_block(self, block: int) -> None:
        """Raise `DamagedSnapshot` unless the block matches its checksum.

        A mismatch may be an erasure that is just rewriting block and checksum. This method then waits for the
        erasure's lock. If the erasing process died, it raises `NotReady` until the next writer has finished.
        """
        if not self._matches(block):
            with shared_lock(self._folder / FILES_LOCK):
                if not self._matches(block):
                    if (self._folder / JOURNAL).exists():
                        raise NotReady("an erasure waits to be finished by the next writer")
                    raise DamagedSnapshot(f"block {block} of a snapshot does not match its checksum")
        self._verified[block] = True

    def sums_digest(self) -> str:
        """Return the SHA-256 of all checksums, as hex: 0.2 ms for a snapshot of 1 GB."""
        return hashlib.sha256(self.sums.tobytes()).hexdigest()

    def _matches(self, block: int) -> bool:
        start = block * BLOCK_BYTES
        found = self._header.block_sum(self._data[start : start + BLOCK_BYTES], block)
        return found == int(self.sums[block])


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasingWrites:
    """The writes by which a kind of snapshot erases rows.

    Attributes:
        writes: (offset, bytes).
        zeros: (offset, length), spans that become zeros after the writes.
    """

    writes: tuple[tuple[int, bytes], ...] = ()
    zeros: tuple[tuple[int, int], ...] = ()


class MappedSnapshot(ABC):
    """A mapped snapshot of any kind. Immutable except for erasures by the writer; any thread may read.

    Attributes:
        path: the file.
        header: its header.
        ids: int64 [n], ascending.
        alive: uint8 [n], 1, or 0 for an erased row.
        verifier: verifies blocks before their first use.
    """

    def __init__(self, path: Path, header: SnapshotHeader, data: U8, descriptor: int) -> None:
        self.path = path
        self.header = header
        self.verifier = BlockVerifier(header, data, path.parent)
        self._descriptor = descriptor
        self._length = header.length
        self._data = data
        weakref.finalize(self, os.close, descriptor)
        self.ids: I64 = self._section("ids", "<i8")
        self.alive: U8 = self._section("alive", "u1")
        self._verified_stamp: tuple[int, ...] | None = None

    @property
    @abstractmethod
    def stored_rows(self) -> Rows:
        """All rows, as `RowFormat.to_rows` makes them: the section `codes`."""

    @property
    @abstractmethod
    def fallback_scans(self) -> int:
        """Number of queries that compared all rows because too many were candidates."""

    @abstractmethod
    def recall_at(self, distance: int) -> float:
        """Return a lower bound of the probability that `find` finds a row at `distance`."""

    @abstractmethod
    def erasing_writes(self, rows: I64, random_bytes: RandomBytes) -> ErasingWrites:
        """Return the writes that erase rows, except `alive`; raise `DamagedSnapshot` if a needed block is damaged."""

    @abstractmethod
    def _search(self, queries: Rows, radius: int, doubtful: Rows | None) -> RowHits:
        """Find rows, erased or alive, within `radius` of queries. `doubtful` is as in `SearchEngine.propose`."""

    @abstractmethod
    def _check_tables(self) -> None:
        """Raise `DamagedSnapshot` if numbers of this kind's own sections lead beyond them."""

    @property
    def is_removed(self) -> bool:
        """True if no folder names the file any more; it stays readable until this process closes it."""
        return os.fstat(self._descriptor).st_nlink == 0

    @property
    def is_in_place(self) -> bool:
        """True if its name in the folder still leads to this file, and not to another one or to none."""
        try:
            named = self.path.stat()
        except FileNotFoundError:
            return False
        return os.path.samestat(named, os.fstat(self._descriptor))

    @property
    def digests(self) -> SnapshotDigests:
        """Digests of the file, including the erasures made so far."""
        front = hashlib.sha256(self._data[:BLOCK_BYTES].tobytes()).hexdigest()
        return SnapshotDigests(length=self.header.length, header=front, sums=self.verifier.sums_digest())

    def find(self, queries: Rows, radius: int, doubtful: Rows | None = None) -> RowHits:
        """Find live rows within `radius` of queries, which have the form of `RowFormat.to_rows`, as has `doubtful`."""
        self._require_length()
        found = self._search(queries, radius, doubtful)
        if not len(found.rows):
            return found
        # Read `alive` after the codes. The writer clears `alive` before it overwrites a code with zeros, so a hit on
        # a half-overwritten code is always dropped here.
        alive = self.alive.take(found.rows) != 0
        return RowHits(queries=found.queries[alive], rows=found.rows[alive], distances=found.distances[alive])

    def ids_of(self, rows: I64) -> I64:
        """Return the ids of rows."""
        if not self.verifier.complete:
            self.verifier.ensure_items("ids", rows)
        return self.ids.take(rows)

    def rows_of(self, ids: I64) -> tuple[I64, I64]:
        """Return which of `ids` have a row, erased or alive: their positions in `ids`, and their rows."""
        self._require_length()
        if not self.verifier.complete:
            self.verifier.ensure_section("ids")
        rows = np.searchsorted(self.ids, ids)
        known = np.flatnonzero(self.ids.take(rows, mode="clip") == ids) if len(self.ids) else rows[:0]
        return known, rows[known]

    def block(self, number: int) -> memoryview:
        """Return the current bytes of one block."""
        return self._data.data[number * BLOCK_BYTES : (number + 1) * BLOCK_BYTES]

    def verify(self) -> None:
        """Verify all blocks and what they say; raise `DamagedSnapshot`."""
        stamp = self._stamp()
        self._require_length()
        self.verifier.verify_all()
        self._check_contents()
        self._verified_stamp = stamp

    def verify_once(self) -> None:
        """Verify all blocks unless this process has done so before."""
        if not self.verifier.complete:
            self.verify()

    def verify_if_changed(self) -> None:
        """Verify all blocks if any program has changed the file since they were verified."""
        if self._stamp() != self._verified_stamp:
            self.verify()

    def accept_change(self) -> None:
        """Take the file's present state as verified: this process has just changed it."""
        self._verified_stamp = self._stamp()

    def _stamp(self) -> tuple[int, ...]:
        """Return what the file system changes with every write."""
        status = os.fstat(self._descriptor)
        return status.st_size, status.st_mtime_ns, status.st_ctime_ns

    def _require_length(self) -> None:
        if os.fstat(self._descriptor).st_size != self._length:
            raise DamagedSnapshot("a snapshot changed its length while it was open")

    def _check_contents(self) -> None:
        if not ascends(self.ids, strictly=True) or (len(self.ids) and int(self.ids[0]) < 0):
            raise DamagedSnapshot("the ids of a snapshot do not ascend")
        if id_checksum(self.ids) != self.header.checksum:
            raise DamagedSnapshot("the ids of a snapshot are not those of its header")
        if int(self.alive.max(initial=0)) > 1:
            raise DamagedSnapshot("a row of a snapshot is neither alive nor erased")
        self._check_tables()

    def _check_digests(self, digests: SnapshotDigests | None) -> None:
        """Finish the checks of `open` (1.); `digests` is None only for a file that was just written."""
        if digests is not None and self.digests != digests:
            raise DamagedSnapshot("a snapshot is not the one that the manifest names")
        self.verifier.ensure_section("alive")

    def _section(self, name: str, dtype: str) -> npt.NDArray[Any]:
        section = self.header.sections[name]
        return self._data[section.offset : section.offset + section.length].view(dtype)


def map_file(
    path: Path, identity: IndexIdentity, decode: Callable[[bytes], _Header]
) -> tuple[_Header, U8, int]:
    """Map a file, check its length and identity, and return its header, its bytes and its descriptor.

    Raises:
        DamagedSnapshot: the file is missing, damaged, of another format or of another index.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise DamagedSnapshot("a snapshot is missing") from error
    try:
        header, data = _map_descriptor(descriptor, identity, decode)
    except BaseException:
        os.close(descriptor)
        raise
    return header, data, descriptor


def _map_descriptor(
    descriptor: int, identity: IndexIdentity, decode: Callable[[bytes], _Header]
) -> tuple[_Header, U8]:
    length = os.fstat(descriptor).st_size
    header = decode(os.pread(descriptor, BLOCK_BYTES, 0))
    if header.length != length:
        raise DamagedSnapshot("a snapshot's length is not what its header says")
    if header.identity != identity:
        raise DamagedSnapshot("a snapshot belongs to another index, epoch or key")
    return header, np.frombuffer(mmap.mmap(descriptor, length, prot=mmap.PROT_READ), np.uint8)
