"""Everything that a picture file shows besides its picture and its further frames: previews, and media behind its end.

1. Previews in the header: one that shows the same as the picture adds nothing. A damaged one shows nothing.
2. Pictures behind the end, as planes, each distinct one once: the further pictures of a multi-picture JPEG lie there
   too, whether its index names them or not. One that cannot be decoded, or is an animation, may show anything.
3. Clips behind the end, as places in the file. They are decoded elsewhere (`registry.matching.embedded_clips`).
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from index.arrays import Plane
from index.errors import MediaError
from index.limits import MEGAPIXEL, DecodeLimits
from index.media.pictures.colours import LATER_COLOUR_SIDE, reduced_colours
from index.media.pictures.decoding import MatchingPlane, matching_plane
from index.media.pictures.embedded.heic_thumbnails import with_thumbnail_first
from index.media.pictures.embedded.second_media import (
    MAX_CLIPS,
    MAX_PICTURES,
    Range,
    header_pictures,
    second_media,
)
from index.media.pictures.formats import MediaFormat
from index.media.pictures.previews import shows_the_same
from index.media.pictures.shown import ShownPlane, ShownPlanes
from index.media.pictures.sketches import Sketches
from index.media.pictures.work import Work

MAX_PIXELS: Final = 100 * MEGAPIXEL
"""Pixels of all pictures behind the end. JPEGs, which are most of them, take 3 to 15 ms a megapixel."""

MAX_PREVIEW_PIXELS: Final = 2 * MEGAPIXEL

MAX_EMBEDDED_CLIPS: Final = MAX_CLIPS
MAX_EMBEDDED_PICTURES: Final = MAX_PICTURES


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Embedded:
    """The other media of a picture file.

    Attributes:
        shown: Pictures and previews that differ from the first picture. It is not whole if a medium was left out.
        clips: Places of clips in the file, at most `MAX_EMBEDDED_CLIPS`.
        has_all_scenes: False if colours were wanted, and a picture behind the end comes without.
    """

    shown: ShownPlanes
    clips: tuple[Range, ...] = ()
    has_all_scenes: bool = True


def embedded_media(
    data: bytes, limits: DecodeLimits, first: MatchingPlane, work: Work, *, colours: int | None = None
) -> Embedded:
    """Find and decode the other media of a picture file. It raises no error: failures clear `is_whole`.

    Args:
        data: Content of the whole file.
        limits: The limits under which `first` was decoded.
        first: Matching plane of the file's first picture.
        work: The processor time spent on the file so far.
        colours: Maximum number of pictures in colour; None if none are wanted.
    """
    previews, are_all = _previews(data, first)
    planes = [ShownPlane(luma=luma) for luma in _differing(previews, limits, first)]
    found = second_media(data, first.media_format)
    sketches = Sketches(first.luma) if found.pictures else None
    pixels_left = MAX_PIXELS
    is_whole, has_all_scenes = found.is_whole and are_all, True
    for start, end in found.pictures:
        bounded = replace(limits, max_pixels=min(limits.max_pixels, pixels_left))
        try:
            work.require_room(first.media_format, 0)
            picture = matching_plane(data[start:end], bounded, colours=bool(colours))
        except MediaError:
            is_whole = False
            continue
        pixels_left = max(1, pixels_left - picture.width * picture.height)
        is_animated = picture.has_more and picture.media_format is not MediaFormat.JPEG
        is_whole = is_whole and picture.is_whole and not is_animated
        if sketches is not None and sketches.is_distinct(picture.luma):
            shown = None if picture.colours is None else reduced_colours(picture.colours, LATER_COLOUR_SIDE)
            planes.append(ShownPlane(luma=picture.luma, colours=shown))
            if colours is not None:
                has_all_scenes = has_all_scenes and shown is not None
                colours = max(0, colours - 1)
    return Embedded(
        shown=ShownPlanes(planes=tuple(planes), is_whole=is_whole),
        clips=tuple(found.clips),
        has_all_scenes=has_all_scenes,
    )


def _previews(data: bytes, first: MatchingPlane) -> tuple[Iterable[bytes], bool]:
    """Return the previews as files, each once, and True if these are all."""
    files, are_all = list(first.previews), True
    if first.media_format is MediaFormat.HEIC:
        files += with_thumbnail_first(data)
    elif first.media_format is MediaFormat.JPEG:
        places, are_all = header_pictures(data)
        files += [data[start:end] for start, end in places]
    return dict.fromkeys(files), are_all


def _differing(previews: Iterable[bytes], limits: DecodeLimits, first: MatchingPlane) -> Iterator[Plane]:
    """Yield the previews that show something else than the picture."""
    bounded = replace(limits, max_pixels=min(limits.max_pixels, MAX_PREVIEW_PIXELS))
    for file in previews:
        with suppress(MediaError):
            preview = matching_plane(file, bounded)
            if not shows_the_same(first.luma, preview.luma):
                yield preview.luma
