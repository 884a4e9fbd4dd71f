"""Decide by the matching plane whether a picture is worth decoding at a larger size, to look at its parts.

A plain picture is not: it is neither long nor cut by straight edges. Deciding that takes about 1 ms.
"""

from typing import Final

from index.arrays import Plane
from index.frames.parts.finding import SEEN_SHARE, parts_of

LEAST_SIDE: Final = 100
"""Shorter side, in pixels of the full size, below which nothing is looked at as a picture. Pictures shown at 160 pixels
are to be found, also if part of their ground is taken for the page's."""

SHOWN_SIDE: Final = 160
ALWAYS_LONG: Final = 2.6
"""Aspect ratio above which a picture is always looked at in parts. No camera or screen has it: panoramas are rare."""

LEAST_REDUCED: Final = 8  # pixels of the matching plane


def may_have_parts(plane: Plane, size: tuple[int, int]) -> bool:
    """Return True if a picture may show smaller pictures that a look at the whole picture misses.

    Args:
        plane: its matching plane.
        size: its width and height at full size.
    """
    width, height = size
    if width * height * SEEN_SHARE <= SHOWN_SIDE**2:
        return False
    if max(size) > ALWAYS_LONG * min(size):
        return True
    scale = max(plane.shape) / max(size)
    least = max(LEAST_REDUCED, round(LEAST_SIDE * scale))
    return bool(parts_of(plane, least, is_strict=True).rectangles)
