"""Media to fingerprint inside one process: decode, then hash. The sandbox's worker does this."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from index.hashing.codes import Code
from index.hashing.images import dhash128, phash
from index.hashing.whole import flat_share, pdq, pdq_of_bands
from index.limits import STANDARD, DecodeLimits
from index.media.images import full_size_luma, matching_plane
from index.media.opening import MediaFormat

VERSION: Final = "image-1"  # changes whenever a code of the same file would change
LOW_INFORMATION_QUALITY: Final = 10  # PDQ quality below which a picture is as good as flat


class Purpose(StrEnum):
    """What a fingerprint is for: a check needs codes for matching, an enrolment also codes for exchange."""

    ENROL = "enrol"
    CHECK = "check"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFingerprint:
    """All that is derived from one picture; holds no pixels and nothing of the file but its digest.

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
    version: str = VERSION

    @property
    def quality(self) -> int:
        """PDQ quality of the matching plane, 0 to 100."""
        return self.pdq.quality or 0

    @property
    def is_low_information(self) -> bool:
        """Whether the picture is flat or degenerate, so that its codes would match every blank upload."""
        return self.pdq.is_degenerate or self.quality < LOW_INFORMATION_QUALITY


def describe_in_process(data: bytes, purpose: Purpose, limits: DecodeLimits = STANDARD) -> ImageFingerprint:
    """Fingerprint a picture here and now, without a sandbox: for workers, tests and trusted files only.

    Args:
        data: The whole file.
        purpose: ENROL adds the codes for exchange, at the cost of decoding at full size.
        limits: What the file may announce.

    Raises:
        MediaError: One of the leaves that `open_image` raises.
    """
    plane = matching_plane(data, limits)
    canonical = exchange = None
    if purpose is Purpose.ENROL:
        full = full_size_luma(data, limits)
        canonical = pdq_of_bands(full.height, full.width, full.bands)
        exchange = phash(plane.luma)
    return ImageFingerprint(
        sha256=hashlib.sha256(data).digest(),
        media_format=plane.media_format,
        width=plane.width,
        height=plane.height,
        pdq=pdq(plane.luma),
        pdq_canonical=canonical,
        dhash=dhash128(plane.luma),
        phash=exchange,
        flat_share=flat_share(plane.luma),
    )
