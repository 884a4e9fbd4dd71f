"""One request as it arrives, before a thread is taken for it. Pure: bytes and times come in, a state comes out.

1. The head is kept until it is complete. It decides about the rest.
2. A body of a known length that is short enough is kept too, so a thread never waits for it.
3. Any other body (a clip, chunks, `Expect: 100-continue`) is read by a thread of its own kind.
4. Requests of load balancers are answered at once, whatever they announce.

gunicorn parses all of it again, and is the only one that judges what is valid.
"""

import re
from enum import Enum, auto, unique
from typing import Final

from registry.cli.server.pace import Pace

MAX_HEAD_BYTES: Final = 64 * 1024
MAX_KEPT_BYTES: Final = 4 << 20
"""Longest body that is kept. Phones' pictures have 2 to 5 MB; what is longer is read by a thread."""

_END: Final = b"\r\n\r\n"
_FIELDS: Final = re.compile(
    rb"\r\n(authorization|content-length|expect|transfer-encoding):[ \t]*([^\r\n]*)", re.IGNORECASE
)
_LENGTH: Final = re.compile(rb"[0-9]{1,18}")
_HEALTH: Final = re.compile(rb"(?:GET|HEAD) /(?:healthz|readyz)[ ?]")


@unique
class State(Enum):
    """How far a request has arrived."""

    SILENT = auto()
    """Nothing of it."""
    HEAD = auto()
    """A part of its head."""
    TOO_LONG = auto()
    """A head that is too long. Nothing more is read."""
    BODY = auto()
    """Its head, and a part of its body."""
    WHOLE = auto()
    """All that is needed to answer it."""
    STREAMED = auto()
    """Its head; a thread reads its body."""


class Arriving:
    """A request that arrives.

    Args:
        pace: The pace at which it must arrive.
        began: Time at which it may begin.
        idle_s: Time for which the connection may be silent before, in seconds.
    """

    def __init__(self, pace: Pace, began: float, *, idle_s: float) -> None:
        self.state = State.SILENT
        self.authorization: str | None = None
        self.is_health = False
        self.length = 0
        """Announced length of the body, in bytes."""
        self.deadline = began + idle_s
        self._pace = pace
        self._began = began
        self._data = bytearray()
        self._head_bytes = 0

    def feed(self, data: bytes, now: float) -> None:
        """Take the next bytes."""
        if self.state is State.SILENT:
            self._began = now
            self.state = State.HEAD
            self.deadline = now + self._pace.read_s
        searched = max(0, len(self._data) - len(_END) + 1)
        self._data += data
        if self.state is State.HEAD:
            self._look_for_head(searched, now)
        if self.state is State.BODY:
            received = len(self._data) - self._head_bytes
            self.deadline = self._pace.deadline(self._began, received)
            if received >= self.length:
                self.state = State.WHOLE

    def stream(self) -> None:
        """Let a thread read the body, because there is no room to keep it."""
        if self.state is State.BODY:
            self.state = State.STREAMED

    @property
    def is_ready(self) -> bool:
        """True if a thread can take the request."""
        return self.state in {State.WHOLE, State.STREAMED}

    def take(self) -> bytes:
        """Return the bytes so far, and forget them."""
        taken = bytes(self._data)
        self._data = bytearray()
        return taken

    def _look_for_head(self, searched: int, now: float) -> None:
        end = self._data.find(_END, searched)
        if end < 0:
            if len(self._data) > MAX_HEAD_BYTES:
                self.state = State.TOO_LONG
            return
        head = bytes(self._data[: end + 2])
        self._head_bytes = end + len(_END)
        self._began = now
        self.is_health = _HEALTH.match(head) is not None
        self.state = self._of_head(head)

    def _of_head(self, head: bytes) -> State:
        lengths: list[bytes] = []
        is_streamed = False
        for name, value in _FIELDS.findall(head):
            match name.lower():
                case b"authorization":
                    self.authorization = value.strip().decode("latin-1")
                case b"content-length":
                    lengths.append(value.strip())
                case _:
                    is_streamed = True
        if self.is_health or (not lengths and not is_streamed):
            return State.WHOLE
        if is_streamed or len(lengths) > 1 or not _LENGTH.fullmatch(lengths[0]):
            return State.STREAMED
        self.length = int(lengths[0])
        return State.BODY if self.length <= MAX_KEPT_BYTES else State.STREAMED
