"""What a clip that is uploaded shows: registered pictures in its frames, and registered clips in its course.

Each look at the upload is compared like a picture, and forgotten; what it met is kept. At the end:

1. A registered picture is judged by the look that shows it best. There are as many chances to meet one as there are
   looks, so evidence of windows counts less by the logarithm of their number, in nats.
2. A registered clip is judged by the lines of time on which its frames were met (`index.clips.timeline`).
3. What several clips begin with is no one's: a part of the upload that shows a small part of different clips (an
   intro, a title card) speaks for none of them (`common_parts`).

Looks that are alike one after the other are one *run*, and of two alike the second is taken to show what the first
does. The work is bounded: a look earns processor time for comparisons, and what it does not use the next ones have.
"""

import hashlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from index.clips import ClipQueryFrame, FrameHit
from index.frames import QueryFrame
from index.hashing import Algorithm, Code
from index.verdict import DEFAULT_PROFILE, Band, Evidence, MatchKind, Profile, Segment, grade, joined
from registry.domain import AnchoredCandidate, Family
from registry.matching.frames import Shown, evidence_of, match_frame
from registry.matching.question import Question
from registry.matching.shared_intros import ClipContexts
from registry.matching.timelines import ShownClip, judged, place_of
from registry.matching.whole_codes import Found, match_whole
from registry.ports import Candidates, Index

EARNED_SECONDS: Final = 0.15
"""CPU time for comparisons that each look earns; one takes some 10 ms."""

FIRST_SECONDS: Final = 10.0
"""What there is at the beginning."""

FRAME_SECONDS: Final = 0.5
"""What one look may use."""

RUN_BITS: Final = 24
"""PDQ distance from the first look of a run up to which a later one belongs to it."""

PICTURE_VIEWS: Final = 8
"""Looks that are seen as one registered picture, at most, where none shows it tightly."""

SAME_BITS: Final = 4
"""PDQ distance up to which a look shows what the one before showed; an inset or a caption moves it further."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipMatches:
    """What was found.

    Attributes:
        is_finished: whether everything was compared.
        is_flood: whether more was proposed than is ever confirmed.
        informative: whether any look shows enough to be told from others.
    """

    found: list[Found] = field(repr=False)
    is_finished: bool
    is_flood: bool
    informative: bool


@dataclass(slots=True)
class _Picture:
    """The best evidence of one picture, when it was seen, and in how many looks as the picture itself."""

    best: Evidence
    seen: list[Segment]
    views: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What one look met."""

    pictures: list[Found]
    frames: list[Shown]


