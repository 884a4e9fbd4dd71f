"""Decode a picture into planes. The same picture gives the same plane, in whatever format it was saved.

Differences between files of one picture are removed: orientation here, colour modes, palettes, transparency and bit
depth in `modes`. Colour profiles are ignored, because not every browser on a victim's device applies them. The first
frame of an animation, or the first picture in a file, is the picture; `distinct_frames` decodes the others.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from PIL import Image

from index.arrays import F32, Plane
from index.errors import UndecodableMedia
from index.limits import DecodeLimits
from index.media.pictures.colours import COLOUR_SIDE, Colours, colours_of, jpeg_colours, upright_size
from index.media.pictures.detail import Detail, WantsDetail, detail_of, jpeg_detail, wants_none
from index.media.pictures.formats import MediaFormat, sniff
from index.media.pictures.large_webp import MIN_LARGE_PIXELS, large_webp
from index.media.pictures.modes import bands, opaque
from index.media.pictures.opening import decoder_errors, open_image
from index.media.pictures.planes import draft_for_matching, matching_luma, orientation_of, turned
from index.media.pictures.previews import packed_previews
from index.media.pictures.salvage import lenient, salvageable, with_surplus, without_wrong_chunks

_DAMAGED: Final = "the file is truncated or damaged"

BAND_PIXELS: Final = (
    1_000_000  # pixels of full-size luma at a time, which needs about 30 MB of memory instead of 1 GB
)

# Weights of the PDQ reference (ITU-R BT.601), applied in double precision as in its Python binding.
LUMA_WEIGHTS: Final = (0.299, 0.587, 0.114)


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchingPlane:
    """The reduced picture from which matching computes its codes.

    Attributes:
        media_format: Format of the file.
        width: Width of the upright picture at full size, in pixels.
        height: Height of the upright picture at full size, in pixels.
        luma: uint8 [rows, columns], upright, grey levels 0 to 255, longest side at most 512 pixels.
        has_more: True if the header announces further frames; always True for a GIF, whose header does not tell.
        colours: The picture in colour, longest side at most 1,280 pixels; None if not requested.
        is_whole: False if a part of the picture is missing from the file, and was decoded as grey or blank.
        detail: The luma at a larger size; None if not wanted.
        previews: The previews in the file's header, as files that are not decoded.
    """

    media_format: MediaFormat
    width: int
    height: int
    luma: Plane
    has_more: bool = False
    is_whole: bool = True
    previews: tuple[bytes, ...] = field(default=(), repr=False)
    colours: Colours | None = field(default=None, repr=False)
    detail: Detail | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FullSizeLuma:
    """Luma of a picture at full size, in bands of rows, to be read once.

    Attributes:
        width: Columns of the upright picture.
        height: Rows of all bands together.
        bands: float32 [any, width], top to bottom, grey levels 0 to 255, with the weights of the PDQ reference.
    """

    width: int
    height: int
    bands: Iterator[F32]


def matching_plane(
    data: bytes, limits: DecodeLimits, *, colours: bool = False, is_detailed: WantsDetail = wants_none
) -> MatchingPlane:
    """Decode a file's first picture into its matching plane.

    From a JPEG only the luma is decoded, at a sufficient fraction of its size. If colours or details are wanted, the
    JPEG is decoded again. A file that its decoder refuses is decoded as far as it goes
    (`index.media.pictures.salvage`).

    Args:
        data: Content of the whole file.
        limits: Bounds on the size that the file's header may announce.
        colours: True to return the picture in colour as well.
        is_detailed: Decides by the matching plane whether the picture is wanted at a larger size too.

    Raises:
        MediaError: One of the subclasses that `open_image` raises.
    """
    try:
        return _matching_plane(data, limits, colours=colours, is_detailed=is_detailed)
    except UndecodableMedia as error:
        if error.is_final:
            raise
        return _salvaged(data, limits, colours=colours, is_detailed=is_detailed)


def enrolment_planes(
    data: bytes, limits: DecodeLimits, *, colours: bool = False
) -> tuple[MatchingPlane, FullSizeLuma]:
    """Return the results of `matching_plane` and `full_size_luma`, decoding once if possible.

    A JPEG is decoded twice: as for a check, its matching plane is decoded at a fraction of the size. A file from which
    a part of the picture is missing is refused: its codes would be those of the part.

    Raises:
        MediaError: One of the subclasses that `open_image` raises.
    """
    try:
        return _enrolment_planes(data, limits, colours=colours)
    except UndecodableMedia as error:
        if error.is_final:
            raise
        if not _salvaged(data, limits).is_whole:
            raise UndecodableMedia(_DAMAGED) from None
    repaired = without_wrong_chunks(data)
    with lenient():
        return _enrolment_planes(repaired, limits, colours=colours)


def full_size_luma(data: bytes, limits: DecodeLimits) -> FullSizeLuma:
    """Decode a file's first picture at full size, for codes for exchange.

    Raises:
        MediaError: One of the subclasses that `open_image` raises.
    """
    upright = _full_size(data, limits)
    return FullSizeLuma(width=upright.width, height=upright.height, bands=_luma_bands(upright))


def _matching_plane(
    data: bytes, limits: DecodeLimits, *, colours: bool = False, is_detailed: WantsDetail = wants_none
) -> MatchingPlane:
    plane, upright = _decoded(data, limits)
    size = (plane.width, plane.height)
    if is_detailed(plane.luma, size):
        is_jpeg = plane.media_format is MediaFormat.JPEG
        with decoder_errors():
            detail = jpeg_detail(data, limits, size) if is_jpeg else detail_of(upright, size)
        plane = replace(plane, detail=detail)
    if not colours:
        return plane
    if plane.media_format is not MediaFormat.JPEG:
        return _coloured(plane, upright)
    _, image = open_image(data, limits)
    with decoder_errors():
        return replace(plane, colours=jpeg_colours(image, COLOUR_SIDE))


def _enrolment_planes(
    data: bytes, limits: DecodeLimits, *, colours: bool
) -> tuple[MatchingPlane, FullSizeLuma]:
    first, upright = _decoded(data, limits)
    if first.media_format is MediaFormat.JPEG:
        upright = _full_size(data, limits)
    if colours:
        first = _coloured(first, upright)
    return first, FullSizeLuma(width=upright.width, height=upright.height, bands=_luma_bands(upright))


def _salvaged(
    data: bytes, limits: DecodeLimits, *, colours: bool = False, is_detailed: WantsDetail = wants_none
) -> MatchingPlane:
    """Decode a picture that its decoder refuses, as far as a viewer shows it.

    1. Ancillary chunks of a PNG with a wrong checksum are dropped, as browsers do. Nothing of the picture is missing.
    2. Otherwise the decoder is asked to stop at the fault and not to refuse. Rows behind it are grey or blank.
    3. Of a JPEG, nothing is missing if bytes of no meaning behind its end change nothing: all blocks were there.

    Raises:
        UndecodableMedia: Nothing can be shown, or the format cannot be decoded in part.
    """
    if not salvageable(sniff(data)):
        raise UndecodableMedia(_DAMAGED) from None
    repaired = without_wrong_chunks(data)  # 1.
    if repaired is not data:
        with suppress(UndecodableMedia):
            return _matching_plane(repaired, limits, colours=colours, is_detailed=is_detailed)
    with lenient():  # 2.
        plane = _matching_plane(repaired, limits, colours=colours, is_detailed=is_detailed)
        if plane.luma.min() == plane.luma.max():
            raise UndecodableMedia(_DAMAGED) from None
        if plane.media_format is not MediaFormat.JPEG:
            return replace(plane, is_whole=False)
        other = _matching_plane(with_surplus(data), limits)  # 3.
    return replace(plane, is_whole=np.array_equal(plane.luma, other.luma))


def _full_size(data: bytes, limits: DecodeLimits) -> Image.Image:
    """Decode a file's first picture, upright and opaque."""
    media_format, image = open_image(data, limits, at_full_size=True)
    with decoder_errors():
        flat, orientation = _loaded(data, media_format, image)
        del image
        return turned(flat, orientation)


