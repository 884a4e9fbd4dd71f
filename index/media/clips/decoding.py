"""Frames of a clip on a grid of time: one moving picture, luma only, bounded in everything.

Frames are taken by time, never at keyframes or cuts, which a re-encode moves. Nothing here believes a header: what it
says of frames and length costs nothing until frames have come.

Frames that no other one refers to (`skip_frame` NONREF) need not be decoded: at 720p that saves 16 to 45 % of
decoding, and unlike leaving out all B frames it cannot change a frame that is kept, whoever encoded the clip. Every
fourth slot of the grid is decoded whole, or what is shown in such frames only would never be seen.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Final

from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from index.arrays import Plane
from index.errors import UndecodableMedia
from index.limits import ClipLimits
from index.media.clips.clock import MILLISECONDS, Clock
from index.media.clips.colours import Rhythm, frame_colours
from index.media.clips.containers import (
    ClipFormat,
    check_frame_size,
    foreign_errors,
    moving_picture,
    open_container,
)
from index.media.clips.luma import luma_of, quarter_turns
from index.media.pictures import Colours
from index.resources import Closing

if TYPE_CHECKING:
    from av.packet import Packet  # generic in its stub only

_SKIPPING: Final = "h264"  # elsewhere "not referred to" is not told, or told of a layer only
_WHOLE_EACH: Final = 4  # slots of the grid, of which one is decoded whole
SKIPPED_FROM_RATE: Final = 12  # frames a second; below, each may be a picture of its own
MAX_SKIP_MS: Final = 250  # between kept frames; beyond, most of what is shown is being left out
MAX_RATE: Final = 240  # frames a second: more of them between two samples are not believed to be so short
MAX_SILENT_PACKETS: Final = 3_000  # packets in a row out of which no frame came
# Share of the announced length that must have been shown, and seconds that may be missing beside.
ANNOUNCED_SHARE: Final = 0.95
ANNOUNCED_SLACK_MS: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GridFrame:
    """One frame of a clip.

    Attributes:
        at_ms: When it is shown, in milliseconds since the first frame.
        luma: uint8 [rows, columns], upright, grey levels 0 to 255, longest side at most 512.
        colours: The same in colour, longest side at most 640; None where the frame carries none.
    """

    at_ms: int
    luma: Plane = field(repr=False)
    colours: Colours | None = field(default=None, repr=False)


class Clip(Closing):
    """An opened clip, to be gone through once, by one thread. Close it.

    Attributes:
        media_format: The container.
        announced_ms: Length by the header, in milliseconds; None where it tells none. Never to be trusted.
        rate: Frames a second by the header; 0 where it tells none. Likewise.
        width: Columns of the first frame, upright, in pixels; 0 before it came.
        height: Rows of the same.
        duration_ms: Length of what was shown so far by our own clock, in milliseconds.
        is_whole: Whether nothing is known to have been left out: no second moving picture, no damaged packet, no bound
            reached, no length announced that was not shown. Final after the last frame.
    """

    def __init__(self, source: BinaryIO, limits: ClipLimits) -> None:
        """Opens the clip.

        Raises:
            MediaError: Whatever `open_container` and `moving_picture` raise.
        """
        self._limits = limits
        self._began = time.process_time()
        self.media_format: ClipFormat
        self.media_format, self._container = open_container(source, limits)
        try:
            self._stream, self.is_whole = moving_picture(self._container, limits)
            with foreign_errors():
                self.announced_ms = _announced_ms(self._stream, self._container.duration)
                rate = self._stream.average_rate or self._stream.guessed_rate or 0
                self.rate = float(rate)
                self._clock = Clock(self.rate or None)
                self._may_skip = self._stream.codec_context.name == _SKIPPING and rate >= SKIPPED_FROM_RATE
        except BaseException:
            self._container.close()
            raise
        self.width = self.height = self.duration_ms = 0
        self._frames = 0

    def frames(self, grid_ms: int, colours_every_ms: int | None = None) -> Iterator[GridFrame]:
        """Give the first frame of each slot of the grid, and more where the time stamps are too dense to be true.

        Args:
            grid_ms: Length of a slot, in milliseconds.
            colours_every_ms: Which of those frames carry their colours, as `Rhythm` has it; None of them by default.

        Raises:
            UndecodableMedia: No frame can be shown.
            TooManyPixels: A frame is larger than is decoded.
            DecoderFailed: Memory ran out.
        """
        most_between = grid_ms * MAX_RATE // MILLISECONDS
        sampled, between, next_ms, last_ms = 0, 0, 0, -1
        rhythm, converter = Rhythm(grid_ms, colours_every_ms), VideoReformatter()
        for frame in self._decoded():
            at_ms = self._shown(frame)
            between += 1
            if self._is_spent(at_ms, sampled):
                self.is_whole = False
                return
            if at_ms < next_ms and between < most_between:
                continue
            at_ms = max(at_ms, last_ms + 1)
            with foreign_errors():
                plane = luma_of(frame)
                colours = frame_colours(frame, converter) if rhythm.takes(at_ms) else None
            yield GridFrame(at_ms=at_ms, luma=plane, colours=colours)
            slot = at_ms // grid_ms + 1
            sampled, between, next_ms, last_ms = sampled + 1, 0, slot * grid_ms, at_ms
            self._skip(whole=slot % _WHOLE_EACH == 0)
        self._end()

    def coded_frames(self) -> Iterator[tuple[int, VideoFrame]]:
        """Give every frame, none left out, with its number from 0 on: for those who choose by another rule than ours.

        Raises:
            UndecodableMedia: No frame can be shown.
            TooManyPixels: A frame is larger than is decoded.
            DecoderFailed: Memory ran out.
        """
        self._may_skip = False
        for frame in self._decoded():
            if self._is_spent(self._shown(frame), 0):
                self.is_whole = False
                return
            yield self._frames - 1, frame
        self._end()

    def close(self) -> None:
        """Give the decoder's memory back; the source stays open."""
        self._container.close()

    def _end(self) -> None:
        """Require a frame, and compare what was shown with what was announced."""
        if not self._frames:
            raise UndecodableMedia("the clip shows no frame")
        if self.announced_ms is not None:
            least = self.announced_ms * ANNOUNCED_SHARE - ANNOUNCED_SLACK_MS
            self.is_whole = self.is_whole and self.duration_ms >= least

    def _decoded(self) -> Iterator[VideoFrame]:
        """Give all frames that can be decoded; what cannot counts against `is_whole` once a frame was shown."""
        silent = 0
        for packet in self._packets():
            try:
                with foreign_errors():
                    frames = packet.decode()
            except UndecodableMedia:
                frames = []
                self.is_whole = self.is_whole and not self._frames
            silent = 0 if frames else silent + 1
            if silent > MAX_SILENT_PACKETS:
                self.is_whole = False
                return
            for frame in frames:
                check_frame_size(frame.width, frame.height, self._limits)
                self._frames += 1
                yield frame

    def _packets(self) -> "Iterator[Packet[VideoStream]]":
        packets = self._container.demux(self._stream)
        while True:
            try:
                with foreign_errors():
                    packet = next(packets, None)
            except UndecodableMedia:
                self.is_whole = False
                return
            if packet is None:
                return
            yield packet

    def _shown(self, frame: VideoFrame) -> int:
        """Tell when a frame is shown, and stop leaving frames out where that would leave out too much."""
        with foreign_errors():
            if not self.width:
                sides = (frame.width, frame.height)
                self.width, self.height = sides[::-1] if quarter_turns(frame) % 2 else sides
            stamp = None if frame.pts is None or not frame.time_base else float(frame.pts * frame.time_base)
        before = self.duration_ms - self._clock.step_ms
        at_ms = self._clock.at(stamp)
        self.duration_ms = at_ms + self._clock.step_ms
        if self._clock.guesses or (self._frames > 1 and at_ms - before > MAX_SKIP_MS):
            self._may_skip = False
            self._skip(whole=True)
        return at_ms

    def _skip(self, *, whole: bool) -> None:
        self._stream.codec_context.skip_frame = "NONREF" if self._may_skip and not whole else "DEFAULT"

    def _is_spent(self, at_ms: int, sampled: int) -> bool:
        limits = self._limits
        return (
            at_ms >= limits.max_seconds * MILLISECONDS
            or self._frames > limits.max_frames
            or sampled >= limits.max_sampled
            or time.process_time() - self._began > limits.total_cpu_seconds
        )


def _announced_ms(stream: VideoStream, whole_us: int | None) -> int | None:
    """Read the length off the header of the stream, or of the file, where that is in microseconds."""
    if stream.duration and stream.duration > 0 and stream.time_base:
        return round(float(stream.duration * stream.time_base) * MILLISECONDS)
    return whole_us // MILLISECONDS if whole_us and whole_us > 0 else None
