"""Evidence about registered clips, from the frame hits of an upload and the timeline fits through them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from index.clips import FrameHit, TimelineFit, fit_timelines
from index.stages import Stage, stage
from index.verdict import (
    MAX_PROPOSED_PDQ_BITS,
    MIN_CLIP_SHARE,
    MIN_FRAME_NATS,
    MIN_NATS,
    MIN_TIGHT_SUPPORT,
    WHOLE,
    WHOLE_CLIP_SHARE,
    Box,
    ClipEvidence,
    DecidingBits,
    MatchKind,
    ReferenceFacts,
    WindowEvidence,
    joined,
)
from registry.domain import KeyFrameCandidate
from registry.matching.links import CaseLinks
from registry.matching.shared_intros import ClipSpan, Differ, by_time, shared_times

SMALL_SHARE: Final = MIN_CLIP_SHARE
"""Share of a clip below which a shared part may be its intro. A larger part is the clip itself, even if another clip
has it too."""

MAX_TIGHT_FRAMES: Final = MIN_TIGHT_SUPPORT + 1
"""Number of tight key frames after which no more are searched."""

MAX_VIEWS: Final = 40
"""Maximum number of query frames that are seen as a clip's key frames. Each takes about 10 ms."""

BETTER: Final = 1.05
"""Ratio of evidence to that of a key frame's last view, from which another query frame may show the key frame tightly
although the last one did not."""

_IN_DOUBT: Final = (MatchKind.COPY, MatchKind.PARTIAL_COPY, MatchKind.ALTERED_COPY)


