"""Grades: how strong evidence is, and the gates that keep evidence of a picture from being tight."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from index.verdict.reasons import Reason
from index.verdict.thresholds import (
    MAX_DHASH_BITS,
    MAX_FLAT_SHARE,
    MIN_QUALITY,
    PARTLY_FLAT_DHASH_BITS,
    PARTLY_FLAT_SHARE,
)
from index.verdict.vocabulary import Band


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """How strong one piece of evidence is, and which gates it failed."""

    band: Band
    reasons: tuple[Reason, ...]


NO_GRADE: Final = Grade(band=Band.NONE, reasons=())
TIGHT: Final = Grade(band=Band.TIGHT, reasons=(Reason.TIGHT_MATCH,))


def tight_unless(failed: Iterable[Reason], otherwise: Reason) -> Grade:
    """Return a tight grade if no gate failed, and otherwise a loose grade with `otherwise` and the failed gates."""
    gates = tuple(failed)
    return Grade(band=Band.LOOSE, reasons=(otherwise, *gates)) if gates else TIGHT


def failed_gates(
    *, dhash_bits: int | None, quality: int | None, flat_share: float | None
) -> Iterable[Reason]:
    """Yield the gates that keep a picture from being tight, however near its PDQ is.

    Args:
        dhash_bits: dHash-128 distance, or None where one side has none.
        quality: the lower PDQ quality of the two sides, 0 to 100, or None where one side did not tell.
        flat_share: the higher flat share of the sides that are known, 0 to 1, or None where neither is. A side that
            sent codes only cannot tell its flat share. Within the tight radius both sides show the same picture, so one
            known side speaks for both; where neither is known the gate is not passed.
    """
    if quality is None or quality < MIN_QUALITY:
        yield Reason.LOW_QUALITY
    if flat_share is None or not flat_share <= MAX_FLAT_SHARE:  # NaN fails too
        yield Reason.FLAT_PICTURE
    if dhash_bits is None:
        yield Reason.SECOND_FAMILY_MISSING
    elif dhash_bits > _max_dhash_bits(flat_share):
        yield Reason.SECOND_FAMILY_DIFFERS


def _max_dhash_bits(flat_share: float | None) -> int:
    """Return the dHash-128 distance up to which it agrees, for a flat share."""
    is_partly_flat = flat_share is not None and flat_share > PARTLY_FLAT_SHARE
    return PARTLY_FLAT_DHASH_BITS if is_partly_flat else MAX_DHASH_BITS