class ClipMatcher:
    """Compares the looks at one upload, given in their order. For one thread.

    Args:
        index: proposes.
        candidates: confirm.
        step_ms: time that one look stands for.
        profile: thresholds.
        cpu: this thread's processor time, in seconds.
    """

    def __init__(
        self,
        index: Index,
        candidates: Candidates,
        *,
        step_ms: int,
        profile: Profile = DEFAULT_PROFILE,
        cpu: Callable[[], float] = time.thread_time,
    ) -> None:
        self._index = index
        self._candidates = candidates
        self._step_ms = step_ms
        self._profile = profile
        self._cpu = cpu
        self._credit = FIRST_SECONDS
        self._pictures: dict[str, _Picture] = {}
        self._clips: dict[str, ShownClip] = {}
        self._seen = hashlib.sha256()
        self._looks = 0
        self._run = -1
        self._run_code: Code | None = None
        self._last: tuple[QueryFrame, _Look] | None = None
        self._is_finished = True
        self._is_flood = False
        self._informative = False

    def look(self, frame: ClipQueryFrame) -> None:
        """Compares the next look; raises `IndexBehind`, `StorageUnavailable` or `SealBroken`."""
        query_frame = frame.query_frame
        self._seen.update(
            repr((frame.at_ms, query_frame.luma.shape)).encode("ascii") + query_frame.luma.tobytes()
        )
        self._looks += 1
        self._informative = self._informative or query_frame.is_informative or len(query_frame.windows) > 0
        self._follow_run(query_frame)
        if self._last is not None and _is_same(self._last[0], query_frame):
            met = self._last[1]
            self._last = None  # the next one is compared: what comes slowly into view must not stay unseen
        else:
            met = self._compared(query_frame)
            self._last = (query_frame, met)
        self._keep(frame.at_ms, met)

    def probe(self) -> tuple[Code, ...]:
        """Returns a digest of all that was seen: two uploads with the same are one probe (`weigh_evidence.Asked`)."""
        return (Code(algorithm=Algorithm.SHA256, value=self._seen.digest()),)

    def edge(self) -> tuple[Code, ...]:
        """Returns the same."""
        return self.probe()

    def matches(self) -> ClipMatches:
        """Sums up what was found: active when it was met; whether it still is, the caller asks.

        Raises `StorageUnavailable` or `SealBroken`.
        """
        discount = math.log(max(self._looks, 1))
        found = [(name, _judged(picture, discount)) for name, picture in self._pictures.items()]
        found += judged(
            self._clips.values(),
            step_ms=self._step_ms,
            frame_discount=discount,
            differ=ClipContexts(self._candidates).differ,
        )
        return ClipMatches(
            found=found,
            is_finished=self._is_finished,
            is_flood=self._is_flood,
            informative=self._informative,
        )

    def _follow_run(self, query_frame: QueryFrame) -> None:
        code = query_frame.pdq
        if self._run_code is None or self._run_code.distance(code) > RUN_BITS:
            self._run += 1
            self._run_code = code

    def _compared(self, query_frame: QueryFrame) -> _Look:
        started = self._cpu()
        deadline = started + min(self._credit, FRAME_SECONDS)
        whole = match_whole(Question(query_frames=(query_frame,)), self._index, self._candidates)
        wanted = {Family.ANCHORED: self._is_picture_wanted, Family.FRAMES: self._is_frame_wanted}
        pictures, frames = (
            match_frame(
                query_frame,
                family,
                index=self._index,
                candidates=self._candidates,
                cpu=self._cpu,
                deadline=deadline,
                is_wanted=is_wanted,
                is_thorough=False,  # of many frames some are near at once
            )
            for family, is_wanted in wanted.items()
        )
        self._credit += EARNED_SECONDS - (self._cpu() - started)
        self._is_flood = self._is_flood or whole.is_flood
        self._is_finished = self._is_finished and pictures.is_finished and frames.is_finished
        found = [(one.reference_id, evidence_of(one, match)) for one, match in pictures.shown]
        return _Look(pictures=[*whole.found, *found], frames=frames.shown)

    def _keep(self, at_ms: int, met: _Look) -> None:
        when = Segment(start_ms=at_ms, end_ms=at_ms + self._step_ms)
        for name, evidence in met.pictures:
            known = self._pictures.get(name)
            if known is None:
                self._pictures[name] = _Picture(best=evidence, seen=[when], views=_is_viewed(evidence))
                continue
            known.seen.append(when)
            known.views += _is_viewed(evidence)
            if self._strength(evidence) > self._strength(known.best):
                known.best = evidence
        for candidate, match in met.frames:
            evidence = evidence_of(candidate, match)
            hit = _frame_hit(at_ms, self._run, candidate, evidence, self._profile)
            self._clip_of(candidate).add(hit, evidence, is_viewed=match.view is not None)

    def _clip_of(self, one: AnchoredCandidate) -> ShownClip:
        clip = self._clips.get(one.reference_id)
        if clip is None:
            clip = self._clips[one.reference_id] = ShownClip.of(one)
        return clip

    def _is_frame_wanted(self, one: AnchoredCandidate, nats: float) -> bool:
        return self._clip_of(one).is_view_wanted(place_of(one).number, nats)

    def _is_picture_wanted(self, one: AnchoredCandidate, _nats: float) -> bool:
        known = self._pictures.get(one.reference_id)
        return known is None or (
            known.views < PICTURE_VIEWS and grade(known.best, self._profile).band is not Band.TIGHT
        )

    def _strength(self, evidence: Evidence) -> tuple[int, int, float]:
        bands = (Band.NONE, Band.LOOSE, Band.TIGHT)
        nats = evidence.nats if evidence.nats is not None else -float(evidence.pdq_bits or 0)
        return bands.index(grade(evidence, self._profile).band), _is_viewed(evidence), nats


def _judged(picture: _Picture, discount: float) -> Evidence:
    best = picture.best
    nats = None if best.nats is None else best.nats - discount
    return replace(best, nats=nats, segments=joined(picture.seen))


def _is_viewed(evidence: Evidence) -> int:
    return int(evidence.cover is not None)


def _is_same(last: QueryFrame, query_frame: QueryFrame) -> bool:
    if last.luma.shape != query_frame.luma.shape:
        return False
    return max(last.pdq.distance(query_frame.pdq), last.dhash.distance(query_frame.dhash)) <= SAME_BITS


def _frame_hit(
    at_ms: int, run: int, one: AnchoredCandidate, evidence: Evidence, profile: Profile
) -> FrameHit:
    place = place_of(one)
    return FrameHit(
        at_ms=at_ms,
        run=run,
        frame=place.number,
        start_ms=place.start_ms,
        end_ms=place.end_ms,
        nats=evidence.nats or 0.0,
        is_tight=evidence.match is MatchKind.COPY and grade(evidence, profile).band is Band.TIGHT,
    )
