"""Evidence: what was found about one reference, one type for each way to match.

Each type grades itself as tight, loose or none; tells whether it lies so near a threshold that it could be used to find
it, which counts against the budget of held questions; and how far it reaches beyond where it would count. Pure.

| type | found by | tight where |
|---|---|---|
| `ExactEvidence` | the file's SHA-256 | always |
| `WholeEvidence` | PDQ and dHash-128 of all of a picture | PDQ is within 31 bits and no gate fails |
| `WindowEvidence` | anchored windows of a picture or of one key frame | the same holds in the reference's frame |
| `ClipEvidence` | hits of key frames that agree in time | three independent hits are tight, over half of the clip |
| `FaceEvidence` | a face near a registered template | never |
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from index.verdict.boxes import WHOLE, Box
from index.verdict.grading import NO_GRADE, TIGHT, Grade, failed_gates, tight_unless
from index.verdict.reasons import Reason
from index.verdict.segments import Segment
from index.verdict.thresholds import (
    LOOSE_PDQ_BITS,
    MAX_DHASH_BITS,
    MIN_CLIP_SHARE,
    MIN_COVER,
    MIN_FACE_LOOKS,
    MIN_FRAME_NATS,
    MIN_LIKENESS,
    MIN_LIKENESS_LEVEL,
    MIN_NATS,
    MIN_SUPPORT,
    MIN_TIGHT_SUPPORT,
    NEAR_FROM_DHASH_BITS,
    NEAR_FROM_PDQ_BITS,
    NEAR_LIKENESS,
    NEAR_UP_TO_FRAME_NATS,
    NEAR_UP_TO_NATS,
    REACH_BITS_PER_LIKENESS,
    REACH_BITS_PER_NAT,
    TIGHT_PDQ_BITS,
)
from index.verdict.vocabulary import Band, Level, MatchKind, ReferenceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceFacts:
    """The facts about a reference that the ladder asks for.

    Attributes:
        kind: the reference's kind.
        level: the verification level of its case.
        is_disputed: whether the reference is challenged or in quarantine.
        case_id: id of its case; None if it is not known, so that the reference belongs to no other one.
        number: its place in the order of registration.
        linked: cases that an operator linked with its case (`releases`).
        is_verified: whether somebody other than who opened the case verified it.
    """

    kind: ReferenceKind
    level: Level
    is_disputed: bool = False
    case_id: str | None = None
    number: int = 0
    linked: frozenset[str] = frozenset()
    is_verified: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidingBits:
    """Distances of whole codes by which a match is tight or not.

    Of a clip they are those of one key frame: of the tight ones that a block needs, the last; of an animation, the
    strongest.

    Attributes:
        pdq_bits: PDQ distance.
        dhash_bits: dHash-128 distance, or None where one side has none.
    """

    pdq_bits: int
    dhash_bits: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExactEvidence:
    """The upload is the very same file.

    Attributes:
        segments: intervals of an uploaded clip that show the reference; empty for a picture.
    """

    match: ClassVar[MatchKind] = MatchKind.COPY
    box: ClassVar[Box] = WHOLE
    altered: ClassVar[tuple[Box, ...]] = ()
    reference: ReferenceFacts
    segments: tuple[Segment, ...] = ()

    def grade(self) -> Grade:
        """Return a tight grade: equal bytes need no other gate."""
        return TIGHT

    def is_near(self) -> bool:
        """Return False: a digest has no threshold."""
        return False

    def reach_bits(self) -> float:
        """Return 0 bits."""
        return 0

    def deciding_bits(self) -> DecidingBits:
        """Return distances of 0 bits: the bytes are equal."""
        return DecidingBits(pdq_bits=0, dhash_bits=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeEvidence:
    """Whole codes are near those of a reference.

    Attributes:
        pdq_bits: PDQ distance.
        dhash_bits: dHash-128 distance in the same dihedral variant, or None where one side has none.
        quality: the lower PDQ quality of the two sides, 0 to 100, or None where one side did not tell.
        flat_share: the higher flat share of the sides that are known, 0 to 1, or None where neither is.
        is_median_filtered: whether the distance is that of the median-filtered upload.
        segments: intervals of an uploaded clip that show the reference; empty for a picture.
        match: a copy or an altered copy. It does not change the grade.
        altered: regions of the upload that show something else than the reference does.
        is_whole_upload: whether the upload was seen to show nothing else: it is one frame, which agrees with the
            reference region by region.
    """

    box: ClassVar[Box] = WHOLE
    reference: ReferenceFacts
    pdq_bits: int
    dhash_bits: int | None
    quality: int | None
    flat_share: float | None
    is_median_filtered: bool = False
    segments: tuple[Segment, ...] = ()
    match: MatchKind = MatchKind.COPY
    altered: tuple[Box, ...] = ()
    is_whole_upload: bool = False

    def grade(self) -> Grade:
        """Grade as tight within the tight radius, and at most loose up to the loose one."""
        if self.pdq_bits > LOOSE_PDQ_BITS:
            return NO_GRADE
        if self.pdq_bits > TIGHT_PDQ_BITS:
            agrees = self.dhash_bits is not None and self.dhash_bits <= MAX_DHASH_BITS
            return Grade(band=Band.LOOSE, reasons=(Reason.LOOSE_MATCH,)) if agrees else NO_GRADE
        failed = failed_gates(dhash_bits=self.dhash_bits, quality=self.quality, flat_share=self.flat_share)
        return tight_unless(failed, Reason.LOOSE_MATCH)

    def is_near(self) -> bool:
        """Whether the distances lie near a threshold or beyond it."""
        return are_codes_near(self.pdq_bits, self.dhash_bits)

    def reach_bits(self) -> float:
        """Return the PDQ distance, in bits."""
        return self.pdq_bits

    def deciding_bits(self) -> DecidingBits:
        """Return both distances."""
        return DecidingBits(pdq_bits=self.pdq_bits, dhash_bits=self.dhash_bits)


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameView:
    """The upload seen in the reference's frame (`index.comparison`).

    Attributes:
        pdq_bits: PDQ distance, or None where the reference has none.
        dhash_bits: dHash-128 distance, or None where the reference has none.
        quality: the lower PDQ quality of the two sides, 0 to 100, or None where the reference did not tell.
        flat_share: the higher flat share of the sides that are known, 0 to 1.
        cover: share of the reference's frame that the upload shows, 0 to 1.
    """

    pdq_bits: int | None
    dhash_bits: int | None
    quality: int | None
    flat_share: float
    cover: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowEvidence:
    """Anchored windows agree with those of a picture, or windows or whole codes with those of a key frame of a clip.

    Attributes:
        match: a copy, a partial copy or an altered copy; a copy where there is no view. It does not change the grade.
        nats: log-likelihood ratio, in nats.
        view: the upload seen in the reference's frame, or None where it was not seen so.
        box: where in the upload the match lies; the whole of it where there is no view.
        segments: intervals of an uploaded clip that show the reference; empty for a picture.
        altered: regions of the upload that show something else than the reference does.
        is_excerpt: whether the reference is a clip of which the upload shows this one frame, and so never all of it.
    """

    reference: ReferenceFacts
    nats: float
    match: MatchKind = MatchKind.COPY
    view: FrameView | None = None
    box: Box = WHOLE
    segments: tuple[Segment, ...] = ()
    altered: tuple[Box, ...] = ()
    is_excerpt: bool = False

    def grade(self) -> Grade:
        """Grade as tight where the upload, seen in the reference's frame, is the same picture."""
        if not self.nats >= MIN_NATS:  # NaN is no evidence
            return NO_GRADE
        return tight_unless(self._failed(), Reason.WINDOWS_AGREE)

    def is_near(self) -> bool:
        """Whether the windows, or the codes in the reference's frame, lie near a threshold."""
        return self.nats < NEAR_UP_TO_NATS or (
            self.view is not None
            and are_codes_near(self.view.pdq_bits, self.view.dhash_bits, up_to_bits=LOOSE_PDQ_BITS)
        )

    def reach_bits(self) -> float:
        """Return how far the windows lie below `MIN_NATS`, as bits of PDQ beyond the loose radius."""
        return _reach_of_nats(self.nats)

    def deciding_bits(self) -> DecidingBits | None:
        """Return the distances in the reference's frame, or None where the upload was not seen in it."""
        if self.view is None or self.view.pdq_bits is None:
            return None
        return DecidingBits(pdq_bits=self.view.pdq_bits, dhash_bits=self.view.dhash_bits)

    def _failed(self) -> Iterable[Reason]:
        """Yield what keeps the upload, seen in the reference's frame, from being the same picture."""
        view = self.view
        if view is None or view.pdq_bits is None or view.pdq_bits > TIGHT_PDQ_BITS:
            yield Reason.FRAME_DIFFERS
        if self.is_excerpt or view is None or not view.cover >= MIN_COVER:  # NaN fails too
            yield Reason.FRAME_CUT
        yield from failed_gates(
            dhash_bits=None if view is None else view.dhash_bits,
            quality=None if view is None else view.quality,
            flat_share=None if view is None else view.flat_share,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipEvidence:
    """An upload shows key frames of a registered clip. In a clip, the hits agree on one order and one speed.

    Attributes:
        match: a copy, a partial copy or an altered copy.
        nats: log-likelihood ratio, in nats, of the weakest hit that the match rests on.
        support: number of independent hits that agree in time.
        tight_support: number of those that are tight.
        is_fully_supported: whether the registered clip has only one key frame, so that one hit is all it can give.
        cover: share of the clip's time that the upload shows, 0 to 1, or None where the upload has no times.
        deciding: distances of the key frame on which a block depends, or None if too few key frames were rectified.
        box: where in the upload the strongest hit lies.
        segments: intervals of an uploaded clip that show the registered clip; empty for an animated picture.
        altered: regions of the strongest hit that show something else than its key frame does.
    """

    reference: ReferenceFacts
    match: MatchKind
    nats: float
    support: int
    tight_support: int = 0
    is_fully_supported: bool = False
    cover: float | None = None
    deciding: DecidingBits | None = None
    box: Box = WHOLE
    segments: tuple[Segment, ...] = ()
    altered: tuple[Box, ...] = ()

    @property
    def is_one_frame(self) -> bool:
        """Whether it rests on one key frame of several, which must tell more."""
        return self.support < MIN_SUPPORT and not self.is_fully_supported

    def grade(self) -> Grade:
        """Grade as tight where enough frames are the same pictures, in their order, over enough of the clip."""
        if not self.nats >= (MIN_FRAME_NATS if self.is_one_frame else MIN_NATS):  # NaN is no evidence
            return NO_GRADE
        return tight_unless(self._failed(), Reason.FRAMES_AGREE)

    def is_near(self) -> bool:
        """Whether the windows, or the codes of the deciding frame, lie near a threshold."""
        up_to_nats = NEAR_UP_TO_FRAME_NATS if self.is_one_frame else NEAR_UP_TO_NATS
        return self.nats < up_to_nats or (
            self.deciding is not None
            and are_codes_near(self.deciding.pdq_bits, self.deciding.dhash_bits, up_to_bits=LOOSE_PDQ_BITS)
        )

    def reach_bits(self) -> float:
        """Return how far the windows lie below `MIN_NATS`, as bits of PDQ beyond the loose radius."""
        return _reach_of_nats(self.nats)

    def deciding_bits(self) -> DecidingBits | None:
        """Return the distances of the deciding key frame, or None where there is none."""
        return self.deciding

    def _failed(self) -> Iterable[Reason]:
        """Yield what keeps an upload from showing the same clip."""
        if min(self.tight_support, self.support) < MIN_TIGHT_SUPPORT:
            yield Reason.FRAMES_DIFFER
        if self.cover is None or not self.cover >= MIN_CLIP_SHARE:  # NaN fails too
            yield Reason.CLIP_CUT


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceVotes:
    """Query frames of a clip that show a likeness.

    Attributes:
        looks: number of query frames that show it.
        is_every_look: whether every query frame that was looked at does.
    """

    looks: int
    is_every_look: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceEvidence:
    """A face is near a registered template.

    Attributes:
        likeness: how far the face lies beyond its engine's threshold, as a share of the way from there to identical
            vectors: 0 on the threshold, 1 for the same vector, negative below.
        box: where in the upload the face is.
        votes: of a clip, the query frames that show it; None for pictures, and where none reaches the threshold.
        segments: intervals of an uploaded clip that show the reference; empty for a picture.
    """

    match: ClassVar[MatchKind] = MatchKind.LIKENESS
    altered: ClassVar[tuple[Box, ...]] = ()
    reference: ReferenceFacts
    likeness: float
    box: Box = WHOLE
    votes: FaceVotes | None = None
    segments: tuple[Segment, ...] = ()

    def grade(self) -> Grade:
        """Grade as loose at most, and in clips only where several query frames agree."""
        votes = self.votes
        is_lone = votes is not None and votes.looks < MIN_FACE_LOOKS and not votes.is_every_look
        is_met = self.likeness >= MIN_LIKENESS  # NaN is no evidence
        if not is_met or is_lone or self.reference.level < MIN_LIKENESS_LEVEL:
            return NO_GRADE
        return Grade(band=Band.LOOSE, reasons=(Reason.LIKENESS_ALONE,))

    def is_near(self) -> bool:
        """Whether the likeness lies near the threshold, on either side."""
        return abs(self.likeness) <= NEAR_LIKENESS

    def reach_bits(self) -> float:
        """Return how far the likeness lies below the threshold, as bits of PDQ beyond the loose radius."""
        return LOOSE_PDQ_BITS + max(0.0, -self.likeness) * REACH_BITS_PER_LIKENESS

    def deciding_bits(self) -> None:
        """Return None: a face has no whole codes."""


Evidence = ExactEvidence | WholeEvidence | WindowEvidence | ClipEvidence | FaceEvidence
"""What was found about one reference."""


def are_codes_near(pdq_bits: int | None, dhash_bits: int | None, *, up_to_bits: int | None = None) -> bool:
    """Tell whether whole codes lie near a threshold.

    Args:
        pdq_bits: PDQ distance, or None where it is not known, which is never near.
        dhash_bits: dHash-128 distance, or None.
        up_to_bits: PDQ distance beyond which nothing is near; None for no such distance.
    """
    if pdq_bits is None or (up_to_bits is not None and pdq_bits > up_to_bits):
        return False
    return pdq_bits >= NEAR_FROM_PDQ_BITS or (dhash_bits is not None and dhash_bits >= NEAR_FROM_DHASH_BITS)


def _reach_of_nats(nats: float) -> float:
    return LOOSE_PDQ_BITS + max(0.0, MIN_NATS - nats) * REACH_BITS_PER_NAT
