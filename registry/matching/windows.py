"""What the anchored windows of an upload that is a picture match: registered pictures, and frames of registered clips.

Each frame of the upload is compared with each family (`match_frame`), for `WORK_SECONDS` of CPU in all. A picture can
show no more of a clip than one frame, so it matches a part of it whatever it shows of that frame. An animation is a
clip without times: it needs two distinct frames of a registered clip, or one that tells enough by itself, and what
different clips have in common speaks for none of them (`common_parts`).
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from index.clips import FrameHit, support_of
from index.frames import QueryFrame
from index.verdict import MIN_CLIP_SHARE, Evidence, MatchKind
from registry.domain import Family
from registry.matching.frames import Shown, evidence_of, match_frame, strongest
from registry.matching.question import Question
from registry.matching.shared_intros import NEIGHBOURS_MS, ClipContexts, ClipSpan, by_look, common_looks
from registry.matching.timelines import place_of
from registry.matching.whole_codes import Found
from registry.ports import Candidates, Index

WORK_SECONDS: Final = 0.5
"""CPU time of one check's comparisons; an ordinary one takes 2 to 20 ms."""

SAME_FRAME_BITS: Final = 24
"""PDQ distance up to which two frames of an animation are one piece of evidence, as looks at a clip are one run."""

APART_MS: Final = 3 * NEIGHBOURS_MS
"""The frames of an animation that are looked at are far apart, whenever they are shown: none is another's neighbour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowMatches:
    """What windows found.

    Attributes:
        is_finished: whether everything that triggered was compared.
        triggered: as in `FrameMatches`, of all frames and families.
        compared: as in `FrameMatches`.
    """

    found: list[Found] = field(repr=False)
    is_finished: bool
    triggered: int = 0
    compared: dict[str, float] = field(default_factory=dict, repr=False)


def match_windows(
    question: Question, index: Index, candidates: Candidates, cpu: Callable[[], float] = time.thread_time
) -> WindowMatches:
    """Finds references by windows; raises `IndexBehind`, `StorageUnavailable` or `SealBroken`."""
    deadline = cpu() + WORK_SECONDS
    found: list[Found] = []
    frames: list[list[Shown]] = []
    is_finished = True
    triggered = 0
    compared: list[tuple[str, float]] = []
    for query_frame in question.query_frames:
        for family in (Family.ANCHORED, Family.FRAMES):
            matched = match_frame(
                query_frame, family, index=index, candidates=candidates, cpu=cpu, deadline=deadline
            )
            if family == Family.FRAMES:
                frames.append(matched.shown)
            else:
                found += [(one.reference_id, evidence_of(one, match)) for one, match in matched.shown]
            is_finished = is_finished and matched.is_finished
            triggered += matched.triggered
            compared += matched.compared.items()
    if len(frames) > 1:
        found += _of_animation(question.query_frames, frames, ClipContexts(candidates))
    else:
        found += [(shown[0].reference_id, _of_frame(shown)) for some in frames for shown in some]
    return WindowMatches(
        found=found, is_finished=is_finished, triggered=triggered, compared=strongest(compared)
    )


def _of_frame(shown: Shown) -> Evidence:
    """Says what the ladder asks about a clip of which one frame is shown: a part of it, or an altered one."""
    evidence = evidence_of(*shown)
    is_altered = evidence.match is MatchKind.ALTERED_COPY
    return evidence if is_altered else replace(evidence, match=MatchKind.PARTIAL_COPY)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Animated:
    """What an animation shows of one clip: frame_hits, and the candidate and match of each."""

    frame_hits: list[FrameHit]
    shown: list[Shown] = field(repr=False)

    def stretch(self) -> ClipSpan:
        """Sums it up as a part of the upload."""
        first, _ = self.shown[0]
        place = place_of(first)
        start_ms, end_ms = (
            min(one.start_ms for one in self.frame_hits),
            max(one.end_ms for one in self.frame_hits),
        )
        return ClipSpan(
            case_id=first.case_id,
            level=first.level,
            first_key=first.key - place.number,
            of_frames=place.of_frames,
            frames=by_look(self.frame_hits),
            is_reversed=self.frame_hits[0].frame > self.frame_hits[-1].frame,
            is_small=end_ms - start_ms < MIN_CLIP_SHARE * place.duration_ms,
        )

    def evidence(self, common: frozenset[int]) -> Evidence | None:
        """Says what the ladder asks; None where all that is shown is common."""
        left = [place for place, one in enumerate(self.frame_hits) if one.at_ms not in common]
        if not left:
            return None
        strengths = support_of([self.frame_hits[place] for place in left])
        best = max(left, key=lambda place: self.frame_hits[place].nats)
        return replace(
            _of_frame(self.shown[best]),
            nats=strengths[min(1, len(strengths) - 1)],
            cover=None,
            pieces=len(strengths),
            is_fully_supported=place_of(self.shown[best][0]).of_frames == 1,
        )


def _of_animation(
    query_frames: Sequence[QueryFrame], frames: Sequence[Sequence[Shown]], bodies: ClipContexts
) -> Iterator[Found]:
    clips: dict[str, _Animated] = {}
    runs = _runs(query_frames)
    for number, (run, some) in enumerate(zip(runs, frames, strict=True)):
        for shown in some:
            one, match = shown
            place = place_of(one)
            clip = clips.setdefault(one.reference_id, _Animated(frame_hits=[], shown=[]))
            clip.shown.append(shown)
            clip.frame_hits.append(
                FrameHit(
                    at_ms=number * APART_MS,
                    run=run,
                    frame=place.number,
                    start_ms=place.start_ms,
                    end_ms=place.end_ms,
                    nats=match.nats,
                )
            )
    common = common_looks([clip.stretch() for clip in clips.values()], bodies.differ)
    for (name, clip), looks in zip(clips.items(), common, strict=True):
        evidence = clip.evidence(looks)
        if evidence is not None:
            yield name, evidence


def _runs(query_frames: Sequence[QueryFrame]) -> list[int]:
    """Numbers frames so that those which are alike have one number."""
    runs: list[int] = []
    for number, query_frame in enumerate(query_frames):
        alike = (
            runs[other]
            for other in range(number)
            if query_frames[other].pdq.distance(query_frame.pdq) <= SAME_FRAME_BITS
        )
        runs.append(next(alike, number))
    return runs
