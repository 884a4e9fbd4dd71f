"""Match the anchored windows of an uploaded picture with registered pictures and with key frames of clips.

Each query frame is compared with both families (`FrameMatcher`), with `work_s` of CPU time in all. Key frames are also
compared by whole codes, which bear any stretch (`frame_codes`). A picture shows at most one key frame of a clip, so it
matches a part of the clip. An animation is treated as a clip without times: it needs hits of two different key frames
of a registered clip, or one hit that is sufficient on its own. Parts that different clips of linked cases share are no
evidence of any of them (`shared_intros`).

Each frame with windows is one more chance of a false match, so the evidence of windows of many frames is discounted
(`discount_of`).
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from index.clips import FrameHit, support_of
from index.comparison import Match
from index.frames import QueryFrame, negative_of
from index.verdict import MIN_CLIP_SHARE, WHOLE, ClipEvidence, DecidingBits, MatchKind, WindowEvidence
from registry.domain import KeyFrameCandidate, PictureCandidate
from registry.matching.frame_codes import match_key_frame_codes, merged
from registry.matching.frames import FrameMatcher, FrameMatches, evidence_of, strongest
from registry.matching.links import CaseLinks
from registry.matching.near_pictures import match_near
from registry.matching.question import CodeQuestion, Question
from registry.matching.shared_intros import NEIGHBOURS_MS, ClipContexts, ClipSpan, by_time, shared_times
from registry.matching.whole_codes import Found, NearPicture
from registry.ports import Candidates, Index

WORK_S: Final = 0.5
"""CPU time for the comparisons of one check, in seconds. An ordinary check takes 2 to 20 ms."""

FRAME_WORK_S: Final = 0.005
"""CPU time that each frame with windows adds beyond `UNDISCOUNTED` frames. A frame that shows nothing registered takes
about 3 ms among 100,000 registered pictures (docs/performance.md)."""

MAX_WORK_S: Final = 0.9
"""CPU time for the comparisons of one check with any number of frames, in seconds."""

SHOWN_WORK_S: Final = 0.03
"""CPU time that each frame that shows something registered adds, in seconds."""

SHEET_PARTS: Final = 4
"""Number of parts from which a picture is a sheet of several."""

MAX_FULLY_SHOWN: Final = 2
"""Number of parts of a sheet that show something registered, each of which may take 0.1 s. Further ones, and the sheet
as a whole, are compared faster, without refinement and regions: each picture of a sheet is found, also where all are
registered."""

UNDISCOUNTED: Final = 5
"""Number of frames with windows for which the rates of false matches were measured (docs/recall.md)."""

SAME_FRAME_BITS: Final = 24
"""PDQ distance up to which two frames of an animation belong to one run, as in a clip."""

APART_MS: Final = 3 * NEIGHBOURS_MS
"""Nominal time between two frames of an animation. It is so long that no frame is the neighbour of another."""

Shown = tuple[KeyFrameCandidate, WindowEvidence]
"""A key frame, and the evidence of the query frame that shows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowMatches:
    """The matches of windows.

    Attributes:
        is_finished: whether everything that triggered was compared.
        triggered: as in `FrameMatches`, of all frames and families.
        compared: as in `FrameMatches`.
        loose: references that were compared only because one loose hit triggered them.
    """

    found: list[Found] = field(repr=False)
    is_finished: bool
    triggered: int = 0
    compared: dict[str, float] = field(default_factory=dict, repr=False)
    loose: frozenset[str] = field(default=frozenset(), repr=False)


