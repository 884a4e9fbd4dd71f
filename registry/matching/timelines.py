"""Evidence about registered clips, from the frame hits that an upload gave and the timeline fits through them."""

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
from registry.matching.shared_intros import ClipSpan, Differ, by_time, shared_times

SMALL_SHARE: Final = MIN_CLIP_SHARE
"""Share of a clip below which a shared part may be its intro; a larger part is the clip itself, whoever else has it."""

MAX_TIGHT_FRAMES: Final = MIN_TIGHT_SUPPORT + 1
"""Number of key frames that were seen tightly, after which no more are looked for."""

MAX_VIEWS: Final = 40
"""Maximum number of query frames that are seen as a clip's key frames; each takes some 10 ms."""

BETTER: Final = 1.05
"""Evidence over that of a key frame's last view, from which another query frame may show it tightly where that one did
not."""

_IN_DOUBT: Final = (MatchKind.COPY, MatchKind.PARTIAL_COPY, MatchKind.ALTERED_COPY)


@dataclass(slots=True, kw_only=True)
class ShownClip:
    """A registered clip of which the upload shows key frames.

    Attributes:
        reference: the facts that the ladder asks for.
        first_key: key of its first key frame; those of the others follow it.
        key_frames: number of its key frames.
        duration_ms: its length.
        frame_hits: hits of its key frames.
        kinds: how each key frame was shown by the best query frame that was seen as that key frame.
        box: where in the upload the strongest of these was.
        strongest_nats: log-likelihood ratio of that one, in nats.
        views: number of query frames that were seen as its key frames.
        viewed_nats: log-likelihood ratio of the last of these, for each key frame, in nats.
        tight_frames: numbers of the key frames that a query frame shows tightly.
        bits: least PDQ distance of each key frame's views, and dHash-128 distance of that view.
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
        """Tell whether one more query frame is to be seen as this key frame: it must be better than those before."""
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

    def deciding(self) -> DecidingBits | None:
        """Return the distances of the key frame on which a block hangs: of the tight ones that it needs, the last."""
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
    clips: Iterable[ShownClip], *, step_ms: int, frame_discount: float, differ: Differ
) -> list[tuple[str, ClipEvidence]]:
    """Return the evidence about each clip, by its reference's id; a clip that shows only shared parts has none.

    Args:
        clips: clips of which key frames were hit.
        step_ms: time that one query frame stands for.
        frame_discount: nats by which evidence of one key frame alone counts less.
        differ: tells whether two clips are different ones; what it raises passes through.
    """
    with stage(Stage.TIMELINES):
        fitted = [_Fitted(clip=clip, fits=tuple(fit_timelines(clip.frame_hits))) for clip in clips]
    shared = _shared_times(fitted, step_ms, differ)
    found = []
    for one in fitted:
        times = shared[one.clip.reference_id]
        fits = [left for fit in one.fits if (left := _own(one, fit, times, step_ms)) is not None]
        if fits:
            found.append((one.clip.reference_id, _evidence(one.clip, fits, step_ms, frame_discount)))
    return found


def _shared_times(fitted: Sequence[_Fitted], step_ms: int, differ: Differ) -> dict[str, set[int]]:
    """Return, for each clip, the times of query frames that show what it shares with a different clip."""
    fits = [(one, fit) for one in fitted for fit in one.fits if fit.strengths[0] >= MIN_NATS]
    found: dict[str, set[int]] = defaultdict(set)
    spans = [_span(one, fit, step_ms) for one, fit in fits]
    for (one, _), times in zip(fits, shared_times(spans, differ), strict=True):
        found[one.clip.reference_id] |= times
    return found


def _span(one: _Fitted, fit: TimelineFit, step_ms: int) -> ClipSpan:
    return ClipSpan(
        case_id=one.clip.case_id,
        level=one.clip.reference.level,
        first_key=one.clip.first_key,
        key_frames=one.clip.key_frames,
        shown=by_time(fit.frame_hits),
        is_reversed=fit.speed < 0,
        is_small=one.share(fit, step_ms) < SMALL_SHARE,
    )


def _own(one: _Fitted, fit: TimelineFit, shared: Collection[int], step_ms: int) -> TimelineFit | None:
    """Return a fit without the shared times, or None where nothing is left."""
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
    """Sum up a clip's fits: it is judged by the best one, and all that would pass tell when it is shown."""
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
        segments=joined(segment for fit in shown for segment in fit.upload(step_ms)),
    )


def _would_pass(fit: TimelineFit, frame_discount: float, *, is_fully_supported: bool) -> bool:
    if fit.support == 1:
        return fit.strengths[0] - frame_discount >= (MIN_NATS if is_fully_supported else MIN_FRAME_NATS)
    return fit.strengths[1] >= MIN_NATS


def _kind_of(clip: ShownClip, cover: float) -> MatchKind:
    """Tell a copy from a part, in time or in the picture, and from an altered copy."""
    kinds = Counter(clip.kinds.values())
    most = max(_IN_DOUBT, key=lambda kind: kinds[kind])
    if most is MatchKind.COPY:
        return MatchKind.COPY if cover >= WHOLE_CLIP_SHARE else MatchKind.PARTIAL_COPY
    return most
