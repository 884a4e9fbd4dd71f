"""Which later frames of a file come in colour, so that faces are looked for in them: each scene, and some by a secret.

A search for faces costs ten times as much as windows, so that not every frame can have one. A *scene* is a frame half
of whose content no scene before shows, not even a little aside: a cut, a page, a camera that has moved on. Each scene
comes in colour, up to a bound; behind it faces may be left out, which `ColourChoice.is_whole` tells. Faces may also
appear within a scene, so frames at secret places come in colour too.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from index.arrays import F32
from index.media.choices import SecretChoices
from index.media.pictures.later_frames import LaterFrame
from index.media.pictures.sketches import new_blocks

if TYPE_CHECKING:
    from index.media.pictures.colours import Colours

OWN_BLOCKS: Final = 32
"""Number of the 64 blocks with new content from which a frame is a scene."""

MAX_SCENES: Final = 12
"""Maximum number of scenes in colour after the first picture."""

MAX_COMPARED: Final = 4
"""Maximum number of scenes with which a frame is compared block by block, the most similar first."""

BY_SECRET: Final = 4
"""Frames at secret places that come in colour, if there are no further scenes. A scene replaces one."""

MIN_BY_SECRET: Final = 2
"""Frames at secret places that come in colour whatever number of scenes there is."""

MAX_LATER_COLOURS: Final = MAX_SCENES + BY_SECRET
"""Maximum number of pictures in colour, besides the first picture's."""


class ColourChoice:
    """The frames of one file that come in colour.

    Args:
        first: Small sketch of the file's first picture.
        numbers: Numbers of the later frames.
        choices: The secret by which places are chosen.

    Attributes:
        colours: The frames in colour, in the file's order.
        is_whole: False if there were more scenes than come in colour.
    """

    def __init__(self, first: F32, numbers: Sequence[int], choices: SecretChoices) -> None:
        self.colours: list[Colours] = []
        self.is_whole = True
        self._scenes = [first]
        self._due = _places(numbers, choices)

    def add(self, frame: LaterFrame, sketch: F32, *, may_be_scene: bool) -> None:
        """Take the next distinct frame in colour, if it is chosen; raise `MediaError`.

        Args:
            frame: The frame.
            sketch: Its small sketch.
            may_be_scene: False for a frame that is known to show what an earlier one shows.
        """
        is_due = bool(self._due) and frame.number >= self._due[0]
        is_scene = may_be_scene and self._is_scene(sketch)
        if is_scene and len(self._scenes) > MAX_SCENES:
            self.is_whole = is_scene = False
        if is_scene:
            self._scenes.append(sketch)
        if is_due or (is_scene and len(self._due) > MIN_BY_SECRET):
            del self._due[0]
        if is_due or is_scene:
            self.colours.append(frame.colours())

    def _is_scene(self, sketch: F32) -> bool:
        apart = [float(np.abs(sketch - known).mean()) for known in self._scenes]
        nearest = sorted(range(len(apart)), key=apart.__getitem__)[:MAX_COMPARED]
        return all(new_blocks(sketch, self._scenes[place], OWN_BLOCKS) >= OWN_BLOCKS for place in nearest)


def _places(numbers: Sequence[int], choices: SecretChoices) -> list[int]:
    """Return the secret places: one in each of equal parts of the frames."""
    count = min(BY_SECRET, len(numbers))
    ends = [place * len(numbers) // max(count, 1) for place in range(count + 1)]
    return [numbers[choices.place(number, start, end)] for number, (start, end) in enumerate(pairwise(ends))]
