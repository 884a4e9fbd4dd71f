"""The ladder: from evidence to `allow`, `review` or `block`. Pure, and the only place that decides.

Procedure, for one upload (design.md section 8):

1. Each piece of evidence is graded: *tight*, *loose* or *none* (`grade`), with a reason for each gate that
   kept it from being tight.
2. The grade, the reference's kind and the case's level look up one row of `LADDER`: the rung.
3. An official release turns the answer to `allow`, unless an intimate item matches: then two claims conflict, and
   what would have been `block` is for a person to decide.
4. The strongest rung is the verdict. Nothing at all is `allow`.

A likeness has no row that blocks (promise 2), and a platform's profile can only move thresholds inwards.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum, unique
from typing import Final

from index.boxes import WHOLE, Box
from index.errors import InvalidQuery
from index.segments import Segment, joined


@unique
class Outcome(StrEnum):
    """What the platform is told to do before it publishes."""

    ALLOW = "allow"
    REVIEW = "review"
    BLOCK = "block"


@unique
class Band(StrEnum):
    """How sure the answer is; coarse on purpose (promise 5)."""

    NONE = "none"
    LOOSE = "loose"
    TIGHT = "tight"


@unique
class MatchKind(StrEnum):
    """What kind of match the upload has with something registered."""

    COPY = "copy"
    """The whole registered picture, whatever is around or over it."""
    PARTIAL_COPY = "partial_copy"
    """A part of it: a crop."""
    ALTERED_COPY = "altered_copy"
    """It, with a region that shows something else."""
    LIKENESS = "likeness"
    """The registered person's face, in another picture."""


@unique
class ReferenceKind(StrEnum):
    """What a reference is (design.md, glossary)."""

    INTIMATE_ITEM = "intimate_item"
    SOURCE_ORIGINAL = "source_original"
    LIKENESS = "likeness"
    OFFICIAL_RELEASE = "official_release"
    EXCLUDED_INTERVAL = "excluded_interval"


@unique
class Level(IntEnum):
    """How far a case is verified (domain map, section 3.1)."""

    V0 = 0
    V1 = 1
    V2 = 2
    V3 = 3
    V4 = 4


@unique
class Reason(StrEnum):
    """Why the verdict is what it is: names of gates and rows, never a measure."""

    TIGHT_MATCH = "tight_match"
    LOOSE_MATCH = "loose_match"
    WINDOWS_AGREE = "windows_agree"
    FRAMES_AGREE = "frames_agree"
    FRAMES_DIFFER = "frames_differ"
    CLIP_CUT = "clip_cut"
    FRAME_DIFFERS = "frame_differs"
    FRAME_CUT = "frame_cut"
    WORK_BOUND = "work_bound"
    CASE_NOT_VERIFIED = "case_not_verified"
    LOW_QUALITY = "low_quality"
    FLAT_PICTURE = "flat_picture"
    SECOND_FAMILY_DIFFERS = "second_family_differs"
    SECOND_FAMILY_MISSING = "second_family_missing"
    REFERENCE_DISPUTED = "reference_disputed"
    CONFLICTING_CLAIMS = "conflicting_claims"
    SOURCE_ORIGINAL = "source_original"
    LIKENESS_ALONE = "likeness_alone"
    OFFICIAL_RELEASE = "official_release"
    NO_MATCH = "no_match"
    NEAR_THRESHOLD_BUDGET = "near_threshold_budget"


# Measured in design.md section 5, "Tight" and "Loose".
TIGHT_PDQ_BITS: Final = 31  # ThreatExchange's recommended threshold
LOOSE_PDQ_BITS: Final = 40
SECOND_FAMILY_BITS: Final = 20  # keeps 99.5 % of true pairs, passes .85 % of near distinct ones
WIDEST_PDQ_BITS: Final = 64  # as far as the index proposes; unrelated codes lie at 128 +- 8
MIN_QUALITY: Final = 50
MIN_COVER: Final = 0.9  # below, what a rectified view lacks is filled with its repeated border
MIN_NATS: Final = 20.0  # log-likelihood ratio of anchored windows; docs/recall.md tells what strangers reach
MAX_FLAT_SHARE: Final = 0.60  # keeps 98.5 % of true matches
MIN_PIECES: Final = 2  # distinct pieces of evidence, in time, from which an upload shows something of a clip
MIN_TIGHT_PIECES: Final = 3  # of frames that alone would be tight, from which it is the same clip
MIN_CLIP_SHARE: Final = 0.5  # of a clip's time: less of it may be an intro that is nobody's
MIN_FRAME_NATS: Final = 60.0  # evidence from which one frame alone is a match, of that frame


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
        min_pieces: distinct pieces of evidence from which an upload shows something of a clip.
        min_tight_pieces: tight frames from which it shows the same clip.
        min_clip_share: share of the clip's time (0 to 1) that an upload must show to be the same clip.
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
    min_pieces: int = MIN_PIECES
    min_tight_pieces: int = MIN_TIGHT_PIECES
    min_clip_share: float = MIN_CLIP_SHARE

    def __post_init__(self) -> None:
        """Raises `InvalidQuery` where a profile could block what the default policy would not."""
        limits = (
            self.tight_pdq_bits <= TIGHT_PDQ_BITS,
            self.tight_pdq_bits <= self.loose_pdq_bits <= WIDEST_PDQ_BITS,
            self.second_family_bits <= SECOND_FAMILY_BITS,
            self.min_quality >= MIN_QUALITY,
            self.max_flat_share <= MAX_FLAT_SHARE,
            self.min_cover >= MIN_COVER,
            self.min_nats >= MIN_NATS,
            self.min_block_level >= Level.V1,
            self.min_pieces >= MIN_PIECES,
            self.min_tight_pieces >= MIN_TIGHT_PIECES,
            self.min_clip_share >= MIN_CLIP_SHARE,
        )
        if not all(limits):
            raise InvalidQuery("a profile may only be milder than the default policy")


