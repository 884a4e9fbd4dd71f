"""Judges registered clips by when their frames were met in an upload."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Self

from index.clips import FrameHit, Line, align
from index.stages import Stage, stage
from index.verdict import (
    MAX_PROPOSED_PDQ_BITS,
    MIN_CLIP_SHARE,
    MIN_FRAME_NATS,
    MIN_NATS,
    MIN_TIGHT_SUPPORT,
    WHOLE,
    Box,
    Evidence,
    Level,
    MatchKind,
    ReferenceKind,
    joined,
)
from registry.domain import AnchoredCandidate, FramePlace
from registry.matching.shared_intros import ClipSpan, Differ, by_look, common_looks
from registry.matching.whole_codes import Found

SMALL_SHARE: Final = MIN_CLIP_SHARE
"""Part of a clip below which what is shared may be its intro; more of it is the clip itself, whoever else has it."""

TIGHT_FRAMES: Final = MIN_TIGHT_SUPPORT + 1
"""Frames that were seen tightly, after which no more are looked for."""

MAX_VIEWS: Final = 40
"""Looks that are seen as a clip's frames, at most; each takes some 10 ms."""

BETTER: Final = 1.05
"""Evidence over that of a frame's last view from which another look may show it tightly where that one did not."""

WHOLE_SHARE: Final = 0.9
"""Part of a clip from which an upload shows all of it."""


_IN_DOUBT: Final = (MatchKind.COPY, MatchKind.PARTIAL_COPY, MatchKind.ALTERED_COPY)


def place_of(one: AnchoredCandidate) -> FramePlace:
    """Tells where in its clip a frame stands; raises `TypeError` for what is no frame of a clip."""
    if one.frame is None:
        raise TypeError("a frame of a clip has its place")
    return one.frame


