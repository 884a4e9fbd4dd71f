"""Tell evidence of a picture from evidence of a design: a dialog, a lattice, a character, a form, a block of words.

Unrelated pictures of one design agree in many windows, exactly and at the same places. What they agree in is drawn,
or repeats, or both; and what lies beside it differs. So enough evidence is judged once more:

1. Windows on drawings do not count if they may be all that agrees (`drawings`).
2. Windows that show a photograph must suffice alone. A window with a near twin elsewhere in the registered picture
   counts less, or not at all: bricks, chequers and lines of text agree with any others of their kind. A picture and
   its crops, captions and altered copies end here: what is left of the photograph is enough.
3. Otherwise the upload looks drawn where it agrees. Few levels, sketches and halos make drawings of photographs, and
   drawings are registered too. They are told from designs by the whole: windows without twins suffice, the upload in
   the reference's frame is near by PDQ, and by the regional signature almost no cell of the frame differs. A crop must
   agree more nearly, as it has no PDQ. A reference without a regional signature is believed here.

docs/decisions/0014 has the measurements.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from index.arrays import F64, Plane
from index.comparison.drawings import discounted_nats, photographed_shares, trusted_nats
from index.comparison.rectification import cover_of, frame_map, unmirrored
from index.comparison.refinement import Frame, Mover
from index.hashing import Code
from index.regions import RegionalSignature, agreement_quantiles
from index.verdict import MIN_COVER, MIN_NATS
from index.windows import AGREEING_BITS, WindowLikelihood, Windows, apart, code_distances, seen_plane

TWIN_BITS: Final = (48, 64)
"""Code distance of a window to its nearest twin: up to the first the window does not count, from the second on it
counts fully. The median of photographs is above 80, that of bricks, chequers and tiles below 45."""

TWIN_APART: Final = 0.75  # normalised distance (`apart`) from which another window can be a twin

UNIQUE_BITS: Final = 68
"""Median distance to the nearest twin, of the windows that agree, from which the picture is no pattern."""

SAME_FRAME_BITS: Final = 66
"""PDQ distance up to which an upload that looks drawn may be the registered picture as a whole. Photographs in two
levels reach 66; lattices and forms with other contents are mostly farther away."""

QUANTILES: Final = (10.0, 25.0)  # percentiles of the agreement of all cells

WHOLE_AGREEMENT: Final = (0.15, 0.36)
"""Minimum agreement with the regional signature at these percentiles. Photographs in two levels have at least 0.18
and 0.37; a character, a dialog or a product on another ground at most 0.19 and 0.43, mostly below 0.05 and 0.3."""

PART_AGREEMENT: Final = (0.55, 0.72)
"""The same where the upload shows less than `MIN_COVER` of the frame. Crops of photographs in three levels have at
least 0.59 and 0.73, screens of one set of icons 0.43 and 0.70."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Known:
    """What is known of a registered picture.

    Attributes:
        windows: its windows.
        pdq: PDQ of its matching plane, or None.
        regions: its regional signature, or None.
        flat_share: its flat share, 0 to 1; None if unknown.
    """

    windows: Windows
    pdq: Code | None = field(repr=False)
    regions: RegionalSignature | None = field(repr=False)
    flat_share: float | None = None


def proven_nats(evidence: WindowLikelihood, known: Known, luma: Plane, upload: Windows) -> float:
    """Return the evidence in nats, below `MIN_NATS` if a design may be all that the two pictures share.

    Args:
        evidence: evidence for one reference.
        known: what is known of the reference.
        luma: matching plane of the upload, uint8 [height, width].
        upload: windows of the upload.
    """
    photographed = photographed_shares(evidence, known.windows, luma, upload)
    nats = _in_all(evidence, trusted_nats(evidence, known.windows, upload, photographed))  # 1.
    if nats < MIN_NATS:
        return nats
    bits = twin_bits(known.windows)[evidence.rows]
    unique = ((bits - TWIN_BITS[0]) / (TWIN_BITS[1] - TWIN_BITS[0])).clip(0, 1)
    of_photograph = _in_all(evidence, discounted_nats(evidence, photographed * unique))  # 2.
    if of_photograph >= MIN_NATS:
        return nats
    of_unique = _in_all(evidence, discounted_nats(evidence, unique))  # 3.
    is_pattern = float(np.median(bits[evidence.distances <= AGREEING_BITS])) < UNIQUE_BITS
    if of_unique < MIN_NATS or is_pattern or not _agrees_throughout(evidence, known, luma, upload):
        return of_photograph
    return min(nats, of_unique)


def _in_all(evidence: WindowLikelihood, nats: float) -> float:
    """Add the evidence that was added to that of the windows, discounted as the windows were to `nats`."""
    return nats + evidence.more_nats * min(1.0, max(0.0, nats) / max(evidence.nats, 1.0))


def twin_bits(windows: Windows) -> F64:
    """Return the code distance of each window to the nearest window at another place: float64 [n], 256 without one."""
    bits = code_distances(windows.codes, windows.codes)
    elsewhere = apart(windows.places, windows.places) > TWIN_APART
    nearest: F64 = np.where(elsewhere, bits, 256).min(axis=1, initial=256).astype(np.float64)
    return nearest


def _agrees_throughout(evidence: WindowLikelihood, known: Known, luma: Plane, upload: Windows) -> bool:
    """Return True if nothing of what the upload shows of the reference's frame differs."""
    if known.regions is None:
        return True
    frame = frame_map(evidence.similarity, known.windows, upload, luma)
    is_whole = cover_of(frame, luma) >= MIN_COVER
    if is_whole and known.pdq is not None and _pdq_bits(evidence, frame, luma, known.pdq) > SAME_FRAME_BITS:
        return False
    if evidence.similarity.mirror:
        frame = unmirrored(frame, luma)
    found = agreement_quantiles(luma, frame, known.regions, QUANTILES)
    least = WHOLE_AGREEMENT if is_whole else PART_AGREEMENT
    return found is not None and all(one >= bound for one, bound in zip(found, least, strict=True))


def _pdq_bits(evidence: WindowLikelihood, frame: Frame, luma: Plane, held: Code) -> int:
    """Return the PDQ distance of the upload in the frame, after small moves."""
    mover = Mover(seen_plane(luma, mirror=evidence.similarity.mirror), frame, held)
    return mover.bits(mover.nearest(frame))