DEFAULT_PROFILE: Final = Profile(name="default")

POLICY_VERSION: Final = "2026-11.4"
"""Changes whenever an answer to the same evidence could change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the search found about one reference.

    Attributes:
        kind: the reference's kind.
        level: the verification level of its case.
        match: how the upload matches.
        exact: whether an exact digest of the bytes is equal.
        pdq_bits: PDQ distance, or None where the match is not by PDQ.
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
        tight_pieces: those of frames that alone would be tight.
        all_pieces: whether the clip has no more pieces than these, as a still one.
    """

    kind: ReferenceKind
    level: Level
    match: MatchKind = MatchKind.COPY
    exact: bool = False
    pdq_bits: int | None = None
    second_family_bits: int | None = None
    quality: int | None = None
    flat_share: float | None = None
    nats: float | None = None
    cover: float | None = None
    box: Box = WHOLE
    disputed: bool = False
    segments: tuple[Segment, ...] = ()
    pieces: int | None = None
    tight_pieces: int = 0
    all_pieces: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer, without a measure, a name or an id of anything registered.

    Attributes:
        kinds: of all matches that are not allowed, the weaker ones too.
        boxes: where in the upload the matches lie that outcome, band and reasons rest on, coarse and `MOST_BOXES` at
            most; none for an allow, nor where something could not be compared (`hold_unfinished`).
        segments: when an upload that is a clip shows them, coarse and `MOST_SEGMENTS` at most; none for pictures.
    """

    outcome: Outcome
    band: Band
    kinds: tuple[MatchKind, ...]
    reasons: tuple[Reason, ...]
    boxes: tuple[Box, ...] = ()
    segments: tuple[Segment, ...] = ()
    policy_version: str = POLICY_VERSION


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
        return Grade(band=Band.LOOSE, reasons=(Reason.LIKENESS_ALONE,))
    if evidence.exact:
        return _TIGHT
    if evidence.pieces is not None:
        return _grade_clip(evidence, evidence.pieces, profile)
    if evidence.nats is not None:
        return _grade_windows(evidence, evidence.nats, profile)
    return _grade_whole(evidence, profile)


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
    if not (pieces >= profile.min_pieces or evidence.all_pieces or nats >= MIN_FRAME_NATS):
        return _NO_GRADE
    failed = tuple(_failed_clip(evidence, pieces, profile))
    return Grade(band=Band.LOOSE, reasons=(Reason.FRAMES_AGREE, *failed)) if failed else _TIGHT


def _failed_clip(evidence: Evidence, pieces: int, profile: Profile) -> Iterable[Reason]:
    """Yields what keeps an upload from showing the same clip."""
    if min(evidence.tight_pieces, pieces) < profile.min_tight_pieces:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One row's answer."""

    outcome: Outcome
    reasons: tuple[Reason, ...] = ()


_REVIEW: Final = Rung(outcome=Outcome.REVIEW)
_CONFLICT: Final = Rung(outcome=Outcome.REVIEW, reasons=(Reason.CONFLICTING_CLAIMS,))

LADDER: Final[dict[tuple[ReferenceKind, Band, bool], Rung]] = {
    # (kind, band, verified enough to block)
    (ReferenceKind.INTIMATE_ITEM, Band.TIGHT, True): Rung(outcome=Outcome.BLOCK),
    (ReferenceKind.INTIMATE_ITEM, Band.TIGHT, False): Rung(
        outcome=Outcome.REVIEW, reasons=(Reason.CASE_NOT_VERIFIED,)
    ),
    (ReferenceKind.INTIMATE_ITEM, Band.LOOSE, True): _REVIEW,
    (ReferenceKind.INTIMATE_ITEM, Band.LOOSE, False): _REVIEW,
    (ReferenceKind.SOURCE_ORIGINAL, Band.TIGHT, True): Rung(
        outcome=Outcome.REVIEW, reasons=(Reason.SOURCE_ORIGINAL,)
    ),
    (ReferenceKind.SOURCE_ORIGINAL, Band.TIGHT, False): Rung(
        outcome=Outcome.REVIEW, reasons=(Reason.SOURCE_ORIGINAL,)
    ),
    (ReferenceKind.SOURCE_ORIGINAL, Band.LOOSE, True): _REVIEW,
    (ReferenceKind.SOURCE_ORIGINAL, Band.LOOSE, False): _REVIEW,
    # The registered photograph itself: still no more than a likeness may lead to.
    (ReferenceKind.LIKENESS, Band.TIGHT, True): _REVIEW,
    (ReferenceKind.LIKENESS, Band.TIGHT, False): _REVIEW,
    (ReferenceKind.LIKENESS, Band.LOOSE, True): _REVIEW,
    (ReferenceKind.LIKENESS, Band.LOOSE, False): _REVIEW,
}
"""Absent rows answer nothing: an official release is step 3, an excluded interval is never searched."""