def match_windows(
    question: Question,
    index: Index,
    candidates: Candidates,
    near: Sequence[NearPicture] = (),
    cpu: Callable[[], float] = time.thread_time,
) -> WindowMatches:
    """Find references by windows; raise `IndexBehind`, `StorageUnavailable` or `SealBroken`.

    A question of codes has no windows. `near` are registered pictures with which the upload is also compared as a
    whole.
    """
    if isinstance(question, CodeQuestion):
        return WindowMatches(found=[], is_finished=True)
    looks = sum(len(one.windows) > 0 for one in question.query_frames)
    discount = discount_of(looks)
    start = cpu()
    deadline, latest = start + work_s(looks), start + max(WORK_S, MAX_WORK_S)
    links = CaseLinks(candidates)
    matcher = FrameMatcher(index=index, candidates=candidates, links=links, cpu=cpu)
    quick = replace(matcher, is_thorough=False, max_told=0)
    is_sheet = sum(one.part != WHOLE for one in question.query_frames) >= SHEET_PARTS
    shown_frames = 0
    found: list[Found] = []
    frames: list[list[Shown]] = []
    is_finished = True
    triggered = 0
    compared: list[tuple[str, float]] = []
    sure: set[str] = set()
    whole = match_near(near, candidates)
    found += whole.found
    is_finished = whole.is_finished
    by_codes = match_key_frame_codes(question.query_frames, index, candidates)
    for query_frame, codes in zip(question.query_frames, by_codes, strict=True):
        is_quick = is_sheet and (query_frame.part == WHOLE or shown_frames >= MAX_FULLY_SHOWN)
        pictures = _pictures(quick if is_quick else matcher, query_frame, deadline)
        if pictures.shown:
            deadline = min(deadline + SHOWN_WORK_S, latest)
            shown_frames += query_frame.part != WHOLE
        key_frames = matcher.key_frames(query_frame, deadline=deadline)
        found += [
            (one.reference_id, evidence_of(one, _discounted(match, discount)))
            for one, match in pictures.shown
        ]
        by_windows = [
            (one, evidence_of(one, _discounted(match, discount))) for one, match in key_frames.shown
        ]
        frames.append(merged(codes.shown, by_windows))
        is_finished = is_finished and pictures.is_finished and codes.is_finished and key_frames.is_finished
        triggered += pictures.triggered + key_frames.triggered
        compared += [*pictures.compared.items(), *key_frames.compared.items()]
        sure.update(pictures.compared.keys() - pictures.loose, key_frames.compared)
    if sum(one.part == WHOLE for one in question.query_frames) > 1:
        found += _of_animation(question.query_frames, frames, ClipContexts(candidates), links)
    else:
        found += [(shown[0].reference_id, _of_key_frame(shown)) for some in frames for shown in some]
    return WindowMatches(
        found=found,
        is_finished=is_finished,
        triggered=triggered,
        compared=strongest(compared),
        loose=frozenset(name for name, _ in compared if name not in sure),
    )


def _pictures(
    matcher: FrameMatcher, query_frame: QueryFrame, deadline: float
) -> FrameMatches[PictureCandidate]:
    """Compare a frame with registered pictures; if it shows none, compare its negative too.

    A negative's loose hits are not compared: few copies are negatives.
    """
    upright = matcher.pictures(query_frame, deadline=deadline)
    negative = None if upright.shown else negative_of(query_frame)
    if negative is None:
        return upright
    inverted = matcher.pictures(negative, deadline=deadline, is_negative=True)
    return replace(
        inverted,
        is_finished=upright.is_finished and inverted.is_finished,
        triggered=upright.triggered + inverted.triggered,
        compared=strongest([*upright.compared.items(), *inverted.compared.items()]),
        loose=upright.loose - inverted.compared.keys(),
    )


def work_s(looks: int) -> float:
    """Return the CPU time for the comparisons of so many frames with windows, in seconds."""
    return min(WORK_S + FRAME_WORK_S * max(0, looks - UNDISCOUNTED), max(WORK_S, MAX_WORK_S))


def discount_of(looks: int) -> float:
    """Return the nats by which the evidence of one of so many frames is lowered."""
    return math.log(max(looks, UNDISCOUNTED) / UNDISCOUNTED)


def _discounted(match: Match, discount: float) -> Match:
    return replace(match, nats=match.nats - discount) if discount else match


