"""The frames after the first frame of an animation, or the pictures after the first picture of a file.

A viewer of an animation sees more than its first frame, so a harmless first frame must not hide the rest. A few frames
are chosen, evenly spaced up to the last one. The number of frames in the header bounds the choice, but is not trusted
for the cost.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Self

import pillow_heif
from PIL import Image, MpoImagePlugin

from index.arrays import Plane
from index.errors import TooManyPixels, UndecodableMedia
from index.limits import DecodeLimits
from index.media.pictures.colours import LATER_COLOUR_SIDE, Colours, colours_of, jpeg_colours, upright_size
from index.media.pictures.formats import MediaFormat
from index.media.pictures.modes import opaque
from index.media.pictures.opening import check_announced, check_sides, decoder_errors, open_image
from index.media.pictures.planes import draft_for_matching, matching_luma, orientation_of, turned
from index.media.pictures.structure import tiff_pages

LATER_FRAMES: Final = 4  # maximum number of frames after the first
MAX_FRAMES: Final = 1_000
"""Frames decoded to reach the chosen ones, as each builds on the one before; each takes at least 0.1 ms."""

MAX_LATER_PIXELS: Final = 64_000_000  # pixels of all these frames, which take 0.3 to 1 s of processor time
MAX_FRAME_PIXELS: Final = 16_000_000
"""Pixels of one frame. Decoders of animations hold five canvases of 4 bytes a pixel."""

MAX_PAGES: Final = 64  # pages of a TIFF or MPO, or pictures of a HEIC: none in between is decoded

_PAGED: Final = frozenset({MediaFormat.TIFF, MediaFormat.JPEG, MediaFormat.HEIC})
_FRAME_CONTROL: Final = b"fcTL"  # the chunk at the start of a frame of an APNG
_MP_ENTRIES: Final = 0xB002  # CIPA DC-007: offsets of the pictures in a multi-picture JPEG

_MP_SEGMENT: Final = b"MPF\0"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FramePlanes:
    """One later frame.

    Attributes:
        luma: Matching plane, as `MatchingPlane.luma`.
        colours: The frame in colour, longest side at most 640 pixels; None if not requested.
    """

    luma: Plane = field(repr=False)
    colours: Colours | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """The chosen later frames of a file.

    Attributes:
        data: Content of the whole file.
        limits: Bounds on the frames.
        media_format: Format of the file.
        image: The opened file.
        indexes: Numbers of the chosen frames, in the file's order.
        stand_for_all: True if they are spread over the whole file, and the file's data about its length are consistent.
    """

    data: bytes
    limits: DecodeLimits
    media_format: MediaFormat
    image: Image.Image
    indexes: tuple[int, ...]
    stand_for_all: bool

    @classmethod
    def of(cls, data: bytes, limits: DecodeLimits) -> Self:
        """Choose frames, without decoding them.

        Raises:
            MediaError: The file cannot be read.
        """
        media_format, image = open_image(data, limits)
        pixels = image.width * image.height
        with decoder_errors():
            others, agrees = _others(data, media_format, image)
        if media_format in _PAGED:
            reach = min(len(others), MAX_PAGES)
        elif pixels <= MAX_FRAME_PIXELS:
            reach = min(len(others), MAX_FRAMES, MAX_LATER_PIXELS // pixels)
        else:
            reach = 0
        return cls(
            data=data,
            limits=limits,
            media_format=media_format,
            image=image,
            indexes=_evenly(others[:reach]),
            stand_for_all=agrees and reach == len(others),
        )

    def planes(self, *, colours: bool = False) -> Iterator[FramePlanes]:
        """Decode the chosen frames, one after the other.

        Args:
            colours: True to return the frames in colour as well.

        Raises:
            MediaError: A frame is missing, damaged or larger than announced.
        """
        if self.media_format in _PAGED:
            yield from self._page_planes(colours=colours)
            return
        size = self.image.size
        for index in range(1, max(self.indexes, default=0) + 1):
            with decoder_errors():
                self.image.seek(index)
                if self.image.size != size:
                    raise UndecodableMedia("a frame is larger than the animation")
                planes = _loaded(self.image, colours=colours) if index in self.indexes else None
            if planes is not None:
                yield planes

    def _page_planes(self, *, colours: bool) -> Iterator[FramePlanes]:
        pixels_left = MAX_LATER_PIXELS
        for index in self.indexes:
            with decoder_errors():
                page = self._page(index)
                pixels_left -= page.width * page.height
                if pixels_left < 0:
                    raise TooManyPixels("the pages together have more pixels than are decoded")
                is_jpeg = self.media_format is MediaFormat.JPEG
                if is_jpeg:
                    draft_for_matching(page)
                planes = _loaded(page, colours=colours and not is_jpeg)
                if colours and is_jpeg:
                    planes = replace(planes, colours=jpeg_colours(self._page(index), LATER_COLOUR_SIDE))
            yield planes

    def _page(self, index: int) -> Image.Image:
        """Open one page, after its header was checked."""
        if isinstance(self.image, MpoImagePlugin.MpoImageFile):
            # Not with `seek`, after which our check of the picture's segments would be missing.
            entries = (self.image.mpinfo or {})[_MP_ENTRIES]
            # Offsets count from the end of the segment's name.
            base = self.data.index(_MP_SEGMENT + self.image.info["mp"]) + len(_MP_SEGMENT)
            return open_image(self.data[base + entries[index]["DataOffset"] :], self.limits)[1]
        if self.media_format is MediaFormat.HEIC:
            # Not with `seek`, which allocates the announced size before it is checked.
            picture = pillow_heif.open_heif(io.BytesIO(self.data), convert_hdr_to_8bit=True)[index]
            check_sides(picture.size, MediaFormat.HEIC, self.limits)
            page: Image.Image = picture.to_pillow()
            return page
        self.image.seek(index)
        check_announced(self.image, self.media_format, self.limits)
        return self.image


def _loaded(image: Image.Image, *, colours: bool) -> FramePlanes:
    """Decode an open image. Errors of the decoder pass through."""
    size = image.size
    image.load()
    orientation = orientation_of(image)
    flat = opaque(image)
    luma = matching_luma(flat, size, orientation)
    if not colours:
        return FramePlanes(luma=luma)
    full = upright_size(size, orientation)
    return FramePlanes(luma=luma, colours=colours_of(turned(flat, orientation), full, LATER_COLOUR_SIDE))


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


def _evenly(indexes: Sequence[int]) -> tuple[int, ...]:
    """Return at most `LATER_FRAMES` of the numbers, evenly spaced up to the last one."""
    wanted = min(LATER_FRAMES, len(indexes))
    return tuple(indexes[number * len(indexes) // wanted - 1] for number in range(1, wanted + 1))