def _coloured(plane: MatchingPlane, upright: Image.Image) -> MatchingPlane:
    """Return the plane with the colours of the picture from which it was reduced."""
    with decoder_errors():
        return replace(plane, colours=colours_of(upright, (plane.width, plane.height), COLOUR_SIDE))


def _decoded(data: bytes, limits: DecodeLimits) -> tuple[MatchingPlane, Image.Image]:
    """Decode a file's first picture for matching. Return its plane, and the upright picture before reduction."""
    media_format, image = open_image(data, limits)
    size = image.size
    # Further pictures of a JPEG lie behind its end (`index.media.pictures.embedded`), whatever an index says.
    is_single = media_format is MediaFormat.JPEG
    has_more = not is_single and (
        media_format is MediaFormat.GIF or bool(getattr(image, "is_animated", False))
    )
    with decoder_errors():
        if media_format is MediaFormat.JPEG:
            draft_for_matching(image)
        flat, orientation = _loaded(data, media_format, image)
        previews = packed_previews(image)
        del image  # frees its pixels, if `flat` is a copy
        luma = matching_luma(flat, size, orientation)
        upright = turned(flat, orientation)
    width, height = upright_size(size, orientation)
    plane = MatchingPlane(
        media_format=media_format,
        width=width,
        height=height,
        luma=luma,
        has_more=has_more,
        previews=previews,
    )
    return plane, upright


def _loaded(data: bytes, media_format: MediaFormat, image: Image.Image) -> tuple[Image.Image, int]:
    """Decode an open image. Return it in mode L or RGB, with its orientation. Errors of the decoder pass through."""
    if media_format is MediaFormat.WEBP and image.width * image.height > MIN_LARGE_PIXELS:
        return large_webp(data, image.size), orientation_of(image)
    image.load()
    return opaque(image), orientation_of(image)


def _luma_bands(image: Image.Image) -> Iterator[F32]:
    """Yield the luma of an L or RGB image in bands of at most `BAND_PIXELS` pixels, or one row."""
    red, green, blue = LUMA_WEIGHTS
    levels = np.arange(256, dtype=np.uint8)
    of_grey = (levels * red + levels * green + levels * blue).astype(np.float32)
    for _, band in bands(image, BAND_PIXELS):
        if band.mode == "L":
            yield of_grey[np.asarray(band)]
            continue
        rgb = np.asarray(band.convert("RGB"))
        yield (rgb[..., 0] * red + rgb[..., 1] * green + rgb[..., 2] * blue).astype(np.float32)
