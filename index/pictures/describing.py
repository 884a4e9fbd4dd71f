"""Decode and hash a picture inside one process. The sandbox's worker does this."""

import hashlib
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from index.frames import (
    LOW_INFORMATION_QUALITY,
    QueryFrame,
    inner_boxes,
    look,
    pictures_within,
    without_luma,
    without_page,
)
from index.frames.parts import may_have_parts
from index.hashing import Code, pdq, pdq_of_bands, phash, template_share
from index.limits import STANDARD, DecodeLimits
from index.media.pictures import (
    MAX_LATER_COLOURS,
    OPEN_CHOICES,
    Colours,
    LaterPlanes,
    MatchingPlane,
    MediaFormat,
    SecretChoices,
    ShownPlane,
    Work,
    embedded_media,
    enrolment_planes,
    matching_plane,
    wants_none,
)
from index.pictures.exchange_codes import exchange_dhash
from index.pictures.parts import part_planes
from index.pictures.views import view_planes
from index.regions import RegionalSignature, regional_signature
from index.stages import Stage, stage
from index.verdict import Box
from index.windows import FULL, MatchingProfile, Windows, reference_windows

VERSION: Final = "image-4"  # to be changed with every change of a code of the same file


class Purpose(StrEnum):
    """Purpose of a fingerprint: a check needs codes for matching, an enrolment also codes for exchange."""

    ENROL = "enrol"
    CHECK = "check"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFingerprint:
    """All codes of one picture. It keeps no part of the file but the digest, and pixels only if colours are requested.

    Attributes:
        sha256: Digest of the file, 32 bytes.
        media_format: Format by content.
        width: Columns of the upright picture, in pixels.
        height: Rows of the upright picture, in pixels.
        pdq: PDQ of the matching plane (longest side 512 pixels), with quality.
        pdq_canonical: PDQ of the full-size picture, with quality, as other registries compute it; ENROL only.
        dhash: dHash-128 of the matching plane.
        phash: pHash of the matching plane; ENROL only.
        flat_share: Share of the picture that is one grey level, 0 to 1; for ENROL 1 for a graphic (CHECK leaves it to
            `QueryFrame.template_share`).
        windows: Anchored windows of the matching plane; ENROL only, None if they were not requested.
        regions: Regional signature of the matching plane; as windows are.
        inner: Boxes of pictures within the picture (screenshot, collage), the most certain first; ENROL only.
        profile: Name of the matching profile that made the windows; None if no windows were requested.
        query_frames: The first picture, then everything else that the file shows (`ShownPlanes`); CHECK only.
        is_whole: True if the query frames represent everything that the file shows.
        colours: uint8 [rows, columns, 3], RGB, upright; empty if not requested. The first picture (longest side at
            most 1,280 pixels); for a CHECK also up to 16 later frames (640 pixels). Used to find faces, then dropped.
        has_all_scenes: True if the colours show every picture of the file: each scene, not each frame.
        clips: Places of clips in the file, each its first byte and the place behind its last one; CHECK only. They were
            not decoded.
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
    regions: RegionalSignature | None = field(default=None, compare=False, repr=False)
    inner: tuple[Box, ...] = ()
    profile: str | None = None
    query_frames: tuple[QueryFrame, ...] = field(default=(), compare=False, repr=False)
    is_whole: bool = True
    colours: tuple[Colours, ...] = field(default=(), compare=False, repr=False)
    has_all_scenes: bool = True
    clips: tuple[tuple[int, int], ...] = ()
    version: str = VERSION

    @property
    def quality(self) -> int:
        """PDQ quality of the matching plane, 0 to 100."""
        return self.pdq.quality or 0

    @property
    def is_low_information(self) -> bool:
        """True if the picture is flat or degenerate: its codes would match every blank upload."""
        return self.pdq.is_degenerate or self.quality < LOW_INFORMATION_QUALITY


def describe_in_process(
    data: bytes,
    purpose: Purpose,
    limits: DecodeLimits = STANDARD,
    *,
    profile: MatchingProfile | None = FULL,
    colours: bool = False,
    choices: SecretChoices = OPEN_CHOICES,
) -> ImageFingerprint:
    """Fingerprint a picture without a sandbox: for workers, tests and trusted files only.

    Args:
        data: Content of the whole file.
        purpose: ENROL adds the codes for exchange, which need the picture at full size; CHECK adds later frames and
            parts.
        limits: Bounds on the size that the file's header may announce.
        profile: Number and sizes of anchored windows; None for no windows.
        colours: True to return the picture in colour as well.
        choices: The secret by which frames of an animation are chosen.

    Raises:
        MediaError: One of the subclasses that `open_image` raises.
    """
    if purpose is Purpose.CHECK:
        return _described_for_check(data, limits, profile, choices, colours=colours)
    plane, full = enrolment_planes(data, limits, colours=colours)
    luma = plane.luma
    inner = pictures_within(luma)
    dhash = exchange_dhash(luma)
    return replace(
        _described(data, plane, profile, pdq=pdq(luma), dhash=dhash, flat_share=template_share(luma)),
        pdq_canonical=pdq_of_bands(full.height, full.width, full.bands),
        phash=phash(luma),
        windows=None if profile is None else without_page(reference_windows(luma, profile), inner, luma),
        regions=None if profile is None else regional_signature(luma),
        inner=inner_boxes(inner, luma),
        colours=_own_colours(plane),
    )


def _described_for_check(
    data: bytes,
    limits: DecodeLimits,
    profile: MatchingProfile | None,
    choices: SecretChoices,
    *,
    colours: bool,
) -> ImageFingerprint:
    work = Work()
    with stage(Stage.DECODING):
        # Parts have no whole codes, so without windows they have nothing to be compared.
        is_detailed = wants_none if profile is None else may_have_parts
        plane = matching_plane(data, limits, colours=colours, is_detailed=is_detailed)
    first = look(plane.luma, profile, is_inverted=True)
    with stage(Stage.DESCRIPTION):
        # Views are compared by windows alone.
        views = () if profile is None else view_planes(plane.luma, work)
        parts = part_planes(plane, work)
    plane = replace(plane, detail=None)  # frees it
    of_parts = [_looked_at(one, profile) for one in (*views, *parts.planes)]
    later = LaterPlanes(data, limits, plane, work, choices)
    query_frames = [first, *(_looked_at(one, profile) for one in later)]
    shown = [*_own_colours(plane), *later.colours]
    left = 1 + MAX_LATER_COLOURS - len(shown) if colours else None
    with stage(Stage.DECODING):
        embedded = embedded_media(data, limits, plane, work, colours=left)
    query_frames += [_looked_at(one, profile) for one in embedded.shown.planes]
    shown += [one.colours for one in embedded.shown.planes if one.colours is not None]
    return replace(
        _described(data, plane, profile, pdq=first.pdq, dhash=first.dhash, flat_share=first.flat_share),
        query_frames=(*query_frames, *of_parts),
        is_whole=plane.is_whole and later.is_whole and parts.is_whole and embedded.shown.is_whole,
        colours=tuple(shown),
        has_all_scenes=later.has_all_scenes and embedded.has_all_scenes,
        clips=embedded.clips,
    )


def _looked_at(shown: ShownPlane, profile: MatchingProfile | None) -> QueryFrame:
    if shown.in_full:
        return look(shown.luma, profile, shown.part)
    return without_luma(look(shown.luma, None, shown.part, is_filtered=False))


def _own_colours(plane: MatchingPlane) -> tuple[Colours, ...]:
    return () if plane.colours is None else (plane.colours,)


def _described(
    data: bytes,
    plane: MatchingPlane,
    profile: MatchingProfile | None,
    *,
    pdq: Code,
    dhash: Code,
    flat_share: float,
) -> ImageFingerprint:
    """Return the fields that an enrolment and a check have in common."""
    return ImageFingerprint(
        sha256=hashlib.sha256(data).digest(),
        media_format=plane.media_format,
        width=plane.width,
        height=plane.height,
        pdq=pdq,
        pdq_canonical=None,
        dhash=dhash,
        phash=None,
        flat_share=flat_share,
        profile=None if profile is None else profile.name,
    )
