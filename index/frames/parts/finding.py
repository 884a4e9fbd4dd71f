"""Find the parts of a picture that are worth a look of their own: pictures on a page, in a strip, on a contact sheet.

A look at a whole picture finds a registered picture that fills `SEEN_SHARE` of it. What is shown smaller is found by a
look at a part:

1. The plane is cut along gaps and straight edges, and its pieces again (`cutting`), until nothing can be cut. Pieces
   that are too small to show a picture are dropped, and with them all text.
2. In a piece that cannot be cut, islands on a painted ground are cut in the same way (`ground`).
3. Neighbours are looked at together if each fills `SEEN_SHARE` of the look. This halves the looks, and mends scenes
   that were cut along an edge of their own.
4. A long piece that cannot be cut becomes overlapping squares.

The work is bounded by `MAX_PIECES`, `MAX_PASSES` and `MAX_DEPTH`. A piece that is reached later is looked at as it is,
and the result says so.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from index.arrays import Plane
from index.frames.layout import Rectangle
from index.frames.parts.cutting import cut, painted_share
from index.frames.parts.ground import Ground, ground_of, ground_share, islands

SEEN_SHARE: Final = 0.3
"""Share of a look's area from which a picture in it is found. In mosaics of 1, 2, 3, 4, 6 and 9 photographs, the shares
found were 1.00, 0.95, 0.98, 0.98, 0.93 and 0.85."""

LONG: Final = 2.2
"""Aspect ratio above which a piece is long. Screens of phones have up to 2.2."""

PITCH: Final = 0.6  # of a square's side, between squares in a long piece

MAX_PIECES: Final = 3_000  # a page of 40 megapixels has room for about as many pictures of the least size
MAX_PASSES: Final = 16  # times that a pixel is looked at, on average; pages, strips and sheets take 3 to 8
MAX_IN_SCENE: Final = 2  # pieces of a scene; more are a page
PAGE_SHARE: Final = 0.5  # share of a piece that is painted, from which it is a page with text
MAX_DEPTH: Final = 24
MIN_GROUND: Final = 0.15  # share of a piece; with less it has no islands
MAX_ISLAND: Final = 0.8  # share of a piece; a larger island is the piece again


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of a plane.

    Attributes:
        rectangles: the parts, from the top.
        is_whole: True if everything was cut as far as possible.
    """

    rectangles: tuple[Rectangle, ...]
    is_whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """A rectangle to look at, and the area of the smallest picture that it may show, in square pixels."""

    at: Rectangle
    smallest: int


def parts_of(plane: Plane, least: int, *, is_strict: bool = False) -> Parts:
    """Return the parts of a luma plane that a look at the whole plane does not see well enough.

    Args:
        plane: uint8 [height, width].
        least: shorter side, in pixels, below which nothing is a picture.
        is_strict: True to cut along gaps and the surest edges only, and to look for no islands.
    """
    search = _Search(plane=plane, least=least, is_strict=is_strict)
    whole = _rectangle(0, 0, plane.shape[1], plane.shape[0])
    looks = [look for look in search.looks(whole) if look.smallest < SEEN_SHARE * whole.area]
    return Parts(rectangles=tuple(look.at for look in looks), is_whole=search.is_whole)


