"""The messages between `index.exchange.vpdq` and its worker: one request, a part for each frame, one answer.

The worker runs `serve`, which chooses and hashes frames as vPDQ does: all pixels of a frame as it is coded, never
turned. `FrameReader` trusts none of the messages, because a hostile clip may have taken over the worker.
"""

import json
import struct
from collections.abc import Iterator
from dataclasses import asdict
from typing import Final

import numpy as np
from av.video.frame import VideoFrame

from index.arrays import F32
from index.errors import (
    CodeError,
    DecoderFailed,
    EmptyMedia,
    MediaError,
    SoundOnly,
    TooManyPixels,
    UndecodableMedia,
    UnknownFormat,
)
from index.hashing import Algorithm, Code, pdq_of_bands
from index.limits import ClipLimits, DecodeLimits
from index.media.clips import MAX_RATE, MILLISECONDS, USUAL_RATE, Clip, coded_luma_of, foreign_errors
from index.sandbox import Conversation, RemoteFile

TASK: Final = "index.exchange.vpdq_wire:serve"
MIN_RATE: Final = (
    0.01  # frames a second; vPDQ accepts any rate, so that a header could make times arbitrarily long
)
BAND_ROWS: Final = 256  # rows of a frame hashed at a time

# A frame: number, milliseconds, PDQ quality, PDQ.
_FRAME: Final = struct.Struct(">QQB32s")
# The answer: True if the whole clip was decoded.
_ENDED: Final = struct.Struct(">c?")
_ENDED_KIND, _REFUSAL = b"E", b"X"
_REFUSALS: Final[dict[bytes, type[MediaError]]] = {
    error.code.encode("ascii"): error
    for error in (EmptyMedia, UnknownFormat, TooManyPixels, SoundOnly, UndecodableMedia, DecoderFailed)
}


def request(size: int, limits: ClipLimits) -> bytes:
    """Pack a request about a clip of `size` bytes."""
    return json.dumps({"size": size, "limits": asdict(limits)}).encode()


def serve(asked: bytes, conversation: Conversation) -> bytes:
    """Hash the clip of a request, frame by frame. The sandbox runs this streaming task in a worker."""
    wanted = json.loads(asked)
    bounds = wanted["limits"]
    limits = ClipLimits(**{**bounds, "decoder": DecodeLimits(**bounds["decoder"])})
    try:
        with Clip(RemoteFile(wanted["size"], conversation.read), limits) as clip:  # type: ignore[arg-type] # only read from
            is_whole = _hash(clip, limits, conversation)
            return _ENDED.pack(_ENDED_KIND, is_whole and clip.is_whole)
    except MediaError as error:
        return _REFUSAL + error.code.encode("ascii")


def _hash(clip: Clip, limits: ClipLimits, conversation: Conversation) -> bool:
    """Send each frame that vPDQ chooses. Return True if that was all of them."""
    rate = min(max(clip.rate or USUAL_RATE, MIN_RATE), MAX_RATE)
    # vPDQ chooses every frame whose number is a multiple of the integer part of the rate; its time is number / rate.
    step = max(1, int(rate))
    next_chunk_s = limits.chunk_seconds
    for number, frame in clip.coded_frames():
        if clip.duration_ms >= next_chunk_s * MILLISECONDS:
            conversation.renew()
            next_chunk_s += limits.chunk_seconds
        if number % step:
            continue
        if number // step >= limits.max_sampled:
            return False
        code = _pdq(frame)
        at_ms = round(number / rate * MILLISECONDS)
        conversation.send(_FRAME.pack(number, at_ms, code.quality or 0, code.value))
    return True


def _pdq(frame: VideoFrame) -> Code:
    with foreign_errors():
        luma = coded_luma_of(frame)
    height, width = luma.shape

    def bands() -> Iterator[F32]:
        for top in range(0, height, BAND_ROWS):
            yield luma[top : top + BAND_ROWS].astype(np.float32)

    return pdq_of_bands(height, width, bands())


class FrameReader:
    """Reads a worker's messages about one clip, in their order."""

    def __init__(self, limits: ClipLimits) -> None:
        self._frames_left = limits.max_sampled
        self._number = -1
        self._at_ms = -1

    def frame(self, part: bytes) -> tuple[int, int, Code]:
        """Read a frame. Return its number, its time in milliseconds, and its PDQ.

        Raises:
            DecoderFailed: The message is malformed or out of order. A correct worker never sends such a message.
        """
        try:
            number, at_ms, quality, value = _FRAME.unpack(part)
            code = Code(algorithm=Algorithm.PDQ, value=value, quality=quality)
        except (CodeError, struct.error):
            raise _out_of_range() from None
        self._frames_left -= 1
        if self._frames_left < 0 or number <= self._number or at_ms <= self._at_ms:
            raise _out_of_range()
        self._number, self._at_ms = number, at_ms
        return number, at_ms, code

    def end(self, answer: bytes) -> bool:
        """Read the answer. Return True if the whole clip was decoded.

        Raises:
            MediaError: The worker reported an error; the subclass tells which.
            DecoderFailed: The message is malformed or out of order. A correct worker never sends such a message.
        """
        refused = _REFUSALS.get(answer[1:]) if answer[:1] == _REFUSAL else None
        if refused is not None:
            raise refused("the clip cannot be looked at")
        if len(answer) != _ENDED.size or answer[:1] != _ENDED_KIND or self._number < 0:
            raise _out_of_range()
        is_whole: bool = _ENDED.unpack(answer)[1]
        return is_whole


def _out_of_range() -> DecoderFailed:
    return DecoderFailed("the decoder's answer was out of range")
