"""Decode the frames after the first frame of an animation, or the pages after the first page of a TIFF or HEIC.

Each is decoded, in the file's order. The number of frames in the header bounds them, but is not trusted for the cost:
`Work` is asked before each one. `index.media.pictures.embedded` finds the further pictures of a JPEG.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Self, TypeAlias

import pillow_heif
from PIL import Image

from index.arrays import Plane
from index.errors import UndecodableMedia
from index.limits import DecodeLimits
from index.media.pictures.colours import LATER_COLOUR_SIDE, Colours, colours_of, upright_size
from index.media.pictures.formats import MediaFormat
from index.media.pictures.modes import opaque
from index.media.pictures.opening import check_announced, check_sides, decoder_errors, open_image
from index.media.pictures.planes import matching_luma, orientation_of, turned
from index.media.pictures.structure import tiff_pages
from index.media.pictures.work import Work

MAX_FRAMES: Final = 1_000
"""Frames of an animation that are decoded; most of so many are alike. Each takes at least 0.1 ms."""

MAX_FRAME_PIXELS: Final = 16_000_000
"""Pixels of one frame. Decoders of animations hold five canvases of 4 bytes a pixel."""

MAX_PAGES: Final = 300  # pages of a TIFF, or pictures of a HEIC

_PAGED: Final = frozenset({MediaFormat.TIFF, MediaFormat.HEIC})
_FRAME_CONTROL: Final = b"fcTL"  # the chunk at the start of a frame of an APNG

_Opened: TypeAlias = tuple[int, tuple[int, int], Callable[[], Image.Image]]
"""A page: its number, its width and height, and the function that returns it decoded or ready to be."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LaterFrame:
    """One later frame.

    Attributes:
        number: Number of the frame among all frames of the file.
        luma: Matching plane, as `MatchingPlane.luma`.
        colours: Return the frame in colour, longest side at most 640 pixels. To be called before the next frame is
            decoded; raises `MediaError`.
    """

    number: int
    luma: Plane = field(repr=False)
    colours: Callable[[], Colours] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """The later frames of a file.

    Attributes:
        data: Content of the whole file.
        limits: Bounds on the frames.
        media_format: Format of the file.
        image: The opened file.
        indexes: Numbers of the frames, in the file's order.
        are_all: True if they are all, and the file's data about its length are consistent.
    """

    data: bytes
    limits: DecodeLimits
    media_format: MediaFormat
    image: Image.Image
    indexes: Sequence[int]
    are_all: bool

    @classmethod
    def of(cls, data: bytes, limits: DecodeLimits) -> Self:
        """Find the frames, without decoding them.

        Raises:
            MediaError: The file cannot be read.
        """
        media_format, image = open_image(data, limits)
        with decoder_errors():
            others, agrees = _others(data, media_format, image)
        if media_format in _PAGED:
            reach = min(len(others), MAX_PAGES)
        elif image.width * image.height <= MAX_FRAME_PIXELS:
            reach = min(len(others), MAX_FRAMES)
        else:
            reach = 0
        return cls(
            data=data,
            limits=limits,
            media_format=media_format,
            image=image,
            indexes=others[:reach],
            are_all=agrees and reach == len(others),
        )

    def decoded(self, work: Work) -> Iterator[LaterFrame]:
        """Decode the frames, one after the other.

        Raises:
            MediaError: A frame is missing, damaged or larger than announced.
            TooManyPixels: The rest takes more time than there is.
        """
        if self.media_format in _PAGED:
            yield from self._decoded_pages(work)
            return
        size = self.image.size
        for index in self.indexes:
            work.require_room(self.media_format, size[0] * size[1])
            with decoder_errors():
                self.image.seek(index)
                if self.image.size != size:
                    raise UndecodableMedia("a frame is larger than the animation")
                frame = _loaded(self.image, index)
            yield frame

    def _decoded_pages(self, work: Work) -> Iterator[LaterFrame]:
        opened = self._heic_pictures() if self.media_format is MediaFormat.HEIC else self._pages()
        for index, (width, height), decode in opened:
            work.require_room(self.media_format, width * height)
            with decoder_errors():
                frame = _loaded(decode(), index)
            yield frame

    def _pages(self) -> Iterator[_Opened]:
        """Open the pages of a TIFF, after their headers were checked."""
        for index in self.indexes:
            with decoder_errors():
                self.image.seek(index)
                check_announced(self.image, self.media_format, self.limits)
            yield index, self.image.size, partial(_opened, self.image)

    def _heic_pictures(self) -> Iterator[_Opened]:
        """Open the pictures of a HEIC, and drop each one before the next.

        Not with `seek`, which allocates the announced size before it is checked.
        """
        with decoder_errors():
            file = pillow_heif.open_heif(io.BytesIO(self.data), convert_hdr_to_8bit=True)
        for removed, index in enumerate(self.indexes):
            with decoder_errors():
                picture = file[index - removed]
                check_sides(picture.size, MediaFormat.HEIC, self.limits)
            yield index, picture.size, picture.to_pillow
            del file[index - removed]


def _opened(image: Image.Image) -> Image.Image:
    return image


def _loaded(image: Image.Image, number: int) -> LaterFrame:
    """Decode an open image. Errors of the decoder pass through."""
    size = image.size
    image.load()
    orientation = orientation_of(image)
    flat = opaque(image)

    def colours() -> Colours:
        with decoder_errors():
            return colours_of(turned(flat, orientation), upright_size(size, orientation), LATER_COLOUR_SIDE)

    return LaterFrame(number=number, luma=matching_luma(flat, size, orientation), colours=colours)


def _others(data: bytes, media_format: MediaFormat, image: Image.Image) -> tuple[Sequence[int], bool]:
    """Return the numbers of the frames except the first picture, and True if the file's data are consistent."""
    if media_format is MediaFormat.TIFF:
        return range(1, tiff_pages(data, MAX_PAGES + 2)), True
    count = int(getattr(image, "n_frames", 1))
    if media_format is MediaFormat.HEIC:
        return [index for index in range(count) if index != image.tell()], True
    if media_format is MediaFormat.PNG:
        controls = data.count(_FRAME_CONTROL)
        announced = count - bool(getattr(image, "default_image", False))
        return range(1, min(count, controls + 1)), controls == announced
    return range(1, count), True
