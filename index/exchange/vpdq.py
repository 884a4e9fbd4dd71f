"""A clip as vPDQ, Meta's video hash, for exchange lists; and reading such a list.

A line is `number,quality,pdq,seconds`, as ThreatExchange writes it (`vpdq/cpp/vpdq/cpp/io/vpdqio.cpp`). Frames are
chosen by vPDQ's rule, one a second by the rate in the header, and hashed at full size, so that the lines are those that
vPDQ computes from the same file. vPDQ hashes RGB, this module the luma from which RGB is computed: for 43 frames of
seven filmed clips, with a quality at which vPDQ matches, the codes differ by 0 to 4 bits. Only PDQ of whole frames is
exported, never anchored windows.

The media itself is needed, and is not kept: a list is made while a clip is enrolled, or by a person who has the clip.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from index.errors import EmptyMedia, MalformedCode, TooManyBytes, WrongLength
from index.exchange import vpdq_wire
from index.exchange.vpdq_wire import FrameReader
from index.hashing import Algorithm, Code
from index.limits import MEBIBYTE, STANDARD_CLIP, ClipLimits
from index.media.clips import MILLISECONDS
from index.sandbox import ClipSource, stream

MAX_LIST_BYTES: Final = 4 * MEBIBYTE  # 21,600 frames are 2 MB

_LINE: Final = re.compile(
    r"(0|[1-9][0-9]{0,9}),(0|[1-9][0-9]{0,2}),([0-9a-f]{64}),(0|[1-9][0-9]{0,7})\.([0-9]{3})", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VpdqFrame:
    """One frame of a list.

    Attributes:
        number: Number in the clip, from 0.
        at_ms: Time at which the frame is shown, in milliseconds.
        pdq: PDQ of the whole frame, with quality.
    """

    number: int
    at_ms: int
    pdq: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class Vpdq:
    """The vPDQ frames of a clip.

    Attributes:
        frames: The frames in their order.
        is_whole: True if they represent the whole clip, except for the excluded parts.
    """

    frames: tuple[VpdqFrame, ...]
    is_whole: bool


def vpdq_of(
    source: ClipSource,
    *,
    exclude: Sequence[tuple[int, int]] = (),
    limits: ClipLimits = STANDARD_CLIP,
    beat: Callable[[], None] | None = None,
) -> Vpdq:
    """Hash a clip as vPDQ does, in a worker of its own.

    Args:
        source: The clip.
        exclude: Start (included) and end (excluded) of intervals whose frames are left out, in milliseconds.
        limits: Bounds on the cost.
        beat: Called with each frame. An exception that it raises ends the work and passes through.

    Raises:
        MediaError: The clip cannot be decoded; the subclass tells why.
    """
    if source.size < 1:
        raise EmptyMedia("the file has no bytes")
    if source.size > limits.max_bytes:
        raise TooManyBytes("the clip has more bytes than are looked at")
    reader = FrameReader(limits)
    frames: list[VpdqFrame] = []
    with closing(stream(vpdq_wire.TASK, vpdq_wire.request(source.size, limits), source, limits)) as parts:
        while True:
            try:
                number, at_ms, code = reader.frame(next(parts))
            except StopIteration as end:
                return Vpdq(frames=tuple(frames), is_whole=reader.end(end.value))
            if not any(start <= at_ms < stop for start, stop in exclude):
                frames.append(VpdqFrame(number=number, at_ms=at_ms, pdq=code))
            if beat is not None:
                beat()


def to_lines(frames: Iterable[VpdqFrame]) -> str:
    """Return frames in ThreatExchange's format, one a line."""
    return "".join(
        f"{frame.number},{frame.pdq.quality or 0},{frame.pdq.hex()},"
        f"{frame.at_ms // MILLISECONDS}.{frame.at_ms % MILLISECONDS:03}\n"
        for frame in frames
    )


def from_lines(text: str) -> tuple[VpdqFrame, ...]:
    """Read a list that `to_lines` or vPDQ wrote: one canonical spelling, with a newline at the end of each line.

    Raises:
        WrongLength: The list is empty or too long.
        MalformedCode: A line does not have the canonical spelling, or the numbers do not increase.
    """
    if not 0 < len(text) <= MAX_LIST_BYTES:
        raise WrongLength(f"a list has 1 to {MAX_LIST_BYTES} bytes")
    *lines, rest = text.split("\n")
    if rest:
        raise MalformedCode("the last line is not ended")
    frames = [_frame(line) for line in lines]
    if any(after.number <= one.number for one, after in pairwise(frames)):
        raise MalformedCode("frames do not follow each other")
    return tuple(frames)


def _frame(line: str) -> VpdqFrame:
    found = _LINE.fullmatch(line)
    if found is None:
        raise MalformedCode("a line is number,quality,pdq,seconds with three decimals")
    number, quality, pdq, seconds, thousandths = found.groups()
    return VpdqFrame(
        number=int(number),
        at_ms=int(seconds) * MILLISECONDS + int(thousandths),
        pdq=Code.parse(Algorithm.PDQ.value, pdq, int(quality)),
    )
