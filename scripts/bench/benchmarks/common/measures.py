"""Measures of evidence for reports, whatever its type: what a type does not measure is None."""

from dataclasses import dataclass

from index.verdict import ClipEvidence, Evidence, FrameView, WholeEvidence, WindowEvidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What a report prints of one piece of evidence.

    Attributes:
        nats: log-likelihood ratio of windows, in nats.
        pdq_bits: PDQ distance, of windows that in the reference's frame.
        dhash_bits: dHash-128 distance, likewise.
        quality: PDQ quality, 0 to 100.
        flat_share: 0 to 1.
        cover: share of the reference's frame, or of a clip's time, 0 to 1.
    """

    nats: float | None = None
    pdq_bits: int | None = None
    dhash_bits: int | None = None
    quality: int | None = None
    flat_share: float | None = None
    cover: float | None = None


def measures_of(evidence: Evidence) -> Measures:
    """Return what evidence measures."""
    match evidence:
        case WholeEvidence():
            return Measures(
                pdq_bits=evidence.pdq_bits,
                dhash_bits=evidence.dhash_bits,
                quality=evidence.quality,
                flat_share=evidence.flat_share,
            )
        case WindowEvidence(view=FrameView() as view):
            return Measures(
                nats=evidence.nats,
                pdq_bits=view.pdq_bits,
                dhash_bits=view.dhash_bits,
                quality=view.quality,
                flat_share=view.flat_share,
                cover=view.cover,
            )
        case WindowEvidence():
            return Measures(nats=evidence.nats)
        case ClipEvidence():
            return Measures(nats=evidence.nats, cover=evidence.cover)
        case _:
            return Measures()
