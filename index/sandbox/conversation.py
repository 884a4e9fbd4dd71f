"""A streaming task's side of the pipes: it requests bytes of a source from its parent, and sends its results in parts.

The source stays with the parent, which may store it encrypted. A worker holds a few blocks of it and opens no file.
"""

import io
import os
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from index.sandbox.pipes import CHUNK_BYTES, PART, RANGE, REPLY_HEADER, REQUEST_HEADER, WANTED

BLOCK_BYTES: Final = 1 << 18  # requested at a time
BLOCKS: Final = 16  # kept, because demuxers alternate between distant places: sound, pictures and index


class Conversation:
    """A streaming task's connection to its parent. For one task at a time.

    Args:
        source: Descriptor to which the parent writes.
        sink: Descriptor from which the parent reads. The parent reads when it wants the next part; the task waits.
        renew: Function that sets a new limit for the processor time from now on.
    """

    def __init__(self, source: int, sink: int, *, renew: Callable[[], None]) -> None:
        self._source = source
        self._sink = sink
        self.renew = renew

    def read(self, offset: int, length: int) -> bytes:
        """Ask the parent process for `length` bytes of the source from `offset`, and return exactly these.

        Raises:
            EOFError: The parent process has ended, or sent a different number of bytes.
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
        """Send a part. Return when it is in the pipe."""
        write_all(self._sink, REPLY_HEADER.pack(PART, len(part)), part)


class RemoteFile(io.RawIOBase):
    """A source as a read-only file. For one thread.

    Args:
        size: Length of the source, in bytes.
        read: Function from offset and length to the bytes.
    """

    def __init__(self, size: int, read: Callable[[int, int], bytes]) -> None:
        super().__init__()
        self._size = size
        self._read = read
        self._at = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position of the next read, in bytes."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Set the position of the next read, which may be behind the end.

        Raises:
            ValueError: The position is before the beginning, or `whence` is unknown.
        """
        bases = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}
        if whence not in bases or bases[whence] + offset < 0:
            raise ValueError("no such place")
        self._at = bases[whence] + offset
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        """Read at most to the end of a block; nothing at the end of the source. Without a size, read the rest."""
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
    """Read exactly `length` bytes from a descriptor. Return None if the input ends before."""
    received = bytearray(length)
    rest = memoryview(received)
    while rest:
        count = os.readv(source, [rest[:CHUNK_BYTES]])
        if count == 0:
            return None
        rest = rest[count:]
    return bytes(received)


def write_all(sink: int, *parts: bytes) -> None:
    """Write all parts to a descriptor, one after the other, without a copy that joins them."""
    for part in parts:
        rest = memoryview(part)
        while rest:
            rest = rest[os.write(sink, rest) :]