def _of_key_frame(shown: Shown) -> WindowEvidence:
    """Return the evidence about a clip of which one key frame is shown: a partial or an altered copy, not all of it."""
    _, evidence = shown
    is_altered = evidence.match is MatchKind.ALTERED_COPY
    kind = MatchKind.ALTERED_COPY if is_altered else MatchKind.PARTIAL_COPY
    return replace(evidence, match=kind, is_excerpt=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _AnimatedClip:
    """A registered clip of which an animation shows key frames: the hits, with the candidate and match of each."""

    frame_hits: list[FrameHit] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list, repr=False)

    def add(self, shown: Shown, *, at_ms: int, run: int) -> None:
        """Add the hit of one frame of the animation."""
        one, evidence = shown
        self.shown.append(shown)
        self.frame_hits.append(
            FrameHit(
                at_ms=at_ms,
                run=run,
                key_frame=one.place.number,
                start_ms=one.place.start_ms,
                end_ms=one.place.end_ms,
                nats=evidence.nats,
            )
        )

    def span(self) -> ClipSpan:
        """Return the span of the upload that shows the clip, which covers all its hits."""
        first, _ = self.shown[0]
        start_ms = min(one.start_ms for one in self.frame_hits)
        end_ms = max(one.end_ms for one in self.frame_hits)
        return ClipSpan(
            case_id=first.case_id,
            level=first.level,
            is_disputed=first.is_disputed,
            first_key=first.first_key,
            key_frames=first.place.of_frames,
            shown=by_time(self.frame_hits),
            is_reversed=self.frame_hits[0].key_frame > self.frame_hits[-1].key_frame,
            is_small=end_ms - start_ms < MIN_CLIP_SHARE * first.place.duration_ms,
        )

    def evidence(self, shared: frozenset[int]) -> ClipEvidence | None:
        """Return the evidence without parts shared with different clips; None if nothing else is shown."""
        left = [place for place, one in enumerate(self.frame_hits) if one.at_ms not in shared]
        if not left:
            return None
        strengths = support_of([self.frame_hits[place] for place in left])
        best = max(left, key=lambda place: self.frame_hits[place].nats)
        evidence = _of_key_frame(self.shown[best])
        view = evidence.view
        deciding = None
        if view is not None and view.pdq_bits is not None:
            deciding = DecidingBits(pdq_bits=view.pdq_bits, dhash_bits=view.dhash_bits)
        return ClipEvidence(
            reference=evidence.reference,
            match=evidence.match,
            nats=strengths[min(1, len(strengths) - 1)],
            support=len(strengths),
            is_fully_supported=self.shown[best][0].place.of_frames == 1,
            deciding=deciding,
            box=evidence.box,
            altered=evidence.altered,
        )


def _of_animation(
    query_frames: Sequence[QueryFrame],
    frames: Sequence[Sequence[Shown]],
    contexts: ClipContexts,
    links: CaseLinks,
) -> Iterator[Found]:
    clips: dict[str, _AnimatedClip] = {}
    for number, (run, some) in enumerate(zip(_runs(query_frames), frames, strict=True)):
        for shown in some:
            clip = clips.setdefault(shown[0].reference_id, _AnimatedClip())
            clip.add(shown, at_ms=number * APART_MS, run=run)
    shared = shared_times([clip.span() for clip in clips.values()], contexts.differ, links)
    for (name, clip), times in zip(clips.items(), shared, strict=True):
        evidence = clip.evidence(times)
        if evidence is not None:
            yield name, evidence


def _runs(query_frames: Sequence[QueryFrame]) -> list[int]:
    """Return a number for each frame, equal for frames that are alike."""
    codes = np.stack([query_frame.pdq_codes[0] for query_frame in query_frames])
    runs: list[int] = []
    for number, code in enumerate(codes):
        alike = np.flatnonzero(np.bitwise_count(codes[:number] ^ code).sum(axis=1) <= SAME_FRAME_BITS)
        runs.append(runs[int(alike[0])] if len(alike) else number)
    return runs
