"""The pace at which a request must arrive, and the reader that enforces it on a thread."""

import errno
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

WRITE_S: Final = 10.0
"""Longest time to write an answer, in seconds. Answers fit into the kernel's buffers, so only a client that reads
nothing at all needs it."""

_PIECE_BYTES: Final = 64 * 1024
"""Bytes handed over at a time. werkzeug's parser of forms asks for as many, so gunicorn copies none twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The slowest way in which a request may arrive.

    Attributes:
        read_s: Time for a head, and for the first bytes of a body, in seconds.
        bytes_per_s: Rate of a body on the average after that, in bytes per second.
    """

    read_s: float
    bytes_per_s: float

    def deadline(self, began: float, received: int) -> float:
        """Return the time by which more of a body must have arrived.

        Args:
            began: Time of the body's beginning.
            received: Bytes of it so far.
        """
        return began + self.read_s + received / self.bytes_per_s


class Reader:
    """The bytes of a connection for gunicorn's parser: first those that have arrived, then those of the socket.

    For one thread at a time. What does not arrive in time raises `TimeoutError`.
    """

    def __init__(self, sock: socket.socket, pace: Pace, *, now: Callable[[], float] = time.monotonic) -> None:
        self._sock = sock
        self._pace = pace
        self._now = now
        self._arrived = memoryview(b"")
        self._waits = False
        self._began = 0.0
        self._received = 0

    def begin(self, arrived: bytes, *, waits: bool) -> None:
        """Begin a request.

        Args:
            arrived: Its bytes that have arrived, and possibly those of the next one.
            waits: Whether more of it is read from the socket.
        """
        self._arrived = memoryview(arrived)
        self._waits = waits
        self._began = self._now()
        self._received = 0

    def stop(self) -> None:
        """Wait for no more bytes of this request."""
        self._waits = False

    def take_rest(self) -> bytes:
        """Return the bytes that arrived and were not read."""
        rest = bytes(self._arrived)
        self._arrived = memoryview(b"")
        return rest

    def recv(self, size: int) -> bytes:
        """Return 1 to `size` bytes, or none at the end of the connection; raise `TimeoutError`."""
        if self._arrived:
            size = min(size, _PIECE_BYTES)
            piece = bytes(self._arrived[:size])
            self._arrived = self._arrived[size:]
            return piece
        left = self._pace.deadline(self._began, self._received) - self._now()
        if not self._waits or left <= 0:
            # gunicorn ignores this number where the application does not answer.
            raise TimeoutError(errno.ECONNRESET, "the request did not arrive in time")
        self._sock.settimeout(left)
        try:
            piece = self._sock.recv(size)
        finally:
            self._sock.settimeout(WRITE_S)
        self._received += len(piece)
        return piece
