"""Sample the frames of a clip on a grid of time slots, and what the grid would miss.

Frames are chosen by time, never at key frames of the codec or at cuts, which a re-encode moves. Pictures that are shown
for less than a slot are added (`index.media.clips.shots`), and so are covers.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from index.arrays import Plane
from index.media.clips.besides import Besides
from index.media.clips.clock import MILLISECONDS
from index.media.clips.colours import Rhythm, frame_colours
from index.media.clips.containers import foreign_errors
from index.media.clips.frame_stream import FrameStream
from index.media.clips.luma import luma_of
from index.media.pictures import Colours

_WHOLE_EACH: Final = 4  # slots of the grid, one of which is decoded completely
MAX_RATE: Final = 240  # frames a second; if more lie between two samples, the time stamps are not trusted


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GridFrame:
    """One sampled frame of a clip.

    Attributes:
        at_ms: Time of the frame, in milliseconds since the first frame; strictly increasing.
        luma: uint8 [rows, columns], upright, grey levels 0 to 255, longest side at most 512 pixels.
        colours: The frame in colour, longest side at most 640 pixels; None if it does not come in colour.
        is_besides: True for a frame that is not on the grid: a picture that is shown for less than a slot, or a cover.
    """

    at_ms: int
    luma: Plane = field(repr=False)
    colours: Colours | None = field(default=None, repr=False)
    is_besides: bool = False


class Clip(FrameStream):
    """An open clip, to be read once, by one thread. Close it. `FrameStream` has its attributes."""

    def frames(
        self, grid_ms: int, colours_every_ms: int | None = None, *, besides: bool = False
    ) -> Iterator[GridFrame]:
        """Yield the first frame of each slot of the grid, and further frames if time stamps are implausibly dense.

        Args:
            grid_ms: Length of a slot, in milliseconds.
            colours_every_ms: Time between frames in colour, in milliseconds (`Rhythm`); None for no colours.
            besides: True for pictures that are shown for less than a slot too, and for covers, at the end. If there are
                more than may be described, the clip is not seen whole.

        Raises:
            UndecodableMedia: No frame can be decoded.
            TooManyPixels: A frame is above the limits.
            DecoderFailed: Memory ran out.
        """
        most_between = grid_ms * MAX_RATE // MILLISECONDS
        sampled, between, next_ms, last_ms = 0, 0, 0, -1
        rhythm, converter = Rhythm(grid_ms, colours_every_ms), VideoReformatter()
        missed = Besides(self._container, self._limits, self._plane) if besides else None
        for at_ms, frame in self._timed(None if missed is None else missed.covers):
            between += 1
            if sampled >= self._limits.max_sampled:
                self.is_whole = False
                return
            is_on_grid = at_ms >= next_ms or between >= most_between
            for one in () if missed is None else missed.before(at_ms, frame, is_on_grid=is_on_grid):
                last_ms = max(one.at_ms, last_ms + 1)
                yield GridFrame(at_ms=last_ms, luma=one.luma, is_besides=True)
            if not is_on_grid:
                continue
            last_ms = max(at_ms, last_ms + 1)
            with foreign_errors():
                colours = (
                    frame_colours(frame, self._size(frame), converter) if rhythm.takes(last_ms) else None
                )
                plane = self._plane(frame)
            yield GridFrame(at_ms=last_ms, luma=plane, colours=colours)
            slot = last_ms // grid_ms + 1
            sampled, between, next_ms = sampled + 1, 0, slot * grid_ms
            self._skip(whole=slot % _WHOLE_EACH == 0)
        for one in () if missed is None else missed.behind(self.duration_ms):
            last_ms = max(one.at_ms, last_ms + 1)
            yield GridFrame(at_ms=last_ms, luma=one.luma, is_besides=True)
        self.is_whole = self.is_whole and (missed is None or missed.is_whole)

    def coded_frames(self) -> Iterator[tuple[int, VideoFrame]]:
        """Yield every frame with its number, from 0, for callers that choose by a rule of their own.

        Raises:
            UndecodableMedia: No frame can be decoded.
            TooManyPixels: A frame is above the limits.
            DecoderFailed: Memory ran out.
        """
        self._may_skip = False
        for number, (_, frame) in enumerate(self._timed()):
            yield number, frame

    def _plane(self, frame: VideoFrame) -> Plane:
        return luma_of(frame, self._size(frame))