@dataclass(slots=True, kw_only=True)
class ShownClip:
    """A registered clip of which the upload shows frames.

    Attributes:
        first_key: key of its first frame; those of the others follow it.
        of_frames: how many frames it has stored.
        duration_ms: its length.
        frame_hits: what was met.
        kinds: how each frame was shown by the best look that was seen as that frame.
        views: how many looks were seen as its frames.
        viewed: nats of the last of these, for each frame.
        tight_frames: those that a look shows tightly.
        bits: least PDQ distance of each frame's views, and dHash-128 distance of that view.
        box: where in the upload's frame the strongest was.
    """

    reference_id: str
    case_id: str
    kind: ReferenceKind
    level: Level
    first_key: int
    of_frames: int
    duration_ms: int
    frame_hits: list[FrameHit] = field(default_factory=list, repr=False)
    kinds: dict[int, MatchKind] = field(default_factory=dict)
    box: Box = WHOLE
    strongest: float = 0.0
    views: int = 0
    viewed: dict[int, float] = field(default_factory=dict)
    tight_frames: set[int] = field(default_factory=set)
    bits: dict[int, tuple[int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, one: AnchoredCandidate) -> Self:
        """Begins with what is known of a frame's clip."""
        place = place_of(one)
        return cls(
            reference_id=one.reference_id,
            case_id=one.case_id,
            kind=one.kind,
            level=one.level,
            first_key=one.key - place.number,
            of_frames=place.of_frames,
            duration_ms=place.duration_ms,
        )

    def is_view_wanted(self, frame: int, nats: float) -> bool:
        """Whether one more look is to be seen as this frame: where it shows it better than those before."""
        enough = len(self.tight_frames) >= TIGHT_FRAMES or self.views >= MAX_VIEWS
        if enough or frame in self.tight_frames or nats < BETTER * self.viewed.get(frame, 0.0):
            return False
        self.views += 1
        self.viewed[frame] = nats
        return True

    def add(self, hit: FrameHit, evidence: Evidence, *, is_viewed: bool) -> None:
        """Adds what one look met."""
        self.frame_hits.append(hit)
        if hit.is_tight:
            self.tight_frames.add(hit.frame)
        if not is_viewed:
            return
        self.kinds[hit.frame] = evidence.match
        if evidence.pdq_bits is not None:
            second = (
                MAX_PROPOSED_PDQ_BITS if evidence.second_family_bits is None else evidence.second_family_bits
            )
            seen = self.bits.get(hit.frame, (evidence.pdq_bits, second))
            self.bits[hit.frame] = min(seen, (evidence.pdq_bits, second))
        if hit.nats > self.strongest:
            self.strongest, self.box = hit.nats, evidence.box

    def deciding_bits(self) -> tuple[int, int] | None:
        """Distances of the frame on which a block hangs: of so many tight ones that it needs, the last."""
        nearest = sorted(self.bits.values())[:MIN_TIGHT_SUPPORT]
        return nearest[-1] if len(nearest) == MIN_TIGHT_SUPPORT else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Aligned:
    """A clip with its lines, the one with most pieces first."""

    clip: ShownClip
    lines: tuple[Line, ...]

    def share(self, line: Line, step_ms: int) -> float:
        """How much of the clip a line shows: 0 to 1."""
        return line.reference(step_ms, self.clip.duration_ms).length_ms / max(1, self.clip.duration_ms)


def judged(clips: Iterable[ShownClip], *, step_ms: int, frame_discount: float, differ: Differ) -> list[Found]:
    """Says what the ladder asks about each clip.

    Args:
        clips: those of which frames were met.
        step_ms: time that one look stands for.
        frame_discount: nats by which evidence of one frame alone counts less.
        differ: tells whether two clips are different ones; what it raises passes through.
    """
    with stage(Stage.TIMELINES):
        aligned = [_Aligned(clip=clip, lines=tuple(align(clip.frame_hits))) for clip in clips]
    common = _common_looks(aligned, step_ms, differ)
    found = []
    for one in aligned:
        looks = common[one.clip.reference_id]
        lines = [left for line in one.lines if (left := _own(one, line, looks, step_ms)) is not None]
        if lines:
            found.append((one.clip.reference_id, _evidence(one.clip, lines, step_ms, frame_discount)))
    return found


def _common_looks(aligned: Sequence[_Aligned], step_ms: int, differ: Differ) -> dict[str, set[int]]:
    """Names for each clip the looks that show what is common."""
    lines = [(one, line) for one in aligned for line in one.lines if line.strengths[0] >= MIN_NATS]
    found: dict[str, set[int]] = defaultdict(set)
    for (one, _), looks in zip(
        lines, common_looks([_span(*item, step_ms) for item in lines], differ), strict=True
    ):
        found[one.clip.reference_id] |= looks
    return found


def _span(one: _Aligned, line: Line, step_ms: int) -> ClipSpan:
    return ClipSpan(
        case_id=one.clip.case_id,
        level=one.clip.level,
        first_key=one.clip.first_key,
        of_frames=one.clip.of_frames,
        frames=by_look(line.frame_hits),
        is_reversed=line.speed < 0,
        is_small=one.share(line, step_ms) < SMALL_SHARE,
    )


def _own(one: _Aligned, line: Line, common: Collection[int], step_ms: int) -> Line | None:
    """Returns a line without what is common, or None where nothing is left."""
    if one.share(line, step_ms) >= SMALL_SHARE:
        return line
    left = [hit for hit in line.frame_hits if hit.at_ms not in common]
    if len(left) == len(line.frame_hits):
        return line
    # A look or two at the end of an intro are met by fewer clips than the rest of it.
    lines = align(left)
    return lines[0] if lines and lines[0].pieces > 1 else None


def _evidence(clip: ShownClip, lines: Sequence[Line], step_ms: int, frame_discount: float) -> Evidence:
    """Sums up a clip's lines: the best one is what it is judged by, and all that would pass tell when it is shown."""
    best = max(lines, key=lambda line: (line.pieces, sum(line.strengths)))
    is_fully_supported = clip.of_frames == 1
    is_frame = best.pieces == 1
    nats = best.strengths[0] - frame_discount if is_frame else best.strengths[1]
    shown = [
        line
        for line in lines
        if line is best or _would_pass(line, frame_discount, is_fully_supported=is_fully_supported)
    ]
    segments = joined(segment for line in shown for segment in line.upload(step_ms))
    parts = joined(line.reference(step_ms, clip.duration_ms) for line in shown)
    cover = sum(part.length_ms for part in parts) / max(1, clip.duration_ms)
    pdq_bits, second_bits = clip.deciding_bits() or (None, None)
    evidence = Evidence(
        kind=clip.kind,
        level=clip.level,
        match=_kind_of(clip, cover),
        nats=nats,
        pdq_bits=pdq_bits,
        second_family_bits=second_bits,
        cover=cover,
        box=clip.box,
        segments=segments,
        pieces=best.pieces,
        tight_support=best.tight_support,
        is_fully_supported=is_fully_supported,
    )
    return (
        replace(evidence, match=MatchKind.PARTIAL_COPY) if is_frame and not is_fully_supported else evidence
    )


def _would_pass(line: Line, frame_discount: float, *, is_fully_supported: bool) -> bool:
    if line.pieces == 1:
        return line.strengths[0] - frame_discount >= (MIN_NATS if is_fully_supported else MIN_FRAME_NATS)
    return line.strengths[1] >= MIN_NATS


def _kind_of(clip: ShownClip, cover: float) -> MatchKind:
    """Tells a copy from a part, in time or in the picture, and from an altered one."""
    kinds = Counter(clip.kinds.values())
    most = max(_IN_DOUBT, key=lambda kind: kinds[kind])
    if most is MatchKind.COPY:
        return MatchKind.COPY if cover >= WHOLE_SHARE else MatchKind.PARTIAL_COPY
    return most
