"""Pages such as screens, letters and sheets: the pictures on them, and the windows that are not evidence."""

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
"""Minimum distance of a window's centre from a picture's edge, as a share of the window's half side, for the window to
belong to the picture."""
MIN_OWN: Final = 8  # minimum number of windows in the pictures of a page for the others to be dropped

MAX_GROUNDS: Final = 3  # maximum number of ground levels: a screen has a ground, panels and buttons
GROUND_LEVELS: Final = 2  # tolerance to either side: JPEG's noise on a painted surface
MIN_GROUND: Final = 0.10  # share of the plane, for one ground level
MIN_PAGE: Final = 0.25
"""Minimum share of the plane for all ground levels together. 12 of 100 photographs reach it, and lose 1 in 100 of all
windows."""
MIN_CONTRAST: Final = 48  # grey levels between the darkest and the brightest pixel
GROUND_SHARE: Final = 0.45  # share of a window's square from which the window is dropped


def pictures_within(luma: Plane) -> list[Rectangle]:
    """Return the pictures within a picture that could be registered, the surest first, without flat bands of a page."""
    return [one for one in inner_pictures(luma) if _is_picture(one.of(luma))]


def inner_boxes(pictures: Sequence[Rectangle], luma: Plane) -> tuple[Box, ...]:
    """Return the places of the pictures within a picture, as shares of its sides."""
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
    """Drop the windows of a page around pictures: the letters of a caption or the buttons of a phone are not evidence.

    Two signs of a page are used, because each misses pages that the other finds:

    1. Painted ground. A window that consists mostly of the few grey levels of a page's ground shows letters, bars or
       buttons. All such windows are dropped, even if none is left: pages of one application agree in dozens of them,
       whatever their content.
    2. Pictures. If a page has rectangles with pictures, windows outside all of them are dropped, if enough are left.

    Args:
        windows: the picture's windows.
        pictures: result of `pictures_within` for the picture.
        luma: luma plane of the picture, uint8 [height, width].
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
    """Return the painted ground of a page, bool [height, width], or None if there is too little of it.

    The levels are taken from the plane with stretched contrast. Without stretching, a few levels would contain most of
    a dark or pale picture. A picture with very low contrast is never a page, because photographs then look painted too.
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
    """Return the windows whose squares consist mostly of ground: bool [n]."""
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
    """Return True if a part of a picture could block as a reference of its own."""
    return (pdq(part).quality or 0) >= MIN_QUALITY and flat_share(part) <= MAX_FLAT_SHARE
