"""How strong one piece of evidence is: tight, loose or none, by the thresholds of a profile. Pure.

Pictures are graded by whole codes, or by anchored windows and the upload seen in the reference's frame; clips by pieces
of evidence that agree in time; faces by their engine's threshold, loosely whatever they measure. Each gate that keeps
evidence from being tight has its reason.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from index.errors import InvalidQuery
from index.verdict.boxes import WHOLE, Box
from index.verdict.segments import Segment
from index.verdict.vocabulary import Band, Level, MatchKind, Reason, ReferenceKind

# Measured in design.md section 5, "Tight" and "Loose".
TIGHT_PDQ_BITS: Final = 31  # ThreatExchange's recommended threshold
LOOSE_PDQ_BITS: Final = 40
SECOND_FAMILY_BITS: Final = 20  # keeps 99.5 % of true pairs, passes .85 % of near distinct ones
MAX_PROPOSED_PDQ_BITS: Final = 64  # as far as the index proposes; unrelated codes lie at 128 +- 8
MIN_QUALITY: Final = 50
MIN_COVER: Final = 0.9  # below, what a rectified view lacks is filled with its repeated border
MIN_NATS: Final = 20.0  # log-likelihood ratio of anchored windows; docs/recall.md tells what strangers reach
MAX_FLAT_SHARE: Final = 0.60  # keeps 98.5 % of true matches
MIN_SUPPORT: Final = 2  # distinct pieces of evidence, in time, from which an upload shows something of a clip
MIN_TIGHT_SUPPORT: Final = 3  # of frames that alone would be tight, from which it is the same clip
MIN_CLIP_SHARE: Final = 0.5  # of a clip's time: less of it may be an intro that is nobody's
MIN_FRAME_NATS: Final = (
    120.0  # evidence from which one frame of several alone is a match; one template gives 90
)
MIN_LIKENESS: Final = 0.0  # the engine's own threshold, which is calibrated (`index.faces.engine.manifest`)
MIN_LIKENESS_LEVEL: Final = Level.V2  # somebody has seen that the claim is the subject's own
MIN_FACE_LOOKS: Final = 2  # looks at a clip that show the same likeness: one frame alone is a chance hit


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Named thresholds; the defaults are the default policy.

    Attributes:
        tight_pdq_bits: PDQ distance up to which a picture, whole or seen in the registered frame, is the same picture.
        loose_pdq_bits: PDQ distance up to which it is worth a look, if the second family agrees.
        second_family_bits: dHash-128 distance up to which the second family agrees.
        min_quality: PDQ quality (0 to 100) below which a picture shows too little to block on.
        max_flat_share: share of near-uniform areas (0 to 1) above which a picture is a template or a page.
        min_cover: share of the registered frame (0 to 1) that the upload must show to be the same picture.
        min_nats: evidence of anchored windows, in nats, from which an upload shows something of a registered picture.
        min_block_level: verification from which a case can block.
        min_support: distinct pieces of evidence from which an upload shows something of a clip.
        min_tight_support: tight frames from which it shows the same clip.
        min_clip_share: share of the clip's time (0 to 1) that an upload must show to be the same clip.
        min_likeness: how far beyond its engine's threshold a face must lie (0 to 1, `Evidence.likeness`).
        min_likeness_level: verification from which the likeness of a case is looked for.
        min_face_looks: looks at a clip that must show a likeness.
    """

    name: str
    tight_pdq_bits: int = TIGHT_PDQ_BITS
    loose_pdq_bits: int = LOOSE_PDQ_BITS
    second_family_bits: int = SECOND_FAMILY_BITS
    min_quality: int = MIN_QUALITY
    max_flat_share: float = MAX_FLAT_SHARE
    min_cover: float = MIN_COVER
    min_nats: float = MIN_NATS
    min_block_level: Level = Level.V1
    min_support: int = MIN_SUPPORT
    min_tight_support: int = MIN_TIGHT_SUPPORT
    min_clip_share: float = MIN_CLIP_SHARE
    min_likeness: float = MIN_LIKENESS
    min_likeness_level: Level = MIN_LIKENESS_LEVEL
    min_face_looks: int = MIN_FACE_LOOKS

    def __post_init__(self) -> None:
        """Raises `InvalidQuery` where a profile could block what the default policy would not."""
        limits = (
            self.tight_pdq_bits <= TIGHT_PDQ_BITS,
            self.tight_pdq_bits <= self.loose_pdq_bits <= MAX_PROPOSED_PDQ_BITS,
            self.second_family_bits <= SECOND_FAMILY_BITS,
            self.min_quality >= MIN_QUALITY,
            self.max_flat_share <= MAX_FLAT_SHARE,
            self.min_cover >= MIN_COVER,
            self.min_nats >= MIN_NATS,
            self.min_block_level >= Level.V1,
            self.min_support >= MIN_SUPPORT,
            self.min_tight_support >= MIN_TIGHT_SUPPORT,
            self.min_clip_share >= MIN_CLIP_SHARE,
            self.min_likeness >= MIN_LIKENESS,
            self.min_likeness_level >= MIN_LIKENESS_LEVEL,
            self.min_face_looks >= MIN_FACE_LOOKS,
        )
        if not all(limits):
            raise InvalidQuery("a profile may only be milder than the default policy")


