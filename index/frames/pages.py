"""Pages (screens, letters, sheets): pictures on them worth registering, and windows that prove nothing."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from index.arrays import Flags, Plane
from index.frames.layout import Rectangle, inner_pictures, on_page
from index.hashing import flat_share, near_levels, pdq
from index.verdict import MAX_FLAT_SHARE, MIN_QUALITY, Box
from index.windows import WHITE, Windows, on_plane, squares_on, stretched

OWN_REACH: Final = 0.5
"""Distance of a window's centre from a picture's edge, as a share of the window's half side, from which the window is
the picture's own."""
MIN_OWN: Final = 8  # windows that pictures found on a page must have for the others to go

MAX_GROUNDS: Final = 3  # a screen has a ground, panels and buttons
GROUND_LEVELS: Final = 2  # to either side: what JPEG leaves of a painted surface
MIN_GROUND: Final = 0.10  # of the plane, for one level; and
MIN_PAGE: Final = 0.25
"""Share of the plane that all grounds must have: 12 of 100 photographs have so much, and lose 1 in 100 of all
windows."""
MIN_CONTRAST: Final = 48  # grey levels between the darkest and the brightest
GROUND_SHARE: Final = 0.45  # of a window's square


def pictures_within(luma: Plane) -> list[Rectangle]:
    """Return the pictures within a picture that are worth registering, the surest first: no flat bands of a page."""
    return [one for one in inner_pictures(luma) if _is_picture(one.of(luma))]


def inner_boxes(pictures: Sequence[Rectangle], luma: Plane) -> tuple[Box, ...]:
    """Return where the pictures within a picture lie, as shares of its sides."""
    rows, columns = luma.shape
    return tuple(
        Box(
            left=one.left / columns,
            top=one.top / rows,
            right=one.right / columns,
            bottom=one.bottom / rows,
        )
        for one in pictures
    )


def without_page(windows: Windows, pictures: Sequence[Rectangle], luma: Plane) -> Windows:
    """Drop the windows of a page around pictures: a caption's letters or a phone's buttons prove nothing.

    There are two signs of a page, as each misses pages that the other sees:

    1. Painted ground. A window that consists mostly of the few levels that a page is painted with shows letters, bars
       or buttons. All of these windows are dropped, even where none is left: pages of one application agree in dozens
       of them, whatever they say.
    2. Pictures. Where rectangles of pictures lie on a page, windows in none of them are dropped, if enough are left.

    Args:
        windows: the picture's windows.
        pictures: `pictures_within` it.
        luma: its plane, uint8 [height, width].
    """
    if not len(windows):
        return windows
    ground = _painted(luma)
    if ground is not None:
        windows = _taken(windows, ~_mostly(ground, windows))
    if on_page(luma, pictures):
        own = _in_pictures(pictures, windows, luma)
        windows = windows if int(own.sum()) < MIN_OWN else _taken(windows, own)
    return windows


def _painted(luma: Plane) -> Flags | None:
    """Return the painted ground of a page, bool [height, width], or None where there is too little of it.

    Levels are those of the stretched plane: in a dark or pale picture they lie close together, and a few would be all.
    With hardly any levels a photograph is painted too, so none is a page.
    """
    if int(np.ptp(luma)) < MIN_CONTRAST:
        return None
    clear = stretched(luma)
    shares = np.bincount(clear.ravel(), minlength=WHITE + 1) / luma.size
    chosen = np.zeros(WHITE + 1, np.bool_)
    for _ in range(MAX_GROUNDS):
        around = near_levels(np.where(chosen, 0, shares), GROUND_LEVELS)
        level = int(around.argmax())
        if around[level] < MIN_GROUND:
            break
        chosen[max(0, level - GROUND_LEVELS) : level + GROUND_LEVELS + 1] = True
    return chosen[clear] if shares[chosen].sum() >= MIN_PAGE else None


def _mostly(ground: Flags, windows: Windows) -> Flags:
    """Tell in which windows' squares the ground has its share: bool [n]."""
    sums = cv2.integral(ground.astype(np.uint8))
    left, top, right, bottom = squares_on(windows.places, (windows.width, windows.height), ground.shape)
    covered = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    flags: Flags = covered >= GROUND_SHARE * (bottom - top) * (right - left)
    return flags


def _in_pictures(pictures: Sequence[Rectangle], windows: Windows, luma: Plane) -> Flags:
    x, y, reach = on_plane(windows.places, (windows.width, windows.height), luma.shape)
    reach = reach * OWN_REACH
    own = np.zeros(len(windows), np.bool_)
    for one in pictures:
        across = (x - reach >= one.left) & (x + reach <= one.right)
        own |= across & (y - reach >= one.top) & (y + reach <= one.bottom)
    return own


def _taken(windows: Windows, which: Flags) -> Windows:
    return windows if which.all() else windows.taken(which)


def _is_picture(part: Plane) -> bool:
    """Tell whether a part could block as a reference of its own."""
    return (pdq(part).quality or 0) >= MIN_QUALITY and flat_share(part) <= MAX_FLAT_SHARE
