"""Decoding a picture into planes: the same picture gives the same plane, however it was saved.

What differs between files of one picture is taken out: orientation here, colour modes, palettes, transparency
and bit depth in `modes`. Colour profiles are ignored, as not every browser on a victim's device applies them.
Of an animation or a file of several pictures the first one is the picture; `later_planes` shows some of the rest.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from PIL import Image

from index.arrays import F32, Plane
from index.errors import MediaError
from index.limits import DecodeLimits
from index.media.pictures.colours import COLOUR_SIDE, Colours, colours_of, jpeg_colours, upright_size
from index.media.pictures.later_frames import Frames
from index.media.pictures.modes import bands, opaque
from index.media.pictures.opening import MediaFormat, decoder_errors, open_image
from index.media.pictures.planes import draft_for_matching, matching_luma, orientation_of, turned

SAME_FRAME_LEVELS: Final = (
    2.0  # mean absolute difference in grey levels below which a frame shows nothing new
)
BAND_PIXELS: Final = 1_000_000  # pixels of full-size luma at a time: some 30 MB of work space instead of 1 GB

# The reference PDQ's weights (ITU-R BT.601), in double precision as its Python binding applies them.
LUMA_WEIGHTS: Final = (0.299, 0.587, 0.114)


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchingPlane:
    """What matching works on.

    Attributes:
        media_format: The file's format.
        width: Width of the upright picture at full size, in pixels.
        height: Height of the upright picture at full size, in pixels.
        luma: uint8 [rows, columns], upright, grey levels 0 to 255, longest side at most 512.
        has_more: Whether the header announces further frames; of a GIF, whose header does not say, always.
        colours: The same in colour, longest side at most 1280; None where it was not asked for.
    """

    media_format: MediaFormat
    width: int
    height: int
    luma: Plane
    has_more: bool = False
    colours: Colours | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterPlanes:
    """What an animation shows after its first frame, or a file after its first picture.

    Attributes:
        planes: Up to four planes like `MatchingPlane.luma`, in the file's order and evenly spaced, without those
            that look like the first or like one another.
        complete: Whether they stand for the whole file. False where a frame is damaged, missing or oversized, or
            where going through all frames would cost too much: what was not seen may be anything.
        colours: Of each plane the same in colour, longest side at most 640; none where they were not asked for.
    """

    planes: tuple[Plane, ...] = ()
    complete: bool = True
    colours: tuple[Colours, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FullSizeLuma:
    """A picture's luma at full size, in bands of rows, to be read once.

    Attributes:
        width: Columns of the upright picture.
        height: Rows of all bands together.
        bands: float32 [any, width], top to bottom, grey levels 0 to 255, weighed as the reference PDQ does.
    """

    width: int
    height: int
    bands: Iterator[F32]


def matching_plane(data: bytes, limits: DecodeLimits, *, colours: bool = False) -> MatchingPlane:
    """Decode a file's first picture into its matching plane.

    Of a JPEG only the luma is decoded, and at the fraction of its size that is enough; for its colours, where they are
    asked for, it is decoded again.

    Raises:
        MediaError: One of the leaves that `open_image` raises.
    """
    plane, upright = _decoded(data, limits)
    if not colours:
        return plane
    if plane.media_format is not MediaFormat.JPEG:
        return _coloured(plane, upright)
    _, image = open_image(data, limits)
    with decoder_errors():
        return replace(plane, colours=jpeg_colours(image, COLOUR_SIDE))


def enrolment_planes(
    data: bytes, limits: DecodeLimits, *, colours: bool = False
) -> tuple[MatchingPlane, FullSizeLuma]:
    """Give what `matching_plane` and `full_size_luma` give, decoding once where once is enough.

    Of a JPEG the matching plane is decoded at a fraction of the size, at a check and so at enrolment too.

    Raises:
        MediaError: One of the leaves that `open_image` raises.
    """
    first, upright = _decoded(data, limits)
    if first.media_format is MediaFormat.JPEG:
        upright = _full_size(data, limits)
    if colours:
        first = _coloured(first, upright)
    return first, FullSizeLuma(width=upright.width, height=upright.height, bands=_luma_bands(upright))


def later_planes(data: bytes, limits: DecodeLimits, first: MatchingPlane) -> LaterPlanes:
    """Decode a few of the frames that come after the first; raises nothing, and says what it could not see.

    Args:
        data: The whole file.
        limits: Those under which `first` was decoded.
        first: The same file's matching plane; where it has colours, so have they.
    """
    if not first.has_more:
        return LaterPlanes()
    chosen = [first.luma]
    colours = []
    complete = False
    try:
        frames = Frames.of(data, limits)
        for frame in frames.planes(colours=first.colours is not None):
            if any(_looks_like(frame.luma, other) for other in chosen):
                continue
            chosen.append(frame.luma)
            if frame.colours is not None:
                colours.append(frame.colours)
        complete = frames.stand_for_all
    except MediaError:
        complete = False
    return LaterPlanes(planes=tuple(chosen[1:]), complete=complete, colours=tuple(colours))


def full_size_luma(data: bytes, limits: DecodeLimits) -> FullSizeLuma:
    """Decode a file's first picture at full size, for codes that other registries compare with.

    Raises:
        MediaError: One of the leaves that `open_image` raises.
    """
    upright = _full_size(data, limits)
    return FullSizeLuma(width=upright.width, height=upright.height, bands=_luma_bands(upright))


def _full_size(data: bytes, limits: DecodeLimits) -> Image.Image:
    """Decode a file's first picture, upright and opaque."""
    _, image = open_image(data, limits)
    with decoder_errors():
        image.load()
        return turned(opaque(image), orientation_of(image))


