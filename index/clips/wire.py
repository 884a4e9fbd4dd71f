"""The messages between `ClipFingerprinter` and its worker: one request, parts in their order, one answer.

The worker runs `serve`. Its parent reads the messages with a `Reader`, which trusts none of them, because a hostile
clip may have taken over the worker: lengths are exact, every field is checked for its range, times increase, and the
number of parts is limited.
"""

import struct
from collections import Counter
from dataclasses import replace
from enum import IntEnum
from typing import Final

from index.clips.key_frames import CLIP_PROFILES, ClipProfile, FrameKeeper, KeyFrame
from index.clips.values import ClipHead, ClipQueryFrame
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
from index.frames import look, pack, unpack
from index.hashing import FLAT_GRID, Algorithm, Code, pdq_bits
from index.limits import STANDARD_CLIP, ClipLimits
from index.media.clips import (
    EACH_SLOT,
    MAX_HELD_S,
    MAX_HOLD_S,
    MILLISECONDS,
    OPEN_CHOICES,
    SEED_BYTES,
    Clip,
    ClipFormat,
    GridFrame,
    Rhythm,
    SecretChoices,
)
from index.media.pictures import LATER_COLOUR_SIDE, pack_colours, unpack_colours
from index.regions import RegionalSignature
from index.sandbox import Conversation, RemoteFile
from index.windows import Windows

TASK: Final = "index.clips.wire:serve"


class ClipPurpose(IntEnum):
    """Purpose of reading a clip."""

    CHECK = 0
    ENROL = 1


_PROFILES: Final = tuple(CLIP_PROFILES.values())
_FORMATS: Final = tuple(ClipFormat)
_FLAT_AREAS: Final = FLAT_GRID**2

# Purpose, profile, bytes of the clip; then the limits: pixels, side, seconds, frames, sampled frames, frames besides,
# seconds of a chunk, seconds of processor time; then the time between frames in colour, in milliseconds, 0 for none.
# The seed of the clip's secret choices follows, if there is one.
_REQUEST: Final = struct.Struct(">BBQQQQQQQQQQ")
# The first part: format, width, height, announced milliseconds or -1.
_HEAD: Final = struct.Struct(">cBIIq")
# Time of a frame. For a check its colours follow, if it has any, and its query frame. Frames besides the grid and
# second looks are of kinds of their own and never in colour.
_SEEN: Final = struct.Struct(">cQ")
# A key frame: start, end, flat areas, PDQ quality, PDQ, dHash-128, bytes of the packed regional signature. It follows,
# and the packed windows behind it.
_STORED: Final = struct.Struct(">cQQHB32s16sH")
# The answer: length in milliseconds, True if the whole clip was decoded.
_ENDED: Final = struct.Struct(">cQ?")
_HEAD_KIND, _SEEN_KIND, _BESIDES_KIND, _SECOND_KIND, _STORED_KIND, _ENDED_KIND = (
    b"H",
    b"S",
    b"B",
    b"L",
    b"F",
    b"E",
)
_REFUSAL: Final = b"X"

# Errors that a worker may report, each with our text: a worker's own words never reach a log or a client.
_REFUSALS: Final[dict[bytes, tuple[type[MediaError], str]]] = {
    error.code.encode("ascii"): (error, text)
    for error, text in (
        (EmptyMedia, "the file has no bytes"),
        (UnknownFormat, f"the content is none of {', '.join(ClipFormat)}, or of a codec that is not decoded"),
        (TooManyPixels, "the frames have more pixels than are decoded"),
        (SoundOnly, "the file has sound and no moving picture"),
        (UndecodableMedia, "the clip is truncated or damaged, or shows no frame"),
        (DecoderFailed, "the decoder went over its limits"),
    )
}


def request(
    purpose: ClipPurpose,
    size: int,
    limits: ClipLimits,
    profile: ClipProfile,
    *,
    colours_every_ms: int | None = None,
    choices: SecretChoices = OPEN_CHOICES,
) -> bytes:
    """Pack a request about a clip of `size` bytes. Only a check has colours and secret choices."""
    head = _REQUEST.pack(
        purpose,
        _PROFILES.index(profile),
        size,
        limits.decoder.max_pixels,
        limits.decoder.max_side,
        limits.max_seconds,
        limits.max_frames,
        limits.max_sampled,
        limits.max_besides,
        limits.chunk_seconds,
        limits.total_cpu_seconds,
        colours_every_ms or 0,
    )
    return head + (choices.seed or b"")


