"""Windows that another device has computed, read strictly.

Nobody can tell from windows alone whether a picture has them. What no picture has is refused: windows beyond the
picture, smaller or larger than the profile's, at each other's place, and codes that are all but empty or equal.
"""

from typing import Final

import numpy as np

from index.errors import MalformedCode
from index.windows.choosing import FULL, MAX_RADIUS, OVERHANG, MatchingProfile, repeats
from index.windows.windows import SIDE, Windows

MIN_ONES: Final = 88
MAX_ONES: Final = 168
"""Bits that are set in a code of 256. Of 5,900 windows of 97 photographs and graphics all had 102 to 153."""

_ROUNDING: Final = 1.01
"""The packed form rounds half sides to steps of 0.08 %, and places to 65,535ths of a side."""


def windows_of_device(packed: bytes, profile: MatchingProfile = FULL) -> Windows:
    """Return packed windows that a device has made.

    Raises:
        WrongLength, MalformedCode: they are malformed, or no picture has them.
    """
    windows = Windows.unpack(packed, profile.reference_windows)
    if windows.pack() != packed:
        raise MalformedCode("packed windows are not in their one canonical spelling")
    if not len(windows):
        raise MalformedCode("there is no window: leave the windows out")
    _require_area(windows)
    _require_places(windows, profile)
    _require_codes(windows)
    return windows


def _require_area(windows: Windows) -> None:
    """Raise `MalformedCode` unless the area plane has the area of every other, but for the rounding of its sides."""
    rounding = (windows.width + windows.height) / 2 + 1
    if abs(windows.width * windows.height - SIDE * SIDE) > rounding:
        raise MalformedCode(f"the area plane of the windows has not the area of {SIDE} x {SIDE} pixels")


def _require_places(windows: Windows, profile: MatchingProfile) -> None:
    x, y, radius = (windows.places[:, column] for column in range(3))
    share = radius / windows.scale
    if (share * _ROUNDING < profile.reference_radius).any() or (share > MAX_RADIUS * _ROUNDING).any():
        raise MalformedCode("a window is smaller or larger than those of a picture")
    margin = radius * (1 - OVERHANG) / _ROUNDING - 1
    beyond = (x < margin) | (y < margin) | (x > windows.width - margin) | (y > windows.height - margin)
    if beyond.any():
        raise MalformedCode("a window lies beyond the edge of the picture")
    among = repeats(windows.places)
    if among.any():
        raise MalformedCode("two windows lie at the same place")


def _require_codes(windows: Windows) -> None:
    ones = np.unpackbits(windows.codes, axis=1).sum(axis=1)
    if (ones < MIN_ONES).any() or (ones > MAX_ONES).any():
        raise MalformedCode("the code of a window is that of a flat area")
    if len(np.unique(windows.codes, axis=0)) < len(windows):
        raise MalformedCode("two windows have the same code")