@dataclass(slots=True, kw_only=True)
class ShownClip:
    """A registered clip of which the upload shows key frames.

    Attributes:
        reference: the facts that the ladder needs.
        first_key: key of the clip's first key frame. The keys of the other key frames follow it.
        key_frames: number of key frames of the clip.
        duration_ms: duration of the clip, in milliseconds.
        frame_hits: hits of the clip's key frames.
        kinds: match kind of each key frame, from the last query frame that was seen as the key frame.
        box: box, in the upload, of the strongest hit that was seen as a key frame.
        strongest_nats: log-likelihood ratio of that hit, in nats.
        altered: regions of the strongest hit that shows a key frame altered.
        altered_nats: log-likelihood ratio of that hit, in nats.
        views: number of query frames that were seen as key frames of the clip.
        viewed_nats: log-likelihood ratio of each key frame's last view, in nats.
        tight_frames: numbers of the key frames that a query frame shows tightly.
        bits: lowest PDQ distance of each key frame's views, with the dHash-128 distance of that view.
    """

    reference_id: str
    case_id: str
    reference: ReferenceFacts
    first_key: int
    key_frames: int
    duration_ms: int
    frame_hits: list[FrameHit] = field(default_factory=list, repr=False)
    kinds: dict[int, MatchKind] = field(default_factory=dict)
    box: Box = WHOLE
    strongest_nats: float = 0.0
    altered: tuple[Box, ...] = ()
    altered_nats: float = 0.0
    views: int = 0
    viewed_nats: dict[int, float] = field(default_factory=dict)
    tight_frames: set[int] = field(default_factory=set)
    bits: dict[int, tuple[int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, one: KeyFrameCandidate) -> Self:
        """Return the clip of a key frame, without hits."""
        return cls(
            reference_id=one.reference_id,
            case_id=one.case_id,
            reference=one.facts,
            first_key=one.first_key,
            key_frames=one.place.of_frames,
            duration_ms=one.place.duration_ms,
        )

    def is_view_wanted(self, key_frame: int, nats: float) -> bool:
        """Return whether another query frame is to be seen as this key frame, and count it if so.

        Its evidence must be better than that of the key frame's last view.
        """
        enough = len(self.tight_frames) >= MAX_TIGHT_FRAMES or self.views >= MAX_VIEWS
        if enough or key_frame in self.tight_frames or nats < BETTER * self.viewed_nats.get(key_frame, 0.0):
            return False
        self.views += 1
        self.viewed_nats[key_frame] = nats
        return True

    def add(self, hit: FrameHit, evidence: WindowEvidence) -> None:
        """Add a hit, with the evidence about its key frame."""
        self.frame_hits.append(hit)
        if hit.is_tight:
            self.tight_frames.add(hit.key_frame)
        view = evidence.view
        if view is None:
            return
        self.kinds[hit.key_frame] = evidence.match
        if view.pdq_bits is not None:
            dhash_bits = MAX_PROPOSED_PDQ_BITS if view.dhash_bits is None else view.dhash_bits
            seen = self.bits.get(hit.key_frame, (view.pdq_bits, dhash_bits))
            self.bits[hit.key_frame] = min(seen, (view.pdq_bits, dhash_bits))
        if hit.nats > self.strongest_nats:
            self.strongest_nats, self.box = hit.nats, evidence.box
        if evidence.altered and hit.nats > self.altered_nats:
            self.altered_nats, self.altered = hit.nats, evidence.altered

    def deciding(self) -> DecidingBits | None:
        """Return the distances of the last of the tight key frames that a block needs, nearest first, or None."""
        nearest = sorted(self.bits.values())[:MIN_TIGHT_SUPPORT]
        if len(nearest) < MIN_TIGHT_SUPPORT:
            return None
        pdq_bits, dhash_bits = nearest[-1]
        return DecidingBits(pdq_bits=pdq_bits, dhash_bits=dhash_bits)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Fitted:
    """A clip with its timeline fits, the one with most support first."""

    clip: ShownClip
    fits: tuple[TimelineFit, ...]

    def share(self, fit: TimelineFit, step_ms: int) -> float:
        """Return the share of the clip that a fit shows: 0 to 1."""
        return fit.reference(step_ms, self.clip.duration_ms).length_ms / max(1, self.clip.duration_ms)


def judge_clips(
    clips: Iterable[ShownClip], *, step_ms: int, frame_discount: float, differ: Differ, links: CaseLinks
) -> list[tuple[str, ClipEvidence]]:
    """Return pairs of a reference's id and evidence about its clip. A clip with only shared parts has no evidence.

    Args:
        clips: clips whose key frames were hit.
        step_ms: time that one query frame represents, in milliseconds.
        frame_discount: reduction of the evidence of a single key frame, in nats.
        differ: returns whether two clips are different; its exceptions propagate.
        links: which cases are linked; their clips alone share anything.
    """
    with stage(Stage.TIMELINES):
        fitted = [_Fitted(clip=clip, fits=tuple(fit_timelines(clip.frame_hits))) for clip in clips]
    shared = _shared_times(fitted, step_ms, differ, links)
    found = []
    for one in fitted:
        times = shared[one.clip.reference_id]
        fits = [left for fit in one.fits if (left := _own(one, fit, times, step_ms)) is not None]
        if fits:
            found.append((one.clip.reference_id, _evidence(one.clip, fits, step_ms, frame_discount)))
    return found


def _shared_times(
    fitted: Sequence[_Fitted], step_ms: int, differ: Differ, links: CaseLinks
) -> dict[str, set[int]]:
    """Return, by reference id, the times of query frames that show a part shared with a different clip."""
    fits = [(one, fit) for one in fitted for fit in one.fits if fit.strengths[0] >= MIN_NATS]
    found: dict[str, set[int]] = defaultdict(set)
    spans = [_span(one, fit, step_ms) for one, fit in fits]
    for (one, _), times in zip(fits, shared_times(spans, differ, links), strict=True):
        found[one.clip.reference_id] |= times
    return found


def _span(one: _Fitted, fit: TimelineFit, step_ms: int) -> ClipSpan:
    return ClipSpan(
        case_id=one.clip.case_id,
        level=one.clip.reference.level,
        is_disputed=one.clip.reference.is_disputed,
        first_key=one.clip.first_key,
        key_frames=one.clip.key_frames,
        shown=by_time(fit.frame_hits),
        is_reversed=fit.speed < 0,
        is_small=one.share(fit, step_ms) < SMALL_SHARE,
    )


def _own(one: _Fitted, fit: TimelineFit, shared: Collection[int], step_ms: int) -> TimelineFit | None:
    """Return a fit without the shared times, or None if too little is left."""
    if one.share(fit, step_ms) >= SMALL_SHARE:
        return fit
    left = [hit for hit in fit.frame_hits if hit.at_ms not in shared]
    if len(left) == len(fit.frame_hits):
        return fit
    # A query frame or two at the end of an intro hit fewer clips than the rest of it.
    fits = fit_timelines(left)
    return fits[0] if fits and fits[0].support > 1 else None


def _evidence(
    clip: ShownClip, fits: Sequence[TimelineFit], step_ms: int, frame_discount: float
) -> ClipEvidence:
    """Return the evidence of the best fit, with the segments of all fits that would pass."""
    best = max(fits, key=lambda fit: (fit.support, sum(fit.strengths)))
    is_fully_supported = clip.key_frames == 1
    is_frame = best.support == 1
    shown = [
        fit
        for fit in fits
        if fit is best or _would_pass(fit, frame_discount, is_fully_supported=is_fully_supported)
    ]
    parts = joined(fit.reference(step_ms, clip.duration_ms) for fit in shown)
    cover = sum(part.length_ms for part in parts) / max(1, clip.duration_ms)
    return ClipEvidence(
        reference=clip.reference,
        match=MatchKind.PARTIAL_COPY if is_frame and not is_fully_supported else _kind_of(clip, cover),
        nats=best.strengths[0] - frame_discount if is_frame else best.strengths[1],
        support=best.support,
        tight_support=best.tight_support,
        is_fully_supported=is_fully_supported,
        cover=cover,
        deciding=clip.deciding(),
        box=clip.box,
        altered=clip.altered,
        segments=joined(segment for fit in shown for segment in fit.upload(step_ms)),
    )


def _would_pass(fit: TimelineFit, frame_discount: float, *, is_fully_supported: bool) -> bool:
    if fit.support == 1:
        return fit.strengths[0] - frame_discount >= (MIN_NATS if is_fully_supported else MIN_FRAME_NATS)
    return fit.strengths[1] >= MIN_NATS


def _kind_of(clip: ShownClip, cover: float) -> MatchKind:
    """Return the kind of match: a copy, a part in time or in the picture, or an altered copy."""
    kinds = Counter(clip.kinds.values())
    most = max(_IN_DOUBT, key=lambda kind: kinds[kind])
    if most is MatchKind.COPY:
        return MatchKind.COPY if cover >= WHOLE_CLIP_SHARE else MatchKind.PARTIAL_COPY
    return most
