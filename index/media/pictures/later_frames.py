"""What comes after the first frame of an animation, or after the first picture of a file of several.

A viewer who sees an animation sees more than its first frame, so a harmless first frame must not hide the rest.
A few frames are chosen evenly, all the way to the last one. How many there are is the file's word: it bounds what is
looked at, and is never trusted for what it costs.
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
from index.media.pictures.modes import opaque
from index.media.pictures.opening import MediaFormat, check_announced, check_sides, decoder_errors, open_image
from index.media.pictures.planes import draft_for_matching, matching_luma, orientation_of, turned
from index.media.pictures.structure import tiff_pages

LATER_FRAMES: Final = 4  # frames that are looked at after the first
MAX_FRAMES: Final = (
    1_000  # frames gone through to get there, as each builds on the one before; .1 ms at least each
)
MAX_LATER_PIXELS: Final = 64_000_000  # pixels of all those frames; .3 to 1 s of processor time
MAX_FRAME_PIXELS: Final = (
    16_000_000  # of one frame: decoders of animations hold five canvases of 4 bytes a pixel
)
MAX_PAGES: Final = 64  # pages of a TIFF or MPO, pictures of a HEIC: reached without decoding those between

_PAGED: Final = frozenset({MediaFormat.TIFF, MediaFormat.JPEG, MediaFormat.HEIC})
_FRAME_CONTROL: Final = b"fcTL"  # the chunk that begins a frame of an APNG
_MP_ENTRIES: Final = 0xB002  # CIPA DC-007: where the pictures of a multi-picture JPEG lie

_MP_SEGMENT: Final = b"MPF\0"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FramePlanes:
    """One further frame.

    Attributes:
        luma: Its matching plane, as `MatchingPlane.luma`.
        colours: Its colours, longest side at most 640; None where they were not asked for.
    """

    luma: Plane = field(repr=False)
    colours: Colours | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """The further frames of a file that will be looked at.

    Attributes:
        indexes: Which, in the file's order.
        stand_for_all: Whether they are spread over the whole file, and the file agrees with itself about its length.
    """

    data: bytes
    limits: DecodeLimits
    media_format: MediaFormat
    image: Image.Image
    indexes: tuple[int, ...]
    stand_for_all: bool

    @classmethod
    def of(cls, data: bytes, limits: DecodeLimits) -> Self:
        """Choose frames; none of them is decoded yet.

        Raises:
            MediaError: The file cannot be gone through.
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
            colours: Whether to give their colours too.

        Raises:
            MediaError: A frame is missing, damaged or larger than was announced.
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
        """Open one page, of which the header has passed."""
        if isinstance(self.image, MpoImagePlugin.MpoImageFile):
            # Not by `seek`, after which nothing of ours would have looked at the picture's segments.
            entries = (self.image.mpinfo or {})[_MP_ENTRIES]
            # Offsets count from behind the name of the segment that holds them.
            base = self.data.index(_MP_SEGMENT + self.image.info["mp"]) + len(_MP_SEGMENT)
            return open_image(self.data[base + entries[index]["DataOffset"] :], self.limits)[1]
        if self.media_format is MediaFormat.HEIC:
            # Not by `seek`, which allocates what the picture announces before anybody has checked it.
            picture = pillow_heif.open_heif(io.BytesIO(self.data), convert_hdr_to_8bit=True)[index]
            check_sides(picture.size, self.limits)
            page: Image.Image = picture.to_pillow()
            return page
        self.image.seek(index)
        check_announced(self.image, self.media_format, self.limits)
        return self.image


def _loaded(image: Image.Image, *, colours: bool) -> FramePlanes:
    """Decode an opened image; raises what its decoder raises."""
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
    """The frames beside the one that is the picture, and whether the file agrees with itself about them."""
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
    """At most `LATER_FRAMES` of them, spread evenly up to the last one."""
    wanted = min(LATER_FRAMES, len(indexes))
    return tuple(indexes[number * len(indexes) // wanted - 1] for number in range(1, wanted + 1))