def serve(asked: bytes, conversation: Conversation) -> bytes:
    """Describe the clip of a request, frame by frame. The sandbox runs this streaming task in a worker."""
    purpose, profile, size, *bounds, every = _REQUEST.unpack_from(asked)
    seed = asked[_REQUEST.size :]
    pixels, side, seconds, frames, sampled, besides, chunk, cpu = bounds
    limits = replace(
        STANDARD_CLIP,
        decoder=replace(STANDARD_CLIP.decoder, max_pixels=pixels, max_side=side),
        max_seconds=seconds,
        max_frames=frames,
        max_sampled=sampled,
        max_besides=besides,
        chunk_seconds=chunk,
        total_cpu_seconds=cpu,
    )
    try:
        with Clip(RemoteFile(size, conversation.read), limits) as clip:  # type: ignore[arg-type] # only read from
            _describe(
                clip,
                ClipPurpose(purpose),
                _PROFILES[profile],
                conversation,
                chunk_ms=chunk * MILLISECONDS,
                colours_every_ms=every or None,
                choices=SecretChoices(seed=seed) if len(seed) == SEED_BYTES else OPEN_CHOICES,
            )
            return _ENDED.pack(_ENDED_KIND, clip.duration_ms, clip.is_whole)
    except MediaError as error:
        return _REFUSAL + error.code.encode("ascii")


def _describe(
    clip: Clip,
    purpose: ClipPurpose,
    profile: ClipProfile,
    conversation: Conversation,
    *,
    chunk_ms: int,
    colours_every_ms: int | None,
    choices: SecretChoices,
) -> None:
    keeper = FrameKeeper(profile) if purpose is ClipPurpose.ENROL else None
    next_chunk_ms = chunk_ms
    grid_ms = profile.asked_ms if keeper is None else profile.stored_ms
    is_begun = False
    code_of = None if choices.seed is None else pdq_bits
    for frame in clip.frames(
        grid_ms, colours_every_ms, besides=keeper is None, choices=choices, code_of=code_of
    ):
        if not is_begun:
            conversation.send(_head(clip))
            is_begun = True
        if frame.at_ms >= next_chunk_ms:
            conversation.renew()
            next_chunk_ms = frame.at_ms + chunk_ms
        if keeper is None:
            conversation.send(_looked_at(frame, profile))
            continue
        _send_stored(keeper.add(frame.at_ms, frame.luma), conversation)
        conversation.send(_SEEN.pack(_SEEN_KIND, frame.at_ms))
    if keeper is not None:
        _send_stored(keeper.finish(clip.duration_ms), conversation)


def _looked_at(frame: GridFrame, profile: ClipProfile) -> bytes:
    if not frame.in_full:
        return _SEEN.pack(_SECOND_KIND, frame.at_ms) + pack(look(frame.luma, None, is_filtered=False))
    seen = _SEEN.pack(_BESIDES_KIND if frame.is_besides else _SEEN_KIND, frame.at_ms)
    coloured = b"" if frame.colours is None else pack_colours(frame.colours)
    return b"".join((seen, coloured, pack(look(frame.luma, profile.windows))))


def _head(clip: Clip) -> bytes:
    announced = -1 if clip.announced_ms is None else min(clip.announced_ms, (1 << 63) - 1)
    return _HEAD.pack(_HEAD_KIND, _FORMATS.index(clip.media_format), clip.width, clip.height, announced)


def _send_stored(frame: KeyFrame | None, conversation: Conversation) -> None:
    if frame is None:
        return
    regions = b"" if frame.regions is None else frame.regions.pack()
    head = _STORED.pack(
        _STORED_KIND,
        frame.start_ms,
        frame.end_ms,
        round(frame.flat_share * _FLAT_AREAS),
        frame.pdq.quality or 0,
        frame.pdq.value,
        frame.dhash.value,
        len(regions),
    )
    conversation.send(head + regions + frame.windows.pack())