@dataclass(slots=True, kw_only=True)
class _Search:
    """One search for parts."""

    plane: Plane = field(repr=False)
    least: int
    is_strict: bool
    pieces: int = 0
    pixels: int = 0
    is_whole: bool = True
    ground: Ground | None = field(default=None, repr=False)

    def looks(self, one: Rectangle, depth: int = 0) -> list[_Look]:
        """Return the looks at a rectangle."""
        self.pieces += 1
        self.pixels += one.area
        if self.pieces > MAX_PIECES or self.pixels > MAX_PASSES * self.plane.size or depth > MAX_DEPTH:
            self.is_whole = False
            return _uncut(one)
        pieces = cut(self.plane, one, self.least, is_strict=self.is_strict)  # 1.
        if pieces is None:
            return self._leaf(one, depth)
        looks = _together([look for piece in pieces for look in self.looks(piece, depth + 1)])
        smallest = min((look.smallest for look in looks), default=0)
        if _is_long(one):
            return looks
        if looks and smallest >= SEEN_SHARE * one.area:
            return [_Look(at=one, smallest=smallest)]  # 3.
        if depth > 0 and self._may_be_scene(one, looks):
            return [_Look(at=one, smallest=one.area), *looks]
        return looks

    def _may_be_scene(self, one: Rectangle, looks: Sequence[_Look]) -> bool:
        """Return True if a piece that was cut may be one picture, with straight edges of its own.

        It may be one with a painted ground too, such as snow or a studio's wall.
        """
        if 1 <= len(looks) <= MAX_IN_SCENE:
            return True
        is_large = min(one.right - one.left, one.bottom - one.top) >= self.least
        return is_large and not self.is_strict and painted_share(self.plane, one) < PAGE_SHARE

    def _leaf(self, one: Rectangle, depth: int) -> list[_Look]:
        """Return the looks at a piece that cannot be cut (2)."""
        inner = [look for island in self._islands(one) for look in self.looks(island, depth + 1)]
        if _is_long(one):
            return _together(inner) if inner else _uncut(one)
        small = [look for look in inner if look.smallest < SEEN_SHARE * one.area]
        return [_Look(at=one, smallest=one.area), *_together(small)]

    def _islands(self, one: Rectangle) -> list[Rectangle]:
        if self.is_strict:
            return []
        if self.ground is None:
            self.ground = ground_of(self.plane)
        grounds = [self.ground.painted] if self.ground.is_page else []
        if _is_long(one) or 2 * one.area >= self.plane.size:
            grounds.append(self.ground.flat)
        for ground in grounds:
            if ground_share(ground, one) < MIN_GROUND:
                continue
            found = islands(ground, one, self.least)
            if small := [island for island in found if island.area <= MAX_ISLAND * one.area]:
                return small
        return []


def _uncut(one: Rectangle) -> list[_Look]:
    """Return a piece as it is, or as overlapping squares if it is long (4)."""
    if not _is_long(one):
        return [_Look(at=one, smallest=one.area)]
    wide, high = one.right - one.left, one.bottom - one.top
    side, length = min(wide, high), max(wide, high)
    count = math.ceil((length - side) / (PITCH * side)) + 1
    starts = np.linspace(0, length - side, count).astype(np.int64).tolist()
    if wide > high:
        squares = [_rectangle(one.left + at, one.top, one.left + at + side, one.bottom) for at in starts]
    else:
        squares = [_rectangle(one.left, one.top + at, one.right, one.top + at + side) for at in starts]
    return [_Look(at=square, smallest=square.area) for square in squares]


def _together(looks: Sequence[_Look]) -> list[_Look]:
    """Join neighbours that one look shows large enough (3)."""
    joined: list[_Look] = []
    for look in looks:
        if joined:
            both = _around(joined[-1].at, look.at)
            smallest = min(joined[-1].smallest, look.smallest)
            if smallest >= SEEN_SHARE * both.area and not _is_long(both):
                joined[-1] = _Look(at=both, smallest=smallest)
                continue
        joined.append(look)
    return joined


def _around(one: Rectangle, other: Rectangle) -> Rectangle:
    return _rectangle(
        min(one.left, other.left),
        min(one.top, other.top),
        max(one.right, other.right),
        max(one.bottom, other.bottom),
    )


def _is_long(one: Rectangle) -> bool:
    wide, high = one.right - one.left, one.bottom - one.top
    return max(wide, high) > LONG * min(wide, high)


def _rectangle(left: int, top: int, right: int, bottom: int) -> Rectangle:
    return Rectangle(left=left, top=top, right=right, bottom=bottom)