DEFAULT_PROFILE: Final = Profile(name="default")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the search found about one reference.

    Attributes:
        kind: the reference's kind.
        level: the verification level of its case.
        match: how the upload matches.
        exact: whether an exact digest of the bytes is equal.
        pdq_bits: PDQ distance, or None where the match is not by PDQ.
        is_median_filtered: whether the distance is that of the median-filtered upload.
        second_family_bits: dHash-128 distance on the same view, or None where one side has none.
        quality: the lower PDQ quality of the two sides, or None where one side did not tell.
        flat_share: the higher flat share of the sides that are known, or None where neither is.
        nats: evidence of anchored windows, or None where the match is by whole codes. Where it is told, the four
            measures above are those of the upload seen in the reference's frame, or None where it could not be seen so.
        cover: share of the reference's frame that the upload shows (0 to 1), or None where that is not known; asked of
            anchored windows only. Of a registered clip, the share of its time.
        box: where in the upload the match lies; the whole of it for whole codes.
        disputed: whether the reference is challenged or in quarantine.
        segments: when an upload that is a clip shows it; none for pictures.
        pieces: of a registered clip, how many distinct pieces of evidence agree in time; None for what is a picture
            on either side. Where it is told, `nats` is the evidence of the weakest piece that the match rests on, and
            the distances are those of the frame on which a block hangs.
        tight_support: those of frames that alone would be tight.
        is_fully_supported: whether the clip has no more pieces than these, as a still one.
        likeness: how far a face lies beyond its engine's threshold, as a share of the way from there to identical
            vectors: 0 on the threshold, 1 for the same vector; asked of matches by face alone. `pieces` are then the
            looks at a clip that show it, and `is_fully_supported` tells that every look does.
    """

    kind: ReferenceKind
    level: Level
    match: MatchKind = MatchKind.COPY
    exact: bool = False
    pdq_bits: int | None = None
    is_median_filtered: bool = False
    second_family_bits: int | None = None
    quality: int | None = None
    flat_share: float | None = None
    nats: float | None = None
    cover: float | None = None
    box: Box = WHOLE
    disputed: bool = False
    segments: tuple[Segment, ...] = ()
    pieces: int | None = None
    tight_support: int = 0
    is_fully_supported: bool = False
    likeness: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """How strong one piece of evidence is, and which gates it failed."""

    band: Band
    reasons: tuple[Reason, ...]


_NO_GRADE: Final = Grade(band=Band.NONE, reasons=())
_TIGHT: Final = Grade(band=Band.TIGHT, reasons=(Reason.TIGHT_MATCH,))


def grade(evidence: Evidence, profile: Profile = DEFAULT_PROFILE) -> Grade:
    """Grades one piece of evidence as tight, loose or none (design.md section 5, "Tight" and "Loose")."""
    if evidence.match is MatchKind.LIKENESS:
        return _grade_likeness(evidence, profile)
    if evidence.exact:
        return _TIGHT
    if evidence.pieces is not None:
        return _grade_clip(evidence, evidence.pieces, profile)
    if evidence.nats is not None:
        return _grade_windows(evidence, evidence.nats, profile)
    return _grade_whole(evidence, profile)


def _grade_likeness(evidence: Evidence, profile: Profile) -> Grade:
    """Grades a match by face: worth a look, never more, and in clips only where several looks agree."""
    if evidence.likeness is None or not evidence.likeness >= profile.min_likeness:  # NaN is no evidence
        return _NO_GRADE
    if evidence.level < profile.min_likeness_level:
        return _NO_GRADE
    if (
        evidence.pieces is not None
        and evidence.pieces < profile.min_face_looks
        and not evidence.is_fully_supported
    ):
        return _NO_GRADE
    return Grade(band=Band.LOOSE, reasons=(Reason.LIKENESS_ALONE,))


def _grade_whole(evidence: Evidence, profile: Profile) -> Grade:
    """Grades a match by whole codes: tight within the tight radius, and a look at most up to the loose one."""
    if evidence.pdq_bits is None or evidence.pdq_bits > profile.loose_pdq_bits:
        return _NO_GRADE
    if evidence.pdq_bits > profile.tight_pdq_bits:
        agrees = (
            evidence.second_family_bits is not None
            and evidence.second_family_bits <= profile.second_family_bits
        )
        return Grade(band=Band.LOOSE, reasons=(Reason.LOOSE_MATCH,)) if agrees else _NO_GRADE
    failed = tuple(_failed_gates(evidence, profile))
    return Grade(band=Band.LOOSE, reasons=(Reason.LOOSE_MATCH, *failed)) if failed else _TIGHT


def _grade_windows(evidence: Evidence, nats: float, profile: Profile) -> Grade:
    """Grades a match by anchored windows: tight where the upload, in the reference's frame, is the same picture."""
    if not nats >= profile.min_nats:  # NaN is no evidence
        return _NO_GRADE
    failed = (*_failed_frame(evidence, profile), *_failed_gates(evidence, profile))
    return Grade(band=Band.LOOSE, reasons=(Reason.WINDOWS_AGREE, *failed)) if failed else _TIGHT


