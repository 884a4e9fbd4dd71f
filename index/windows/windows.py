"""The anchored windows of one picture: their places, their codes, and the packed form of both.

A window is a square of the picture. It is centred on an anchor point and turned to the dominant direction there. Its
lengths are in pixels of the *area plane*: the picture resized to an area of `SIDE` x `SIDE` pixels, with its aspect
ratio.

The packed form consists of:

    header    5 bytes          width and height of the area plane (uint16 each), number of windows (uint8)
    places    7 bytes each     x and y (uint16, in 65,535ths of the plane's width and height), then 24 bits:
                               half side (12 bits), direction (11 bits), handedness (1 bit)
    codes     32 bytes each

The half side is a share of the square root of the plane's area, from `MIN_RADIUS` to `MAX_RADIUS`. It is stored as a
logarithm, in steps of 0.08 %.
"""

from dataclasses import dataclass, field, replace
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from index.arrays import C128, F32, F64, I64, U8, Flags
from index.errors import MalformedCode, WrongLength

SIDE: Final = 160
"""Side of a square with the area of the area plane, in pixels."""

CODE_BYTES: Final = 32
MAX_WINDOWS: Final = 64
"""Maximum number of windows of one reference. Their row number has six bits."""

MAX_QUERY_WINDOWS: Final = 192
"""Maximum number of windows of one upload."""

DOUBTFUL_BITS: Final = 64
"""Number of bits of an upload's code that the index may flip to find it (`index.search`)."""

LARGE_RADIUS: Final = 0.11
"""Minimum half side, over the square root of the area, of a window that may trigger at the full search radius."""

MIN_RADIUS: Final = 0.02
MAX_RADIUS: Final = 0.52
# Sides of an area plane, in pixels. Those of the thinnest luma plane, 1 x 512 pixels, are 16 and 3,620.
MIN_SIDE: Final = 4
MAX_SIDE: Final = 6_400

PLACE_BYTES: Final = 7
HEAD_BYTES: Final = 5

_U16: Final = 65_535
_RADIUS_STEPS: Final = 4_095
_DIRECTIONS: Final = 2_048
_RADIUS_SPAN: Final = float(np.log(MAX_RADIUS / MIN_RADIUS))

NO_DOUBTS: Final = np.zeros((0, CODE_BYTES), np.uint8)

Numbers = npt.NDArray[np.floating]