MOST_BOXES: Final = 8
"""Boxes that a verdict tells at most: for a person to look at, not an inventory of a collage."""

MOST_SEGMENTS: Final = 50
"""Segments that a verdict tells at most, the earliest."""

_STRENGTH: Final = {Outcome.ALLOW: 0, Outcome.REVIEW: 1, Outcome.BLOCK: 2}


def decide(evidence: Iterable[Evidence], profile: Profile = DEFAULT_PROFILE) -> Verdict:
    """Answers for one upload from all the evidence about it."""
    everything = tuple(evidence)
    graded = [(item, grade(item, profile)) for item in everything]
    # Steps 1 and 2.
    rungs = [
        (item, found, rung) for item, found in graded if (rung := _rung(item, found, profile)) is not None
    ]
    # Step 3.
    if _is_released(everything, profile) and not any(
        item.kind is ReferenceKind.INTIMATE_ITEM for item, _, _ in rungs
    ):
        return Verdict(outcome=Outcome.ALLOW, band=Band.NONE, kinds=(), reasons=(Reason.OFFICIAL_RELEASE,))
    # Whatever the profile: none may block what the default policy reviews.
    if _is_released(everything, DEFAULT_PROFILE):
        rungs = [
            (item, found, _CONFLICT if rung.outcome is Outcome.BLOCK else rung) for item, found, rung in rungs
        ]
    if not rungs:
        return Verdict(outcome=Outcome.ALLOW, band=Band.NONE, kinds=(), reasons=(Reason.NO_MATCH,))
    # Step 4.
    return _strongest(rungs)


def _is_released(evidence: tuple[Evidence, ...], profile: Profile) -> bool:
    """Tells whether the whole upload is an official release, as tightly as a block would have to be.

    A loose match proves nothing, and a release found by windows may be pasted into a corner of something else.
    """
    return any(
        item.kind is ReferenceKind.OFFICIAL_RELEASE
        and item.nats is None
        and (item.exact or not item.segments)
        and grade(item, profile).band is Band.TIGHT
        and item.level >= profile.min_block_level
        and not item.disputed
        for item in evidence
    )


def _rung(item: Evidence, found: Grade, profile: Profile) -> Rung | None:
    rung = LADDER.get((item.kind, found.band, item.level >= profile.min_block_level))
    if rung is not None and item.disputed and rung.outcome is Outcome.BLOCK:
        return Rung(outcome=Outcome.REVIEW, reasons=(Reason.REFERENCE_DISPUTED,))
    return rung


def _strongest(rungs: list[tuple[Evidence, Grade, Rung]]) -> Verdict:
    top = max(_STRENGTH[rung.outcome] for _, _, rung in rungs)
    best = [entry for entry in rungs if _STRENGTH[entry[2].outcome] == top]
    tight = any(found.band is Band.TIGHT for _, found, _ in best)
    band = Band.TIGHT if tight else Band.LOOSE
    shown = [(found, rung) for _, found, rung in best if found.band is band]
    reasons = {reason for found, rung in shown for reason in (*found.reasons, *rung.reasons)}
    kinds = {item.match for item, _, _ in rungs}
    resting = [item for item, found, _ in best if found.band is band]
    boxes = sorted({item.box.coarsened() for item in resting})
    segments = joined(segment.coarsened() for item in resting for segment in item.segments)
    return Verdict(
        outcome=best[0][2].outcome,
        band=band,
        kinds=tuple(sorted(kinds)),
        reasons=tuple(sorted(reasons)),
        boxes=tuple(boxes[:MOST_BOXES]),
        segments=segments[:MOST_SEGMENTS],
    )


def hold(verdict: Verdict) -> Verdict:
    """Returns the answer of a question that may be probing (promise 5): review, whatever was found.

    It does not follow the distance, so that who walks along a threshold learns nothing; nothing is published.
    """
    return Verdict(
        outcome=Outcome.REVIEW,
        band=Band.LOOSE,
        kinds=(MatchKind.COPY,),
        reasons=(Reason.NEAR_THRESHOLD_BUDGET,),
        boxes=(WHOLE,),
        policy_version=verdict.policy_version,
    )


def hold_unfinished(verdict: Verdict) -> Verdict:
    """Returns the answer where not all that might match could be compared (promise 6): an allow becomes a review."""
    if verdict.outcome is not Outcome.ALLOW:
        return verdict
    return Verdict(
        outcome=Outcome.REVIEW,
        band=Band.LOOSE,
        kinds=(),
        reasons=(Reason.WORK_BOUND,),
        policy_version=verdict.policy_version,
    )
