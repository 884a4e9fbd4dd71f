"""Find pictures that are shown for less than a slot of the grid: flashes, fast slides, insets that appear for a moment.

A frame that differs abruptly from those just before starts a *shot*. Motion changes a frame too, but steadily, so that
abrupt is what differs by much more than the frames before. A shot that starts and ends between two frames of the grid
would be seen by nobody. Its last frame is described besides, unless a described frame nearby shows the same, moved or
not.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from av.video.frame import VideoFrame

from index.arrays import Plane
from index.media.clips.sketches import Sketch, is_strange, thumb_of

# Measured on 7,021 pairs of photographs: at least 121 means of 256 differ, 144 in 0.999, median 208. A photograph laid
# into a sixteenth of another one changes 6 in 0.99.
MIN_CHANGED: Final = 6  # changed means of 256 that make another picture
STEADY_RATIO: Final = 3.0  # ratio to the median of the changes before, from which a change is abrupt
MAX_CHANGED: Final = 130  # changed means of 256 that are always abrupt, whatever changed before
OTHER_CHANGED: Final = 150  # changed means of 256 that no motion within a slot explains
LAG_MS: Final = 80  # a fade of this length is as abrupt as a cut
REMEMBERED: Final = 16  # changes whose median is the steady one
RECENT: Final = 8  # described frames that a shot is compared with
MAX_WAITING: Final = 12  # shots within one slot of the grid

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shot(Generic[Made]):
    """A picture that was shown between two frames of the grid.

    Attributes:
        at_ms: Time of its last frame, in milliseconds since the clip's first frame.
        made: What the caller made of that frame.
        sketch: Its sketch.
        thumb: Its thumbnail.
    """

    at_ms: int
    made: Made
    sketch: Sketch = field(repr=False)
    thumb: Plane = field(repr=False)


class Shots(Generic[Made]):
    """The shots of a clip between the frames of its grid. Feed it with every decoded frame, in their order.

    Args:
        make: Makes of a frame what is kept of it. Called once for each shot in question. Its errors pass through, and
            so do errors of the conversion of a frame.

    Attributes:
        is_overrun: True if a slot had more shots than are remembered.
    """

    def __init__(self, make: Callable[[VideoFrame], Made]) -> None:
        self._make = make
        self._waiting: list[Shot[Made]] = []
        self._running: tuple[int, VideoFrame, Sketch] | None = None
        self._before: deque[tuple[int, Sketch]] = deque()
        self._changes: deque[int] = deque(maxlen=REMEMBERED)
        self._described: deque[Sketch] = deque(maxlen=RECENT)
        self._thumbs: list[Plane] = []  # of the last frame of the grid, and of what was described since
        self.is_overrun = False

    def pass_over(self, at_ms: int, frame: VideoFrame, sketch: Sketch) -> None:
        """Note a frame that is not on the grid."""
        if self._is_other(at_ms, sketch):
            self._end_running()
            self._running = (at_ms, frame, sketch)
        elif self._running is not None:
            self._running = (at_ms, frame, sketch)

    def describe(self, at_ms: int, frame: VideoFrame, sketch: Sketch) -> list[Shot[Made]]:
        """Note a frame of the grid. Return the shots before it that neither it nor another described frame shows."""
        if self._is_other(at_ms, sketch):
            self._end_running()
        self._running = None
        self._described.append(sketch)
        thumb = thumb_of(frame)
        self._thumbs.append(thumb)
        taken = self._taken()
        self._thumbs = [thumb]
        return taken

    def end(self) -> list[Shot[Made]]:
        """Return the shots behind the last frame of the grid."""
        self._end_running()
        return self._taken()

    def _is_other(self, at_ms: int, sketch: Sketch) -> bool:
        """Return True if a frame starts another shot than the frame before."""
        while len(self._before) > 1 and self._before[1][0] <= at_ms - LAG_MS:
            self._before.popleft()
        change = sketch.changed(self._before[0][1]) if self._before else 0
        steady = sorted(self._changes)[len(self._changes) // 2] if self._changes else 0
        is_other = change >= min(max(MIN_CHANGED, STEADY_RATIO * steady), MAX_CHANGED)
        self._changes.append(change)
        if is_other:
            self._before.clear()
        self._before.append((at_ms, sketch))
        return is_other

    def _end_running(self) -> None:
        if self._running is None:
            return
        at_ms, frame, sketch = self._running
        self._running = None
        thumb = thumb_of(frame)
        if not self._is_missed(sketch, thumb):
            return  # the frame of the grid that comes next can only make it less strange
        if len(self._waiting) >= MAX_WAITING:
            self.is_overrun = True
            return
        self._waiting.append(Shot(at_ms=at_ms, made=self._make(frame), sketch=sketch, thumb=thumb))

    def _taken(self) -> list[Shot[Made]]:
        taken = []
        for shot in self._waiting:
            if self._is_missed(shot.sketch, shot.thumb):
                self._described.append(shot.sketch)
                self._thumbs.append(shot.thumb)
                taken.append(shot)
        self._waiting = []
        return taken

    def _is_missed(self, sketch: Sketch, thumb: Plane) -> bool:
        """Return True if no frame that was described lately shows the same."""
        least = min((sketch.changed(known) for known in self._described), default=OTHER_CHANGED)
        return least >= OTHER_CHANGED or (least >= MIN_CHANGED and is_strange(thumb, self._thumbs))