def _coloured(plane: MatchingPlane, upright: Image.Image) -> MatchingPlane:
    """Add the colours of the picture that the plane was reduced from."""
    with decoder_errors():
        return replace(plane, colours=colours_of(upright, (plane.width, plane.height), COLOUR_SIDE))


def _decoded(data: bytes, limits: DecodeLimits) -> tuple[MatchingPlane, Image.Image]:
    """Decode a file's first picture for matching: its plane, and the upright picture that it was reduced from."""
    media_format, image = open_image(data, limits)
    size = image.size
    has_more = media_format is MediaFormat.GIF or bool(getattr(image, "is_animated", False))
    with decoder_errors():
        if media_format is MediaFormat.JPEG:
            draft_for_matching(image)
        image.load()
        orientation = orientation_of(image)
        flat = opaque(image)
        del image  # its pixels, where `flat` has its own
        luma = matching_luma(flat, size, orientation)
        upright = turned(flat, orientation)
    width, height = upright_size(size, orientation)
    plane = MatchingPlane(media_format=media_format, width=width, height=height, luma=luma, has_more=has_more)
    return plane, upright


def _looks_like(plane: Plane, other: Plane) -> bool:
    """Tell whether two planes differ by less than a viewer would notice."""
    if plane.shape != other.shape:
        return False
    return float(np.abs(plane.astype(np.int16) - other).mean()) < SAME_FRAME_LEVELS


def _luma_bands(image: Image.Image) -> Iterator[F32]:
    """Weigh an L or RGB image band by band; its bands in memory stay below `BAND_PIXELS`."""
    red, green, blue = LUMA_WEIGHTS
    levels = np.arange(256, dtype=np.uint8)
    of_grey = (levels * red + levels * green + levels * blue).astype(np.float32)
    for _, band in bands(image, BAND_PIXELS):
        if band.mode == "L":
            yield of_grey[np.asarray(band)]
            continue
        rgb = np.asarray(band.convert("RGB"))
        yield (rgb[..., 0] * red + rgb[..., 1] * green + rgb[..., 2] * blue).astype(np.float32)
