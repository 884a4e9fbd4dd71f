"""The planes of a picture's parts: pictures on a page, in a strip or on a contact sheet.

A registered picture that fills too little of an upload is lost in the matching plane. So uploads whose shape may hide
one are decoded at a larger size, and each part that may show a picture is looked at like an upload of its own.
"""

from typing import Final

from index.frames.parts import LEAST_SIDE, parts_of
from index.hashing import reduced
from index.media.pictures import MatchingPlane, ShownPlane, ShownPlanes, Work
from index.verdict import Box

MAX_PARTS: Final = 72
"""Maximum number of parts of one picture. A look at one takes a decoder about 14 ms. A contact sheet of 144 pictures
needs as many, because neighbours are looked at together."""

PART_SIDE: Final = 320
"""Longest side of a part's plane, in pixels. Windows are read from an area of 160 x 160 pixels."""


def part_planes(first: MatchingPlane, work: Work) -> ShownPlanes:
    """Return the planes of the parts of a picture that was decoded in detail; none if it was not.

    Parts beyond `MAX_PARTS`, and those for which a check has no time, are left out. `is_whole` is False then.
    """
    if first.detail is None:
        return ShownPlanes()
    luma = first.detail.luma
    if not luma.size:
        return ShownPlanes(is_whole=False)
    parts = parts_of(luma, round(LEAST_SIDE * first.detail.scale))
    rows, columns = luma.shape
    described = work.room_for(min(MAX_PARTS, len(parts.rectangles)))
    planes = tuple(
        ShownPlane(
            luma=reduced(one.of(luma), PART_SIDE),
            part=Box(
                left=one.left / columns,
                top=one.top / rows,
                right=one.right / columns,
                bottom=one.bottom / rows,
            ),
        )
        for one in parts.rectangles[:described]
    )
    return ShownPlanes(planes=planes, is_whole=parts.is_whole and described == len(parts.rectangles))
