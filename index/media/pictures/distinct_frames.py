"""Every distinct frame or page of a file after its first picture, as planes to be compared.

1. Each frame is decoded (`later_frames`), as far as there is time (`work`).
2. A frame that shows the same as an earlier one is dropped (`sketches`).
3. Every other frame gets whole codes. Windows cost more: a frame gets them if it shows another picture than the last
   frame that has windows, and one of `MEAN_WITHOUT_WINDOWS` frames by a secret.
4. For faces, each scene comes in colour, and some frames by a secret (`scenes`).

What is left out at any bound may show anything, so `LaterPlanes.is_whole` is then False.
"""

from collections.abc import Iterator
from typing import Final

from index.errors import MediaError
from index.limits import DecodeLimits
from index.media.choices import OPEN_CHOICES, SecretChoices
from index.media.pictures.colours import Colours
from index.media.pictures.decoding import MatchingPlane
from index.media.pictures.later_frames import Frames, LaterFrame
from index.media.pictures.scenes import ColourChoice
from index.media.pictures.shown import ShownPlane
from index.media.pictures.sketches import Sketches
from index.media.pictures.work import Work
from index.stages import Stage, stage

MAX_DISTINCT: Final = 320
"""Maximum number of distinct frames after the first. Their whole codes take 1.5 s."""

MAX_IN_FULL: Final = 96
"""Maximum number of these frames that get windows. Films of 10 s with a moving camera need up to 58 (`NEW_BLOCKS` in
`sketches`)."""

MEAN_WITHOUT_WINDOWS: Final = 12
"""Mean number of distinct frames from one with windows to the next, if none shows another picture."""


class LaterPlanes:
    """The distinct frames after the first, decoded while they are iterated over, once and in the file's order.

    So the processor time of what the caller does with each plane counts (`Work`). Iterating raises no error: failures
    clear `is_whole`.

    Args:
        data: Content of the whole file.
        limits: The limits under which `first` was decoded.
        first: Matching plane of the same file. If it has colours, some later frames have colours too.
        work: The processor time of the work on the file; None if it begins now.
        choices: The secret by which frames are chosen.

    Attributes:
        is_whole: False if a frame was left out that may show something else. To be read at the end.
    """

    def __init__(
        self,
        data: bytes,
        limits: DecodeLimits,
        first: MatchingPlane,
        work: Work | None = None,
        choices: SecretChoices = OPEN_CHOICES,
    ) -> None:
        self.is_whole = True
        self._data = data
        self._limits = limits
        self._first = first
        self._work = work or Work()
        self._choices = choices
        self._colours: ColourChoice | None = None
        self._count = 0
        self._in_full = 0
        self._until_windows = choices.gap(0, MEAN_WITHOUT_WINDOWS)

    @property
    def colours(self) -> tuple[Colours, ...]:
        """Later frames in colour, in the file's order. To be read at the end."""
        return () if self._colours is None else tuple(self._colours.colours)

    @property
    def has_all_scenes(self) -> bool:
        """True if each scene comes in colour, or none was asked for. To be read at the end."""
        return self._colours is None or self._colours.is_whole

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
            if self._first.colours is not None:
                self._colours = ColourChoice(sketches.last, frames.indexes, self._choices)
        while True:
            with stage(Stage.DECODING):
                plane = self._next(decoded, sketches)
            if plane is None:
                break
            yield plane
        self.is_whole = self.is_whole and frames.are_all

    def _next(self, decoded: Iterator[LaterFrame], sketches: Sketches) -> ShownPlane | None:
        """Decode up to the next distinct frame; return None if there is none, or at the bound."""
        frame = next((one for one in decoded if sketches.is_distinct(one.luma)), None)
        if frame is None:
            return None
        if self._count == MAX_DISTINCT:
            self.is_whole = False
            return None
        self._count += 1
        is_another = sketches.shows_another_picture()
        if self._colours is not None:
            self._colours.add(frame, sketches.last, may_be_scene=is_another)
        return ShownPlane(
            luma=frame.luma, in_full=self._is_looked_at_in_full(sketches, is_another=is_another)
        )

    def _is_looked_at_in_full(self, sketches: Sketches, *, is_another: bool) -> bool:
        self._until_windows -= 1
        if self._until_windows > 0 and not is_another:
            return False
        if self._in_full == MAX_IN_FULL:
            self.is_whole = False
            return False
        self._in_full += 1
        self._until_windows = self._choices.gap(self._in_full, MEAN_WITHOUT_WINDOWS)
        sketches.look_in_full()
        return True
