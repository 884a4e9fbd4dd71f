"""A streaming task's side of the pipes: it asks its parent for bytes of a source, and tells in parts what it finds.

The source stays with the parent, which may keep it encrypted: a worker holds a few blocks of it and opens no file.
"""

import io
import os
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from index.sandbox.pipes import CHUNK_BYTES, PART, RANGE, REPLY_HEADER, REQUEST_HEADER, WANTED

BLOCK_BYTES: Final = 1 << 18  # asked for at once
BLOCKS: Final = 16  # held: demuxers read sound, pictures and index at places far apart


class Conversation:
    """What a streaming task may do beside computing. For one task at a time.

    Args:
        source: Descriptor that the parent writes to.
        sink: Descriptor that the parent reads from. It does so when it wants the next part, and the task waits.
        renew: Limits the processor time of what follows.
    """

    def __init__(self, source: int, sink: int, *, renew: Callable[[], None]) -> None:
        self._source = source
        self._sink = sink
        self.renew = renew

    def read(self, offset: int, length: int) -> bytes:
        """Get bytes of the source, which must have them all.

        Raises:
            EOFError: The parent is gone, or sent another number of bytes.
        """
        write_all(self._sink, REPLY_HEADER.pack(WANTED, RANGE.size) + RANGE.pack(offset, length))
        header = read_exactly(self._source, REQUEST_HEADER.size)
        if header is None or REQUEST_HEADER.unpack(header) != (length,):
            raise EOFError("the parent broke the protocol")
        data = read_exactly(self._source, length)
        if data is None:
            raise EOFError("the parent is gone")
        return data

    def send(self, part: bytes) -> None:
        """Hand a part over; returns when it lies in the pipe."""
        write_all(self._sink, REPLY_HEADER.pack(PART, len(part)), part)


class RemoteFile(io.RawIOBase):
    """A source as a read-only file; for one thread.

    Args:
        size: Its length, in bytes.
        read: Gives `length` bytes from `offset` on.
    """

    def __init__(self, size: int, read: Callable[[int, int], bytes]) -> None:
        super().__init__()
        self._size = size
        self._read = read
        self._at = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """Where the next read begins, in bytes."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place, which may lie behind the end.

        Raises:
            ValueError: It lies before the beginning, or `whence` is unknown.
        """
        bases = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}
        if whence not in bases or bases[whence] + offset < 0:
            raise ValueError("no such place")
        self._at = bases[whence] + offset
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        """Read up to the end of a block; nothing at the end. Without a size, all that is left."""
        if size < 0:
            return self.readall()
        if self._at >= self._size or size == 0:
            return b""
        number, start = divmod(self._at, BLOCK_BYTES)
        piece = self._block(number)[start : start + size]
        self._at += len(piece)
        return piece

    def _block(self, number: int) -> bytes:
        block = self._blocks.pop(number, None)
        if block is None:
            offset = number * BLOCK_BYTES
            block = self._read(offset, min(BLOCK_BYTES, self._size - offset))
        self._blocks[number] = block
        if len(self._blocks) > BLOCKS:
            self._blocks.popitem(last=False)
        return block


def read_exactly(source: int, length: int) -> bytes | None:
    """Read exactly `length` bytes from a descriptor; None when the input ends before."""
    received = bytearray(length)
    rest = memoryview(received)
    while rest:
        count = os.readv(source, [rest[:CHUNK_BYTES]])
        if count == 0:
            return None
        rest = rest[count:]
    return bytes(received)


def write_all(sink: int, *parts: bytes) -> None:
    """Write everything to a descriptor, one part after the other: megabytes are not copied to be joined."""
    for part in parts:
        rest = memoryview(part)
        while rest:
            rest = rest[os.write(sink, rest) :]
