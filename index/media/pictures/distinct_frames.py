"""Every distinct frame or page of a file after its first picture, as planes to be compared.

1. Each frame is decoded (`later_frames`), as far as there is time (`work`).
2. A frame that shows the same as an earlier one is dropped (`sketches`).
3. Every other frame gets whole codes. Windows cost more: a frame gets them if it shows another picture than the last
   frame that has windows, and at least every `MAX_WITHOUT_WINDOWS` frames.

What is left out at any bound may show anything, so `LaterPlanes.is_whole` is then False.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from index.errors import MediaError
from index.limits import DecodeLimits
from index.media.pictures.decoding import MatchingPlane
from index.media.pictures.later_frames import Frames, LaterFrame
from index.media.pictures.shown import MAX_LATER_COLOURS, ShownPlane
from index.media.pictures.sketches import Sketches
from index.media.pictures.work import Work
from index.stages import Stage, stage

MAX_DISTINCT: Final = 320
"""Maximum number of distinct frames after the first. Their whole codes take 1.5 s."""

MAX_IN_FULL: Final = 96
"""Maximum number of these frames that get windows. Films of 10 s with a moving camera need up to 58 (`NEW_BLOCKS` in
`sketches`)."""

MAX_WITHOUT_WINDOWS: Final = 12
"""Maximum number of distinct frames in a row without windows."""


class LaterPlanes:
    """The distinct frames after the first, decoded while they are iterated over, once and in the file's order.

    So the processor time of what the caller does with each plane counts (`Work`). Iterating raises no error: failures
    clear `is_whole`.

    Args:
        data: Content of the whole file.
        limits: The limits under which `first` was decoded.
        first: Matching plane of the same file. If it has colours, up to four later frames have colours too.
        work: The processor time of the work on the file; None if it begins now.

    Attributes:
        is_whole: False if a frame was left out that may show something else. To be read at the end.
    """

    def __init__(
        self, data: bytes, limits: DecodeLimits, first: MatchingPlane, work: Work | None = None
    ) -> None:
        self.is_whole = True
        self._data = data
        self._limits = limits
        self._first = first
        self._work = work or Work()
        self._count = 0
        self._in_full = 0
        self._since = 0
        self._coloured = 0

    def __iter__(self) -> Iterator[ShownPlane]:
        """Yield the planes."""
        if not self._first.has_more:
            return
        try:
            yield from self._planes()
        except MediaError:
            self.is_whole = False

    def _planes(self) -> Iterator[ShownPlane]:
        with stage(Stage.DECODING):
            frames = Frames.of(self._data, self._limits)
            decoded = frames.decoded(self._work)
            sketches = Sketches(self._first.luma)
        due = _evenly(frames.indexes) if self._first.colours is not None else ()
        while True:
            with stage(Stage.DECODING):
                plane = self._next(decoded, sketches, due)
            if plane is None:
                break
            yield plane
        self.is_whole = self.is_whole and frames.are_all

    def _next(
        self, decoded: Iterator[LaterFrame], sketches: Sketches, due: Sequence[int]
    ) -> ShownPlane | None:
        """Decode up to the next distinct frame; return None if there is none, or at the bound."""
        frame = next((one for one in decoded if sketches.is_distinct(one.luma)), None)
        if frame is None:
            return None
        if self._count == MAX_DISTINCT:
            self.is_whole = False
            return None
        self._count += 1
        colours = None
        if self._coloured < sum(number <= frame.number for number in due):
            self._coloured += 1
            colours = frame.colours()
        return ShownPlane(luma=frame.luma, in_full=self._is_looked_at_in_full(sketches), colours=colours)

    def _is_looked_at_in_full(self, sketches: Sketches) -> bool:
        self._since += 1
        if self._since < MAX_WITHOUT_WINDOWS and not sketches.shows_another_picture():
            return False
        if self._in_full == MAX_IN_FULL:
            self.is_whole = False
            return False
        self._in_full += 1
        self._since = 0
        sketches.look_in_full()
        return True


def _evenly(numbers: Sequence[int]) -> tuple[int, ...]:
    """Return the numbers of the frames that have colours: evenly spaced, up to the last one."""
    wanted = min(MAX_LATER_COLOURS, len(numbers))
    return tuple(numbers[place * len(numbers) // wanted - 1] for place in range(1, wanted + 1))