def _grade_clip(evidence: Evidence, pieces: int, profile: Profile) -> Grade:
    """Grades a match with a registered clip: tight where enough of its frames are the same pictures, in their order."""
    nats = evidence.nats if evidence.nats is not None else 0.0
    if not nats >= profile.min_nats:  # NaN is no evidence
        return _NO_GRADE
    if not (pieces >= profile.min_support or evidence.is_fully_supported or nats >= MIN_FRAME_NATS):
        return _NO_GRADE
    failed = tuple(_failed_clip(evidence, pieces, profile))
    return Grade(band=Band.LOOSE, reasons=(Reason.FRAMES_AGREE, *failed)) if failed else _TIGHT


def _failed_clip(evidence: Evidence, pieces: int, profile: Profile) -> Iterable[Reason]:
    """Yields what keeps an upload from showing the same clip."""
    if min(evidence.tight_support, pieces) < profile.min_tight_support:
        yield Reason.FRAMES_DIFFER
    if evidence.cover is None or not evidence.cover >= profile.min_clip_share:  # NaN fails too
        yield Reason.CLIP_CUT


def _failed_frame(evidence: Evidence, profile: Profile) -> Iterable[Reason]:
    """Yields what keeps the upload, seen in the reference's frame, from being the same picture."""
    is_altered = evidence.match is MatchKind.ALTERED_COPY
    if is_altered or evidence.pdq_bits is None or evidence.pdq_bits > profile.tight_pdq_bits:
        yield Reason.FRAME_DIFFERS
    is_part = evidence.match is MatchKind.PARTIAL_COPY
    if is_part or evidence.cover is None or not evidence.cover >= profile.min_cover:  # NaN fails too
        yield Reason.FRAME_CUT


def _failed_gates(evidence: Evidence, profile: Profile) -> Iterable[Reason]:
    """Yields the gates that keep a picture from being tight, however near its PDQ is."""
    if evidence.quality is None or evidence.quality < profile.min_quality:
        yield Reason.LOW_QUALITY
    # A side that sent codes only cannot tell its flat share. Within the tight radius both sides show the same
    # picture, so one known side speaks for both; where neither is known the gate is not passed.
    if evidence.flat_share is None or not evidence.flat_share <= profile.max_flat_share:  # NaN fails too
        yield Reason.FLAT_PICTURE
    if evidence.second_family_bits is None:
        yield Reason.SECOND_FAMILY_MISSING
    elif evidence.second_family_bits > profile.second_family_bits:
        yield Reason.SECOND_FAMILY_DIFFERS
