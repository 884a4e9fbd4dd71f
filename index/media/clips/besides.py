"""What is described of a clip besides the frames of its grid: short pictures, covers, second looks.

There is a bound on the first two, in proportion to the frames of the grid, so that a check costs at most half as much
again and a fixed number. Behind the bound, the clip does not count as seen whole.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from av.container import InputContainer
from av.video.frame import VideoFrame

from index.arrays import Plane
from index.limits import ClipLimits
from index.media.clips.containers import foreign_errors
from index.media.clips.covers import Covers
from index.media.clips.second_looks import SecondLooks
from index.media.clips.shots import Shot, Shots
from index.media.clips.sketches import Sketch

# Measured: 14 drawn films have 60 such pictures in 300 frames of the grid, 24 of them in one with an animated intro; a
# camera that sweeps over a fine pattern has 45 in 14.
BURST: Final = 60
PER_GRID_FRAME: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Missed:
    """A picture that no frame of the grid shows.

    Attributes:
        at_ms: Time of a frame that shows it, in milliseconds since the clip's first frame.
        luma: uint8 [rows, columns], as of a frame of the grid, or of a second look.
        in_full: False for a second look (`second_looks`).
    """

    at_ms: int
    luma: Plane = field(repr=False)
    in_full: bool = True


class Besides:
    """The pictures of an open clip that the grid would miss. Feed it with every decoded frame, in their order.

    Args:
        container: The open container.
        limits: The limits of the clip.
        plane: Reduces a frame to its matching plane. Its errors are converted.
        second: The second looks; None for none.

    Attributes:
        covers: The clip's still pictures, to be filled from its packets.
    """

    def __init__(
        self,
        container: InputContainer,
        limits: ClipLimits,
        plane: Callable[[VideoFrame], Plane],
        second: SecondLooks | None = None,
    ) -> None:
        self.covers = Covers(container, limits)
        self._second = second
        self._shots = Shots(plane)
        self._most = limits.max_besides
        self._grid_frames = 0
        self._taken = 0
        self._is_over = False

    @property
    def is_whole(self) -> bool:
        """False if there were more pictures than are described, or a cover was not looked at."""
        return self.covers.is_whole and not self._is_over and not self._shots.is_overrun

    def before(self, at_ms: int, until_ms: int, frame: VideoFrame, *, is_on_grid: bool) -> list[Missed]:
        """Note the next frame, and until when it is shown. Return the pictures before it that no described frame shows.

        Raises:
            UndecodableMedia: The frame cannot be converted.
            DecoderFailed: Memory ran out.
        """
        with foreign_errors():
            sketch = Sketch.of(frame)
            if not is_on_grid:
                self._shots.pass_over(at_ms, frame, sketch)
                if self._second is not None:
                    self._second.pass_over(at_ms, until_ms - at_ms, frame, sketch)
                return []
            self._grid_frames += 1
            return self._with_second_looks(self._shots.describe(at_ms, frame, sketch), sketch)

    def behind(self, end_ms: int) -> list[Missed]:
        """Return the pictures behind the last frame of the grid, and the covers, at the end of the clip.

        Raises:
            UndecodableMedia: A frame cannot be converted.
            DecoderFailed: Memory ran out.
        """
        with foreign_errors():
            found = self._with_second_looks(self._shots.end())
        return found + self._affordable([Missed(at_ms=end_ms, luma=luma) for luma in self.covers.lumas])

    def _with_second_looks(self, shots: list[Shot[Plane]], described: Sketch | None = None) -> list[Missed]:
        """Return the shots that may be described, and second looks at what neither they nor the frame resemble."""
        found = self._affordable([Missed(at_ms=one.at_ms, luma=one.made) for one in shots])
        if self._second is None:
            return found
        for sketch in (*(one.sketch for one in shots[: len(found)]), described):
            if sketch is not None:
                self._second.note(sketch)
        looks = [Missed(at_ms=one.at_ms, luma=one.luma, in_full=False) for one in self._second.taken()]
        return sorted(found + looks, key=lambda one: one.at_ms)

    def _affordable(self, missed: list[Missed]) -> list[Missed]:
        left = min(self._most, int(BURST + PER_GRID_FRAME * self._grid_frames)) - self._taken
        self._is_over = self._is_over or len(missed) > left
        taken = missed[:left]
        self._taken += len(taken)
        return taken
