"""Sample the frames of a clip on a grid of time slots, and what the grid would miss.

Frames are chosen by time, never at key frames of the codec or at cuts, which a re-encode moves. Of each slot the frame
is taken that is shown at the slot's time: its beginning, or a secret time (`choices`), so that nobody can make a
clip that is harmless at these choices. Pictures that are shown for less than a slot are added (`shots`), some of the
frames that no described frame resembles (`second_looks`), and covers.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from index.arrays import Plane
from index.media.choices import OPEN_CHOICES, SecretChoices
from index.media.clips.besides import Besides
from index.media.clips.clock import MILLISECONDS
from index.media.clips.colours import Rhythm, frame_colours
from index.media.clips.containers import foreign_errors
from index.media.clips.covers import Covers
from index.media.clips.frame_stream import FrameStream
from index.media.clips.luma import luma_of
from index.media.clips.second_looks import LOOK_SIDE, CodeOf, SecondLooks
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
        in_full: False for a second look, besides the grid, of which whole codes alone are wanted: its longest side has
            at most 128 pixels.
    """

    at_ms: int
    luma: Plane = field(repr=False)
    colours: Colours | None = field(default=None, repr=False)
    is_besides: bool = False
    in_full: bool = True


class Clip(FrameStream):
    """An open clip, to be read once, by one thread. Close it. `FrameStream` has its attributes."""

    def frames(
        self,
        grid_ms: int,
        colours_every_ms: int | None = None,
        *,
        besides: bool = False,
        choices: SecretChoices = OPEN_CHOICES,
        code_of: CodeOf | None = None,
    ) -> Iterator[GridFrame]:
        """Yield a frame of each slot of the grid, and further frames if time stamps are implausibly dense.

        Args:
            grid_ms: Length of a slot, in milliseconds.
            colours_every_ms: Time between frames in colour, in milliseconds (`Rhythm`); None for no colours.
            besides: True for pictures that are shown for less than a slot too, and for covers, at the end. If there are
                more than may be described, the clip is not seen whole.
            choices: The secret by which frames are chosen; the first frame of each slot without one.
            code_of: Code of means, for second looks besides; None for none.

        Raises:
            UndecodableMedia: No frame can be decoded.
            TooManyPixels: A frame is above the limits.
            DecoderFailed: Memory ran out.
        """
        grid = _Grid(grid_ms, choices)
        sampled, last_ms = 0, -1
        rhythm, converter = Rhythm(grid_ms, colours_every_ms, choices), VideoReformatter()
        missed = self._besides(choices, code_of) if besides else None
        for at_ms, until_ms, frame in self._held(grid_ms, None if missed is None else missed.covers):
            if sampled >= self._limits.max_sampled:
                self.is_whole = False
                return
            is_on_grid = grid.takes(at_ms, until_ms)
            found = () if missed is None else missed.before(at_ms, until_ms, frame, is_on_grid=is_on_grid)
            for one in found:
                last_ms = max(one.at_ms, last_ms + 1)
                yield GridFrame(at_ms=last_ms, luma=one.luma, is_besides=True, in_full=one.in_full)
            if not is_on_grid:
                continue
            last_ms = max(at_ms, last_ms + 1)
            with foreign_errors():
                colours = (
                    frame_colours(frame, self._size(frame), converter) if rhythm.takes(last_ms) else None
                )
                plane = self._plane(frame)
            yield GridFrame(at_ms=last_ms, luma=plane, colours=colours)
            slot = grid.begin_next(last_ms)
            sampled += 1
            self._skip(whole=choices.is_whole(slot, _WHOLE_EACH))
        for one in () if missed is None else missed.behind(self.duration_ms):
            last_ms = max(one.at_ms, last_ms + 1)
            yield GridFrame(at_ms=last_ms, luma=one.luma, is_besides=True, in_full=one.in_full)
        self.is_whole = self.is_whole and (missed is None or missed.is_whole)

    def _held(self, grid_ms: int, covers: Covers | None) -> Iterator[tuple[int, int, VideoFrame]]:
        """Yield all frames as `_timed` does, each with the time until which it is shown; the last one for a slot."""
        held: tuple[int, VideoFrame] | None = None
        for at_ms, frame in self._timed(covers):
            if held is not None:
                yield held[0], at_ms, held[1]
            held = at_ms, frame
        if held is not None:
            yield held[0], max(self.duration_ms, held[0] + grid_ms), held[1]

    def _besides(self, choices: SecretChoices, code_of: CodeOf | None) -> Besides:
        second = None if code_of is None else SecondLooks(self._small_plane, code_of, choices)
        return Besides(self._container, self._limits, self._plane, second)

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

    def _small_plane(self, frame: VideoFrame) -> Plane:
        return luma_of(frame, self._size(frame), LOOK_SIDE)


class _Grid:
    """The slots of a clip's time, and which frame of each is taken: the one that is shown at the slot's time."""

    def __init__(self, grid_ms: int, choices: SecretChoices) -> None:
        self._grid_ms = grid_ms
        self._choices = choices
        self._most_between = grid_ms * MAX_RATE // MILLISECONDS
        self._between = 0
        self._open_slot = 0  # frames before this slot are not taken: theirs has one

    def takes(self, at_ms: int, until_ms: int) -> bool:
        """Return True if this frame is taken. Call it once for each frame, in their order."""
        self._between += 1
        if self._between >= self._most_between:
            return True
        slot = at_ms // self._grid_ms
        due_ms = slot * self._grid_ms + self._choices.offset_ms(slot, self._grid_ms)
        return slot >= self._open_slot and until_ms > due_ms

    def begin_next(self, at_ms: int) -> int:
        """Note the time of the frame that was taken. Return the next slot of which one is taken."""
        self._between = 0
        self._open_slot = at_ms // self._grid_ms + 1
        return self._open_slot
