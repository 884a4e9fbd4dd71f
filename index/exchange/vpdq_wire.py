"""The messages between `index.exchange.vpdq` and its worker: one request, a part for each frame, one answer.

The worker runs `serve`, which takes frames by vPDQ's rule and hashes them as it does: all pixels of a frame as it is
coded, never turned. `FrameReader` trusts nothing of what comes, as a hostile clip may have taken the worker over.
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
    TooManyPixels,
    UndecodableMedia,
    UnknownFormat,
)
from index.hashing import Algorithm, Code, pdq_of_bands
from index.limits import ClipLimits, DecodeLimits
from index.media.clips import MAX_RATE, MILLISECONDS, USUAL_RATE, Clip, coded_luma_of, foreign_errors
from index.sandbox import Conversation, RemoteFile

TASK: Final = "index.exchange.vpdq_wire:serve"
MIN_RATE: Final = 0.01  # frames a second; vPDQ believes any, and times would be as long as a header likes
BAND_ROWS: Final = 256  # of a frame, hashed at once

# A frame: number, milliseconds, PDQ quality, PDQ.
_FRAME: Final = struct.Struct(">QQB32s")
# The answer: whether the clip was seen whole.
_ENDED: Final = struct.Struct(">c?")
_ENDED_KIND, _REFUSAL = b"E", b"X"
_REFUSALS: Final[dict[bytes, type[MediaError]]] = {
    error.code.encode("ascii"): error
    for error in (EmptyMedia, UnknownFormat, TooManyPixels, UndecodableMedia, DecoderFailed)
}


def request(size: int, limits: ClipLimits) -> bytes:
    """Pack a request about a clip of `size` bytes."""
    return json.dumps({"size": size, "limits": asdict(limits)}).encode()


def serve(asked: bytes, conversation: Conversation) -> bytes:
    """Hash the clip of a request, frame by frame: the streaming task, run in a worker."""
    wanted = json.loads(asked)
    bounds = wanted["limits"]
    limits = ClipLimits(**{**bounds, "decoder": DecodeLimits(**bounds["decoder"])})
    try:
        with Clip(RemoteFile(wanted["size"], conversation.read), limits) as clip:  # type: ignore[arg-type] # reads, no more
            is_whole = _hash(clip, limits, conversation)
            return _ENDED.pack(_ENDED_KIND, is_whole and clip.is_whole)
    except MediaError as error:
        return _REFUSAL + error.code.encode("ascii")


def _hash(clip: Clip, limits: ClipLimits, conversation: Conversation) -> bool:
    """Tell each frame that vPDQ takes; whether that was all of them."""
    rate = min(max(clip.rate or USUAL_RATE, MIN_RATE), MAX_RATE)
    # vPDQ: every frame whose number is a multiple of the whole part of the rate, shown at number / rate.
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
    """Reads what a worker tells of one clip, in its order."""

    def __init__(self, limits: ClipLimits) -> None:
        self._frames_left = limits.max_sampled
        self._number = -1
        self._at_ms = -1

    def frame(self, part: bytes) -> tuple[int, int, Code]:
        """Read a frame: its number, when it is shown in milliseconds, and its PDQ.

        Raises:
            DecoderFailed: It is not one that an honest worker sends.
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
        """Read the answer: whether the clip was seen whole.

        Raises:
            MediaError: The leaf that the worker reported.
            DecoderFailed: It is not one that an honest worker sends.
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
