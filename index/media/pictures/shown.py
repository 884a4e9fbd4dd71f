"""Everything a picture file shows besides its first picture as a whole: further frames and pages, parts, previews."""

from dataclasses import dataclass, field
from typing import Final

from index.arrays import Plane
from index.media.pictures.colours import Colours
from index.verdict import WHOLE, Box

MAX_SHOWN: Final = 500
"""Maximum number of planes of one file, besides the first picture's. Each of the procedures that decode them has a
lower bound of its own."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShownPlane:
    """One plane of a file, to be compared like an upload of its own.

    Attributes:
        luma: uint8 [rows, columns], upright, grey levels 0 to 255, longest side at most 512 pixels.
        part: Place of the plane in its frame. A frame, page or preview is `WHOLE`; a part has no whole codes.
        in_full: True if anchored windows are wanted. A frame without windows is found only as a whole.
        colours: The plane in colour, longest side at most 640 pixels; None if not requested.
    """

    luma: Plane = field(repr=False)
    part: Box = WHOLE
    in_full: bool = True
    colours: Colours | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShownPlanes:
    """Planes of a file besides its first picture.

    Attributes:
        planes: The planes, in the file's order.
        is_whole: True if they represent everything that the procedure looks for. False if something is damaged, or a
            bound was reached: what was left out may show anything.
    """

    planes: tuple[ShownPlane, ...] = ()
    is_whole: bool = True
