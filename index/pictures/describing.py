"""Media to fingerprint inside one process: decode, then hash. The sandbox's worker does this."""

import hashlib
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from index.frames import LOW_INFORMATION_QUALITY, QueryFrame, inner_boxes, look, pictures_within, without_page
from index.hashing import Code, dhash128, flat_share, pdq, pdq_of_bands, phash
from index.limits import STANDARD, DecodeLimits
from index.media.pictures import (
    Colours,
    MatchingPlane,
    MediaFormat,
    enrolment_planes,
    later_planes,
    matching_plane,
)
from index.stages import Stage, stage
from index.verdict import Box
from index.windows import FULL, MatchingProfile, Windows, reference_windows

VERSION: Final = "image-3"  # changes whenever a code of the same file would change


class Purpose(StrEnum):
    """What a fingerprint is for: a check needs codes for matching, an enrolment also codes for exchange."""

    ENROL = "enrol"
    CHECK = "check"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFingerprint:
    """All that is derived from one picture; holds nothing of the file but its digest, and no pixels of it to keep.

    Attributes:
        sha256: Digest of the file, 32 bytes.
        media_format: The format by content, one of `MediaFormat`.
        width: Columns of the upright picture, in pixels.
        height: Rows of the upright picture, in pixels.
        pdq: PDQ of the matching plane (longest side 512), with quality.
        pdq_canonical: PDQ of the full-size picture, with quality, as other registries make it; ENROL only.
        dhash: dHash-128 of the matching plane.
        phash: pHash of the matching plane; ENROL only.
        flat_share: Share of the picture that is one level, 0 to 1.
        windows: Anchored windows of the matching plane; ENROL only, None where they were not asked for.
        inner: Where pictures lie within the picture, as in a screenshot or a collage, the surest first; ENROL only.
        profile: Name of the matching profile that made windows; None where none were asked for.
        query_frames: The first frame and up to four later ones as a check matches them; CHECK only.
        is_whole: Whether the query_frames stand for all that the file shows.
        colours: Where they were asked for: uint8 [rows, columns, 3], red, green and blue, upright, for CHECK of each
            frame (longest side at most 1280, of later ones 640), for ENROL of the picture; for looking for faces at
            once, and not to be kept.
        version: Version of the whole procedure.
    """

    sha256: bytes = field(repr=False)
    media_format: MediaFormat
    width: int
    height: int
    pdq: Code
    pdq_canonical: Code | None
    dhash: Code
    phash: Code | None
    flat_share: float
    windows: Windows | None = field(default=None, compare=False, repr=False)
    inner: tuple[Box, ...] = ()
    profile: str | None = None
    query_frames: tuple[QueryFrame, ...] = field(default=(), compare=False, repr=False)
    is_whole: bool = True
    colours: tuple[Colours, ...] = field(default=(), compare=False, repr=False)
    version: str = VERSION

    @property
    def quality(self) -> int:
        """PDQ quality of the matching plane, 0 to 100."""
        return self.pdq.quality or 0

    @property
    def is_low_information(self) -> bool:
        """Whether the picture is flat or degenerate, so that its codes would match every blank upload."""
        return self.pdq.is_degenerate or self.quality < LOW_INFORMATION_QUALITY


def describe_in_process(
    data: bytes,
    purpose: Purpose,
    limits: DecodeLimits = STANDARD,
    *,
    profile: MatchingProfile | None = FULL,
    colours: bool = False,
) -> ImageFingerprint:
    """Fingerprint a picture here and now, without a sandbox: for workers, tests and trusted files only.

    Args:
        data: The whole file.
        purpose: ENROL adds the codes for exchange, at the cost of decoding at full size; CHECK the later frames.
        limits: What the file may announce.
        profile: Which anchored windows to make; None makes none.
        colours: Whether to give the picture in colour too.

    Raises:
        MediaError: One of the leaves that `open_image` raises.
    """
    if purpose is Purpose.CHECK:
        with stage(Stage.DECODING):
            plane = matching_plane(data, limits, colours=colours)
            later = later_planes(data, limits, plane)
        query_frames = tuple(look(luma, profile) for luma in (plane.luma, *later.planes))
        first = query_frames[0]
        described = _described(
            data, plane, profile, whole=first.whole, second=first.second, flat=first.flat_share
        )
        return replace(
            described,
            query_frames=query_frames,
            is_whole=later.complete,
            colours=(*_own_colours(plane), *later.colours),
        )
    plane, full = enrolment_planes(data, limits, colours=colours)
    luma = plane.luma
    inner = pictures_within(luma)
    return replace(
        _described(data, plane, profile, whole=pdq(luma), second=dhash128(luma), flat=flat_share(luma)),
        pdq_canonical=pdq_of_bands(full.height, full.width, full.bands),
        phash=phash(luma),
        windows=None if profile is None else without_page(reference_windows(luma, profile), inner, luma),
        inner=inner_boxes(inner, luma),
        colours=_own_colours(plane),
    )


def _own_colours(plane: MatchingPlane) -> tuple[Colours, ...]:
    return () if plane.colours is None else (plane.colours,)


def _described(
    data: bytes,
    plane: MatchingPlane,
    profile: MatchingProfile | None,
    *,
    whole: Code,
    second: Code,
    flat: float,
) -> ImageFingerprint:
    """What enrolment and check have in common."""
    return ImageFingerprint(
        sha256=hashlib.sha256(data).digest(),
        media_format=plane.media_format,
        width=plane.width,
        height=plane.height,
        pdq=whole,
        pdq_canonical=None,
        dhash=second,
        phash=None,
        flat_share=flat,
        profile=None if profile is None else profile.name,
    )
