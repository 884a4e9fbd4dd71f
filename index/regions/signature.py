"""The regional signature of a registered picture, and its packed form.

Anchored windows are chosen where they can be found again, so they leave gaps. A regional signature covers all of the
picture: a grid of 16 x 16 cells over the whole, and a finer grid of 8 x 8 cells over each registered face. A cell has
the first 16 signs of the projection (`index.windows`) and a measure of its texture. It is never searched. It tells
which region of a match was replaced, and holds no grey levels.

The packed form consists of:

    count     1 byte           number of face grids
    whole     640 bytes        signs of 256 cells, row by row (2 bytes each), then their textures (4 bits each)
    faces     168 bytes each   left, top, right and bottom (uint16 each, in 65,535ths of the picture's sides),
                               signs of 64 cells (2 bytes each), then their textures (4 bits each)
"""

from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np

from index.arrays import F32, I64, Flags
from index.errors import MalformedCode, WrongLength
from index.verdict import WHOLE, Box

VERSION: Final = "regions-1"  # to be changed with every change of a signature of the same picture

WHOLE_SIDE: Final = 16  # cells a side of the grid over the whole picture
FACE_SIDE: Final = 8  # cells a side of the grid over a face
MAX_FACE_GRIDS: Final = 4

SIGNS: Final = 16  # signs of a cell
SIGN_BYTES: Final = SIGNS // 8

TEXTURE_STEP: Final = 0.4  # natural logarithm of the texture, relative to the picture's median
TEXTURE_LEVELS: Final = 16
TEXTURE_ZERO: Final = 8  # the level of the median

_U16: Final = 65_535
_BOX_BYTES: Final = 8


def _grid_bytes(side: int) -> int:
    return side * side * SIGN_BYTES + side * side // 2


_WHOLE_BYTES: Final = 1 + _grid_bytes(WHOLE_SIDE)
_FACE_BYTES: Final = _BOX_BYTES + _grid_bytes(FACE_SIDE)
MAX_SIGNATURE_BYTES: Final = _WHOLE_BYTES + MAX_FACE_GRIDS * _FACE_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The cells of a square grid over a part of a picture, stretched to that part's sides.

    Attributes:
        side: cells a side.
        box: the part of the picture.
        packed_signs: signs of the cells, row by row, 2 bytes each.
        packed_textures: textures of the cells, two in a byte, the first in the upper half.
    """

    side: int
    box: Box
    packed_signs: bytes = field(repr=False)
    packed_textures: bytes = field(repr=False)

    @classmethod
    def of(cls, side: int, box: Box, signs: Flags, textures: I64) -> Self:
        """Pack a grid.

        Args:
            side: cells a side.
            box: the part of the picture.
            signs: bool [cells, 16].
            textures: int64 [cells], levels from 0 to 15.
        """
        return cls(
            side=side,
            box=box,
            packed_signs=np.packbits(signs, axis=1).tobytes(),
            packed_textures=(textures[0::2] << 4 | textures[1::2]).astype(np.uint8).tobytes(),
        )

    @property
    def signs(self) -> F32:
        """The signs, float32 [cells, 16], -1 or 1."""
        bits = np.unpackbits(np.frombuffer(self.packed_signs, np.uint8)).reshape(-1, SIGNS)
        signs: F32 = bits.astype(np.float32) * 2 - 1
        return signs

    @property
    def textures(self) -> F32:
        """Natural logarithms of the cells' texture relative to the picture's median, float32 [cells]."""
        pairs = np.frombuffer(self.packed_textures, np.uint8)
        levels = np.stack([pairs >> 4, pairs & 15], axis=1).ravel().astype(np.float32)
        textures: F32 = (levels - TEXTURE_ZERO) * np.float32(TEXTURE_STEP)
        return textures


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionalSignature:
    """The regional signature of one picture.

    Attributes:
        whole: the grid over the whole picture.
        faces: a finer grid over each of at most `MAX_FACE_GRIDS` faces.
    """

    whole: Grid
    faces: tuple[Grid, ...] = ()

    def pack(self) -> bytes:
        """Return the packed form, at most `MAX_SIGNATURE_BYTES` bytes."""
        parts = [bytes([len(self.faces)]), self.whole.packed_signs, self.whole.packed_textures]
        for face in self.faces:
            parts += [_packed_box(face.box), face.packed_signs, face.packed_textures]
        return b"".join(parts)

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Read the packed form.

        Raises:
            WrongLength: the length does not follow from the first byte.
            MalformedCode: the number of faces or the box of a face is out of range.
        """
        if len(data) < _WHOLE_BYTES:
            raise WrongLength(f"a packed regional signature has at least {_WHOLE_BYTES} bytes")
        count = data[0]
        if count > MAX_FACE_GRIDS:
            raise MalformedCode("a packed regional signature has too many faces")
        if len(data) != _WHOLE_BYTES + count * _FACE_BYTES:
            raise WrongLength(f"a packed regional signature has {_FACE_BYTES} bytes for each face")
        faces = [data[start : start + _FACE_BYTES] for start in range(_WHOLE_BYTES, len(data), _FACE_BYTES)]
        return cls(
            whole=_read_grid(WHOLE_SIDE, WHOLE, data[1:_WHOLE_BYTES]),
            faces=tuple(
                _read_grid(FACE_SIDE, _read_box(face[:_BOX_BYTES]), face[_BOX_BYTES:]) for face in faces
            ),
        )


def stored_box(box: Box) -> Box:
    """Return a box as the packed form gives it back."""
    return _read_box(_packed_box(box))


def _packed_box(box: Box) -> bytes:
    return bytes(np.rint(np.array(box.edges) * _U16).astype("<u2"))


def _read_box(data: bytes) -> Box:
    box = Box.of_edges(*(int(edge) / _U16 for edge in np.frombuffer(data, "<u2")))
    if not box.is_proper:
        raise MalformedCode("a face of a packed regional signature is out of range")
    return box


def _read_grid(side: int, box: Box, data: bytes) -> Grid:
    split = side * side * SIGN_BYTES
    return Grid(side=side, box=box, packed_signs=data[:split], packed_textures=data[split:])
