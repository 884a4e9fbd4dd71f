"""Every distinct frame or page of a file after its first picture, as planes to be compared.

1. Each frame is decoded (`later_frames`), as far as there is time (`work`).
2. A frame that shows the same as an earlier one is dropped (`sketches`).
3. Every other frame gets whole codes. Windows cost more: a frame gets them if it shows another picture than the last
   frame that has windows, and at least every `MAX_WITHOUT_WINDOWS` frames.

What is left out at any bound may show anything, so `ShownPlanes.is_whole` is then False.
"""

from collections.abc import Sequence
from typing import Final

from index.errors import MediaError
from index.limits import DecodeLimits
from index.media.pictures.decoding import MatchingPlane
from index.media.pictures.later_frames import Frames, LaterFrame
from index.media.pictures.shown import MAX_LATER_COLOURS, ShownPlane, ShownPlanes
from index.media.pictures.sketches import Sketches
from index.media.pictures.work import Work

MAX_DISTINCT: Final = 320
"""Maximum number of distinct frames after the first. Their whole codes take 1.5 s."""

MAX_IN_FULL: Final = 96
"""Maximum number of these frames that get windows. Films of 10 s with a moving camera need up to 58 (`NEW_BLOCKS` in
`sketches`)."""

MAX_WITHOUT_WINDOWS: Final = 12
"""Maximum number of distinct frames in a row without windows."""


def later_planes(
    data: bytes, limits: DecodeLimits, first: MatchingPlane, work: Work | None = None
) -> ShownPlanes:
    """Decode the frames after the first. It raises no error: failures clear `is_whole`.

    Args:
        data: Content of the whole file.
        limits: The limits under which `first` was decoded.
        first: Matching plane of the same file. If it has colours, up to four later frames have colours too.
        work: The processor time spent on the file so far; None if the work begins now.
    """
    if not first.has_more:
        return ShownPlanes()
    choice = _Choice(first, work or Work())
    try:
        frames = Frames.of(data, limits)
        choice.expect(frames.indexes)
        for frame in frames.decoded(choice.work):
            if not choice.add(frame):
                break
        else:
            choice.is_whole = choice.is_whole and frames.are_all
    except MediaError:
        choice.is_whole = False
    return ShownPlanes(planes=tuple(choice.planes), is_whole=choice.is_whole)


class _Choice:
    """The choice among the frames of one file, which are added in their order.

    Attributes:
        work: The processor time spent and planned.
        planes: The distinct frames.
        is_whole: False if a frame was left out that may show something else.
    """

    def __init__(self, first: MatchingPlane, work: Work) -> None:
        self.work = work
        self.planes: list[ShownPlane] = []
        self.is_whole = True
        self._sketches = Sketches(first.luma)
        self._in_full = 0
        self._since = 0
        self._is_coloured = first.colours is not None
        self._colour_numbers: Sequence[int] = ()
        work.plan(in_full=True)

    def expect(self, numbers: Sequence[int]) -> None:
        """Choose the frames that have colours: evenly spaced, up to the last one."""
        wanted = min(MAX_LATER_COLOURS, len(numbers)) if self._is_coloured else 0
        self._colour_numbers = [numbers[place * len(numbers) // wanted - 1] for place in range(1, wanted + 1)]

    def add(self, frame: LaterFrame) -> bool:
        """Add a frame; return False if no further frame can be added. Raise `MediaError` if its colours fail."""
        if not self._sketches.is_distinct(frame.luma):
            return True
        if len(self.planes) == MAX_DISTINCT:
            self.is_whole = False
            return False
        coloured = sum(one.colours is not None for one in self.planes)
        due = sum(number <= frame.number for number in self._colour_numbers)
        in_full = self._is_looked_at_in_full()
        self.work.plan(in_full=in_full)
        self.planes.append(
            ShownPlane(luma=frame.luma, in_full=in_full, colours=frame.colours() if coloured < due else None)
        )
        return True

    def _is_looked_at_in_full(self) -> bool:
        self._since += 1
        if self._since < MAX_WITHOUT_WINDOWS and not self._sketches.shows_another_picture():
            return False
        if self._in_full == MAX_IN_FULL:
            self.is_whole = False
            return False
        self._in_full += 1
        self._since = 0
        self._sketches.look_in_full()
        return True