def _no_places() -> F32:
    return np.zeros((0, 4), np.float32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Windows:
    """The anchored windows of one picture: at most 64 of a reference, 192 of an upload.

    Attributes:
        width: Columns of the area plane, in pixels.
        height: Rows of the area plane, in pixels.
        places: float32 [n, 4]: x, y (pixel centres are whole numbers), half side, direction in radians.
        codes: uint8 [n, 32].
        flipped: bool [n], True if the code is that of the mirrored window, which is then the canonical one.
        doubtful: uint8 [n, 32], marks of the doubtful bits of an upload's codes; empty for a reference. Not packed.
    """

    width: int
    height: int
    places: F32 = field(default_factory=_no_places, repr=False)
    codes: U8 = field(default_factory=lambda: np.zeros((0, CODE_BYTES), np.uint8), repr=False)
    flipped: Flags = field(default_factory=lambda: np.zeros(0, np.bool_), repr=False)
    doubtful: U8 = field(default_factory=lambda: NO_DOUBTS, repr=False)

    def __len__(self) -> int:
        """The number of windows."""
        return len(self.codes)

    @property
    def scale(self) -> float:
        """Square root of the plane's area, in pixels."""
        return float(np.sqrt(self.width * self.height))

    @property
    def large(self) -> Flags:
        """True for windows large enough to trigger at the full search radius: bool [n]."""
        flags: Flags = self.places[:, 2] >= LARGE_RADIUS * self.scale
        return flags

    def taken(self, which: Flags) -> Self:
        """Return the windows marked in bool [n]."""
        return replace(
            self,
            places=self.places[which],
            codes=self.codes[which],
            flipped=self.flipped[which],
            doubtful=self.doubtful[which] if len(self.doubtful) else self.doubtful,
        )

    def pack(self) -> bytes:
        """Return the packed form. `unpack` reads it back, with places rounded to their steps."""
        size = np.array([self.width, self.height], np.float32)
        xy = np.rint((self.places[:, :2] + 0.5) / size * _U16).clip(0, _U16).astype("<u2")
        radius = np.log(np.maximum(self.places[:, 2] / self.scale, MIN_RADIUS) / MIN_RADIUS) / _RADIUS_SPAN
        steps = np.rint(radius * _RADIUS_STEPS).clip(0, _RADIUS_STEPS).astype(np.uint32)
        turns = np.rint(self.places[:, 3] / (2 * np.pi) * _DIRECTIONS).astype(np.int64) % _DIRECTIONS
        bits = (steps << 12) | (turns.astype(np.uint32) << 1) | self.flipped
        rest = bits.astype("<u4").view(np.uint8).reshape(-1, 4)[:, :3]
        places = np.concatenate([xy.view(np.uint8).reshape(-1, 4), rest], axis=1)
        head = np.array([self.width, self.height], "<u2").tobytes() + bytes([len(self)])
        return head + places.tobytes() + self.codes.tobytes()

    @classmethod
    def unpack(cls, data: bytes, most: int = MAX_WINDOWS) -> Self:
        """Read the packed form of at most `most` windows.

        Raises:
            WrongLength: The length does not follow from the head.
            MalformedCode: A size or the number of windows is out of range.
        """
        if len(data) < HEAD_BYTES:
            raise WrongLength("packed windows have a head of 5 bytes")
        width, height = (int(side) for side in np.frombuffer(data, "<u2", 2))
        count = data[4]
        if len(data) != HEAD_BYTES + count * (PLACE_BYTES + CODE_BYTES):
            raise WrongLength("packed windows have 39 bytes each")
        if count > most or not all(MIN_SIDE <= side <= MAX_SIDE for side in (width, height)):
            raise MalformedCode("packed windows are out of range")
        split = HEAD_BYTES + count * PLACE_BYTES
        packed = np.frombuffer(data, np.uint8)[HEAD_BYTES:split].reshape(count, PLACE_BYTES)
        bits = np.zeros((count, 4), np.uint8)
        bits[:, :3] = packed[:, 4:]
        numbers = bits.view("<u4").ravel()
        places = np.empty((count, 4), np.float32)
        xy = np.ascontiguousarray(packed[:, :4]).view("<u2")
        places[:, :2] = xy.astype(np.float32) / _U16 * np.array([width, height], np.float32) - 0.5
        scale = float(np.sqrt(width * height))
        places[:, 2] = scale * MIN_RADIUS * np.exp((numbers >> 12) / _RADIUS_STEPS * _RADIUS_SPAN)
        places[:, 3] = (numbers >> 1 & (_DIRECTIONS - 1)) * (2 * np.pi / _DIRECTIONS)
        codes = np.frombuffer(data, np.uint8)[split:].reshape(count, CODE_BYTES)
        flipped = (numbers & 1).astype(np.bool_)
        return cls(width=width, height=height, places=places, codes=codes, flipped=flipped)


def packed_bytes(data: bytes) -> int:
    """Return the length of the packed windows at the start of `data`, as their head states it."""
    return HEAD_BYTES + (data[HEAD_BYTES - 1] if len(data) >= HEAD_BYTES else 0) * (PLACE_BYTES + CODE_BYTES)


def points_of(places: F32) -> C128:
    """Return the centres of places as complex numbers, complex128 [n]."""
    points: C128 = places[:, 0].astype(np.float64) + 1j * places[:, 1]
    return points


def squares_on(places: F32, size: tuple[int, int], shape: tuple[int, ...]) -> tuple[I64, I64, I64, I64]:
    """Return upright squares around places, clipped to a plane: left, top, right and bottom pixel, int64 [n] each.

    Args:
        places: Places in an area plane.
        size: Width and height of the area plane.
        shape: Rows and columns of the plane that was reduced to the area plane.
    """
    rows, columns = shape
    x, y, reach = on_plane(places, size, shape)
    left, right = ((x + side * reach).clip(0, columns).astype(np.int64) for side in (-1, 1))
    top, bottom = ((y + side * reach).clip(0, rows).astype(np.int64) for side in (-1, 1))
    return left, top, right, bottom


def on_plane(places: F32, size: tuple[int, int], shape: tuple[int, ...]) -> tuple[Numbers, Numbers, Numbers]:
    """Return centres and half sides in pixels of a plane: x, y and half side, [n] each. Arguments as `squares_on`."""
    (width, height), (rows, columns) = size, shape
    x = (places[:, 0] + 0.5) / width * columns
    y = (places[:, 1] + 0.5) / height * rows
    return x, y, places[:, 2] * (columns / width)


def apart(places: F32, others: F32) -> F64:
    """Return the normalised distances between n and k places: float64 [n, k], 0 if identical, 1 or more if far apart.

    A distance is that of the centres, divided by the larger half side, plus the absolute logarithm of the ratio of the
    half sides.
    """
    radius, other_radius = places[:, 2].astype(np.float64)[:, None], others[:, 2].astype(np.float64)
    offset = np.abs(points_of(places)[:, None] - points_of(others)) / np.maximum(radius, other_radius)
    differing: F64 = offset + np.abs(np.log(radius / other_radius))
    return differing


# An index id contains the reference's key, one bit for a large window, and the window's row.
_ROW_BITS: Final = 6
_LARGE_BIT: Final = 1 << _ROW_BITS
IDS_PER_REFERENCE: Final = 2 * _LARGE_BIT
"""Number of index ids reserved for one reference. The first one is its key times this number."""


def index_ids(key: int, windows: Windows) -> I64:
    """Return the index ids of the windows of the reference with this key: int64 [n]."""
    return key * IDS_PER_REFERENCE + np.arange(len(windows)) + _LARGE_BIT * windows.large


def all_index_ids(keys: I64) -> I64:
    """Return all index ids reserved for the references with these keys: int64 [128 k]."""
    ids: I64 = (keys[:, None] * IDS_PER_REFERENCE + np.arange(IDS_PER_REFERENCE)).ravel()
    return ids


def split_ids(ids: I64) -> tuple[I64, I64, Flags]:
    """Split index ids into keys int64 [n], rows int64 [n], and flags of large windows, bool [n]."""
    return ids // IDS_PER_REFERENCE, ids & (_LARGE_BIT - 1), (ids & _LARGE_BIT) != 0
