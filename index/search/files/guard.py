"""Nothing that a damaged block says reaches an answer: each block is verified before its first use."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from index.arrays import I64, U8, U32
from index.errors import DamagedSnapshot, NotReady
from index.search.files.disk import shared_lock
from index.search.files.snapshot_format import BLOCK_BYTES, Description

FILES_LOCK: Final = "files.lock"
"""Held exclusively while files are changed in place or replaced, shared while dependent reads are made."""

JOURNAL: Final = "erasing.json"
"""Present while an erasure is under way (`erasure`); a dead writer leaves it for the next one to finish."""


class BlockGuard:
    """Verifies the blocks of one mapped snapshot, each once, on first use or all by `verify_all`.

    What it promises: bytes that were read through the guard were intact when first used in this process. What
    it cannot: a page that the kernel dropped and read again from a device that rotted since is seen by the
    next `verify_all` of any process, not by a search. Threads: any; verifying twice does no harm.
    """

    def __init__(self, header: Description, data: U8, folder: Path) -> None:
        self.complete = False
        self._header = header
        self._sections = header.sections
        self._data: memoryview = data.data
        sums = self._sections["sums"]
        self.sums: U32 = data[sums.offset :].view("<u4")
        self._known = np.zeros(len(self.sums), np.bool_)
        self._folder = folder

    def need(self, section: str, items: I64) -> None:
        """Verifies the blocks that hold the given items, of at most a block each, of a section."""
        where = self._sections[section]
        starts = items * where.item_bytes
        for offsets in (starts, starts + (where.item_bytes - 1)):
            blocks = offsets // BLOCK_BYTES + where.first_block
            for block in np.unique(blocks[~self._known.take(blocks, mode="clip")]).tolist():
                self.verify_block(block)

    def need_all(self, section: str) -> None:
        """Verifies a whole section."""
        where = self._sections[section]
        last = where.first_block + -(-where.length // BLOCK_BYTES)
        for block in (where.first_block + np.flatnonzero(~self._known[where.first_block : last])).tolist():
            self.verify_block(block)

    def verify_section(self, section: str) -> None:
        """Verifies every block of a section anew."""
        where = self._sections[section]
        for block in range(where.first_block, where.first_block + -(-where.length // BLOCK_BYTES)):
            self.verify_block(block)

    def verify_all(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Verifies every block, known or not, which also brings the file into memory: 0.5 s a gigabyte."""
        for block in range(len(self.sums)):
            if stop():
                return
            self.verify_block(block)
        self.complete = True

    def verify_block(self, block: int) -> None:
        """Raises `DamagedSnapshot` unless the block matches its sum.

        A mismatch may be an erasure that is just rewriting block and sum: then its lock is awaited, and when
        its writer died half-way the answer is `NotReady` until the next writer has finished it.
        """
        if not self._matches(block):
            with shared_lock(self._folder / FILES_LOCK):
                if not self._matches(block):
                    if (self._folder / JOURNAL).exists():
                        raise NotReady("an erasure waits to be finished by the next writer")
                    raise DamagedSnapshot(f"block {block} of a snapshot does not match its checksum")
        self._known[block] = True

    def sums_digest(self) -> str:
        """SHA-256 of all check sums: what the manifest pins. 0.2 ms for a gigabyte of snapshot."""
        return hashlib.sha256(self.sums.tobytes()).hexdigest()

    def _matches(self, block: int) -> bool:
        start = block * BLOCK_BYTES
        found = self._header.block_sum(self._data[start : start + BLOCK_BYTES], block)
        return found == int(self.sums[block])
