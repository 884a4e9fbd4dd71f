"""Messages over pipes: a length and that many bytes, with a deadline. No message is deserialised into objects."""

import os
import select
import struct
import time
from collections.abc import Mapping
from typing import Final

REQUEST_HEADER: Final = struct.Struct(">I")  # length of the request, in bytes
REPLY_HEADER: Final = struct.Struct(">cI")  # kind, length of the reply in bytes

READY: Final = b"R"  # the worker has imported, warmed up and limited itself; no body
ANSWER: Final = b"A"  # the task's reply follows
PART: Final = b"P"  # a part of a streaming task's results follows; more will come
# A streaming task requests bytes of its source: `RANGE` follows. The parent sends them in the form of a request.
WANTED: Final = b"W"
RANGE: Final = struct.Struct(">QI")  # offset, length in bytes

CHUNK_BYTES: Final = 1 << 20  # largest single read or write, and the requested size of the pipe's buffer


class PipeFailure(Exception):
    """The other end died, was too slow or broke the protocol. It never leaves `index.sandbox`."""


def send(descriptor: int, parts: tuple[bytes | memoryview, ...], deadline: float) -> None:
    """Write a request to a non-blocking descriptor before `deadline` (seconds, `time.monotonic`).

    Raises:
        PipeFailure: The other end closed the pipe, or did not read in time.
    """
    length = sum(memoryview(part).nbytes for part in parts)
    for part in (REQUEST_HEADER.pack(length), *parts):
        rest = memoryview(part).cast("B")
        while rest:
            _wait(descriptor, select.POLLOUT, deadline)
            try:
                rest = rest[os.write(descriptor, rest[:CHUNK_BYTES]) :]
            except BlockingIOError:
                continue
            except OSError:
                raise PipeFailure("the worker does not read") from None


def receive(descriptor: int, kind: bytes, max_bytes: int, deadline: float) -> bytes:
    """Read one message of the given kind before `deadline` (seconds, `time.monotonic`).

    Raises:
        PipeFailure: The message has another kind or more than `max_bytes`, the other end closed the pipe, or the
            message was not complete in time.
    """
    return receive_any(descriptor, {kind: max_bytes}, deadline)[1]


def receive_any(descriptor: int, longest: Mapping[bytes, int], deadline: float) -> tuple[bytes, bytes]:
    """Read one message of any kind in `longest`, which maps kinds to maximum lengths in bytes. Return kind and body.

    Raises:
        PipeFailure: As `receive`.
    """
    kind, length = REPLY_HEADER.unpack(_receive_exactly(descriptor, REPLY_HEADER.size, deadline))
    if length > longest.get(kind, -1):
        raise PipeFailure("the worker broke the protocol")
    return kind, _receive_exactly(descriptor, length, deadline)


def has_input(descriptor: int) -> bool:
    """Return True if a read would not block, which includes the end of the file."""
    return bool(_poll(descriptor, select.POLLIN, 0.0))


def _receive_exactly(descriptor: int, length: int, deadline: float) -> bytes:
    received = bytearray(length)
    rest = memoryview(received)
    while rest:
        _wait(descriptor, select.POLLIN, deadline)
        try:
            count = os.readv(descriptor, [rest[:CHUNK_BYTES]])
        except BlockingIOError:
            continue
        if not count:
            raise PipeFailure("the worker has ended")
        rest = rest[count:]
    return bytes(received)


def _wait(descriptor: int, event: int, deadline: float) -> None:
    if not _poll(descriptor, event, deadline - time.monotonic()):
        raise PipeFailure("the worker was too slow")


def _poll(descriptor: int, event: int, seconds: float) -> int:
    poll = select.poll()
    poll.register(descriptor, event)
    return len(poll.poll(max(0.0, seconds) * 1000))