class Reader:
    """Reader of a worker's messages about one clip, in their order.

    Args:
        limits: The limits in the request.
        rhythm: The rule for frames in colour; None if there are none.

    Attributes:
        head: Format and size of the clip; None before the first part.
        seen_ms: Time of the last frame, in milliseconds; -1 before the first frame.
    """

    def __init__(self, limits: ClipLimits, rhythm: Rhythm | None = None) -> None:
        self._limits = limits
        self._rhythm = rhythm
        self._most_ms = round((limits.max_seconds + MAX_HOLD_S + MAX_HELD_S) * MILLISECONDS)
        self._parts: Counter[bytes] = Counter()
        self._stored_until = 0
        self.head: ClipHead | None = None
        self.seen_ms = -1

    def query_frame(self, part: bytes) -> ClipQueryFrame | None:
        """Read a part of a check. Return its frame, which ends when the next one comes, or None for the head.

        Raises:
            DecoderFailed: The message is malformed or out of order. A correct worker never sends such a message.
        """
        try:
            if self._takes_head(part):
                return None
            kind = part[:1]
            rest = memoryview(part)[self._takes_time(part) :]
            colours = None
            if self._rhythm is not None and kind == _SEEN_KIND and self._rhythm.takes(self.seen_ms):
                colours, behind = unpack_colours(rest, LATER_COLOUR_SIDE)
                rest = memoryview(bytes(behind))  # a copy: a query frame must not keep the colours alive
            query_frame, rest = unpack(rest)
            in_full = kind != _SECOND_KIND
            _require(len(rest) == 0 and (in_full or len(query_frame.windows) == 0))
        except (CodeError, IndexError, struct.error):
            raise _out_of_range() from None
        return ClipQueryFrame(
            at_ms=self.seen_ms,
            until_ms=self.seen_ms + 1,
            query_frame=query_frame,
            colours=colours,
            in_full=in_full,
        )

    def stored(self, part: bytes) -> KeyFrame | None:
        """Read a part of an enrolment. Return a key frame, or None for the head and for the time of a frame.

        Raises:
            DecoderFailed: The message is malformed or out of order. A correct worker never sends such a message.
        """
        try:
            if self._takes_head(part):
                return None
            if part[:1] == _SEEN_KIND:
                _require(self._takes_time(part) == len(part))
                return None
            return self._frame(part)
        except (CodeError, IndexError, struct.error):
            raise _out_of_range() from None

    def end(self, answer: bytes) -> tuple[int, bool]:
        """Read the answer. Return the length in milliseconds, and True if the whole clip was decoded.

        Raises:
            MediaError: The worker reported an error; the subclass is the reason.
            DecoderFailed: The message is malformed or out of order. A correct worker never sends such a message.
        """
        refused = _REFUSALS.get(answer[1:]) if answer[:1] == _REFUSAL else None
        if refused is not None:
            raise refused[0](refused[1])
        _require(len(answer) == _ENDED.size and answer[:1] == _ENDED_KIND and self.seen_ms >= 0)
        _, duration_ms, is_whole = _ENDED.unpack(answer)
        _require(duration_ms <= self._most_ms)
        return duration_ms, is_whole

    def _takes_head(self, part: bytes) -> bool:
        """Read the head, if the part is one. Require that it comes first, and only once."""
        if part[:1] != _HEAD_KIND:
            _require(self.head is not None)
            return False
        _require(self.head is None)
        _, media_format, width, height, announced = _HEAD.unpack(part)
        bounds = self._limits.decoder
        _require(1 <= min(width, height) <= max(width, height) <= bounds.max_side and announced >= -1)
        _require(width * height <= bounds.max_pixels)
        self.head = ClipHead(
            media_format=_FORMATS[media_format],
            width=width,
            height=height,
            announced_ms=None if announced < 0 else announced,
        )
        return True

    def _takes_time(self, part: bytes) -> int:
        """Read the time of a frame. Return the number of bytes read."""
        kind, at_ms = _SEEN.unpack_from(part)
        bounds = {
            _SEEN_KIND: self._limits.max_sampled,
            _BESIDES_KIND: self._limits.max_besides,
            _SECOND_KIND: EACH_SLOT * (self._limits.max_sampled + 1),
        }
        most = bounds.get(kind, 0)
        self._parts[kind] += 1
        _require(self._parts[kind] <= most and self.seen_ms < at_ms <= self._most_ms)
        self.seen_ms = at_ms
        return _SEEN.size

    def _frame(self, part: bytes) -> KeyFrame:
        kind, start_ms, end_ms, flat_areas, quality, pdq, dhash, length = _STORED.unpack_from(part)
        windows_at = _STORED.size + length
        _require(kind == _STORED_KIND and flat_areas <= _FLAT_AREAS)
        _require(self._stored_until <= start_ms < end_ms <= self._most_ms)
        self._stored_until = end_ms
        return KeyFrame(
            start_ms=start_ms,
            end_ms=end_ms,
            pdq=Code(algorithm=Algorithm.PDQ, value=pdq, quality=quality),
            dhash=Code(algorithm=Algorithm.DHASH128, value=dhash),
            flat_share=flat_areas / _FLAT_AREAS,
            windows=Windows.unpack(part[windows_at:]),
            regions=RegionalSignature.unpack(part[_STORED.size : windows_at]),
        )


def _require(holds: bool) -> None:  # noqa: FBT001 - called like an assertion
    if not holds:
        raise _out_of_range()


def _out_of_range() -> DecoderFailed:
    return DecoderFailed("the decoder's answer was out of range")
