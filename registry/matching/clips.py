"""Match an uploaded clip with registered pictures in its frames, and with registered clips along its timeline.

Each query frame is compared like a picture and then dropped; only its hits are kept. A key frame is hit by windows, or
by whole codes if the upload is stretched (`frame_codes`); hit by both, it is one hit. At the end:

1. A registered picture is judged by the query frame that shows it best. Every query frame is another chance to hit a
   picture by accident. The evidence of windows is therefore reduced by the natural logarithm of the number of query
   frames, in nats.
2. A registered clip is judged by the timeline fits through the hits of its key frames (`index.clips.timeline`).
3. Shared intros of linked cases are no evidence of any clip (`shared_intros`). If a link that was used has ended
   meanwhile, the comparison is not finished.

Neighbouring query frames that are alike form one *run*. If two neighbours are almost equal, the second is not compared
and gets the hits of the first. The work is bounded: each query frame earns processor time for comparisons, and later
query frames may use the time that is left over.
"""

import hashlib
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from index.clips import ClipQueryFrame, FrameHit
from index.frames import QueryFrame
from index.hashing import Algorithm, Code
from index.verdict import Band, ClipEvidence, Segment, WholeEvidence, WindowEvidence, joined
from registry.domain import KeyFrameCandidate, PictureCandidate
from registry.matching.frame_codes import match_key_frame_codes, merged
from registry.matching.frames import FrameMatcher, evidence_of
from registry.matching.links import CaseLinks
from registry.matching.shared_intros import ClipContexts
from registry.matching.stretches import SeenFrame, Unstretcher
from registry.matching.timelines import ShownClip, judge_clips
from registry.matching.whole_codes import match_frame_codes
from registry.ports import Candidates, Index

EARNED_S: Final = 0.15
"""CPU time for comparisons that each query frame earns, in seconds. One comparison takes about 10 ms."""

INITIAL_S: Final = 10.0
"""CPU time for comparisons at the beginning, in seconds."""

MAX_FRAME_S: Final = 0.5
"""Maximum CPU time for comparisons of one query frame, in seconds."""

MAX_REST_S: Final = 1.0
"""Maximum CPU time at the end for query frames that wait to be stretched back, in seconds."""

RUN_BITS: Final = 24
"""PDQ distance from the first query frame of a run up to which a later query frame belongs to the run."""

MAX_PICTURE_VIEWS: Final = 8
"""Maximum number of query frames seen as one registered picture if none of them shows it tightly."""

SAME_BITS: Final = 4
"""PDQ and dHash-128 distance up to which a query frame shows the same as the one before. An inset or a caption causes
a larger distance."""

PictureEvidence = WholeEvidence | WindowEvidence
"""Evidence about a registered picture."""

_BANDS: Final = (Band.NONE, Band.LOOSE, Band.TIGHT)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipMatches:
    """The matches of a clip.

    Attributes:
        found: pairs of a reference's id and evidence about it. The reference was active when it was found, and may have
            been withdrawn since.
        is_finished: whether everything was compared.
        is_flood: whether more codes were proposed than are ever confirmed.
        is_informative: whether any query frame shows enough to be distinguished from others.
    """

    found: list[tuple[str, PictureEvidence | ClipEvidence]] = field(repr=False)
    is_finished: bool
    is_flood: bool
    is_informative: bool


@dataclass(slots=True)
class _ShownPicture:
    """The best evidence about one picture, its times, and the number of query frames that were seen as the picture."""

    best: PictureEvidence
    shown: list[Segment]
    views: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _FrameResult:
    """The hits of one query frame."""

    pictures: list[tuple[str, PictureEvidence]]
    key_frames: list[tuple[KeyFrameCandidate, WindowEvidence]]


class ClipMatcher:
    """The comparison of one upload's query frames, which are added in their order. For one thread.

    Args:
        index: the index, which proposes codes.
        candidates: the database, which confirms the proposals.
        step_ms: time that one query frame represents at least, in milliseconds.
        initial_s: CPU time for comparisons at the beginning, in seconds.
        cpu: returns this thread's processor time, in seconds.
    """

    def __init__(
        self,
        index: Index,
        candidates: Candidates,
        *,
        step_ms: int,
        initial_s: float = INITIAL_S,
        cpu: Callable[[], float] = time.thread_time,
    ) -> None:
        self._index = index
        self._candidates = candidates
        # Not thorough, because among many query frames some match at the first attempt.
        self._links = CaseLinks(candidates)
        self._frames = FrameMatcher(
            index=index, candidates=candidates, links=self._links, cpu=cpu, is_thorough=False
        )
        self._unstretcher = Unstretcher(self._frames, self._is_key_frame_wanted)
        self._step_ms = step_ms
        self._cpu = cpu
        self._credit_s = initial_s
        self._pictures: dict[str, _ShownPicture] = {}
        self._clips: dict[str, ShownClip] = {}
        self._seen = hashlib.sha256()
        self._count = 0
        self._run = -1
        self._run_code: Code | None = None
        self._last: tuple[QueryFrame, _FrameResult] | None = None
        self._is_finished = True
        self._is_flood = False
        self._is_informative = False

    def add(self, frame: ClipQueryFrame) -> None:
        """Compare the next query frame; raise `IndexBehind`, `StorageUnavailable` or `SealBroken`."""
        query_frame = frame.query_frame
        self._seen.update(
            repr((frame.at_ms, query_frame.luma.shape)).encode("ascii") + query_frame.luma.tobytes()
        )
        if not frame.in_full:
            self._look_again(frame)
            return
        self._count += 1
        is_informative = query_frame.is_informative or len(query_frame.windows) > 0
        self._is_informative = self._is_informative or is_informative
        self._follow_run(query_frame)
        end_ms = max(frame.until_ms, frame.at_ms + self._step_ms)
        when = Segment(start_ms=frame.at_ms, end_ms=end_ms)
        if self._last is not None and _is_same(self._last[0], query_frame):
            result = self._last[1]
            self._last = None  # compare the next one, so that a picture that fades in slowly is seen
        else:
            result = self._compared(when, query_frame)
            self._last = (query_frame, result)
        self._keep(when, result)

    def _look_again(self, frame: ClipQueryFrame) -> None:
        """Compare the whole codes of a second look. It begins no run, earns no time, and stands for no time."""
        query_frame = frame.query_frame
        started = self._cpu()
        self._is_informative = self._is_informative or query_frame.is_informative
        whole = match_frame_codes(query_frame, self._index, self._candidates)
        (by_codes,) = match_key_frame_codes([query_frame], self._index, self._candidates)
        self._credit_s -= self._cpu() - started
        self._is_flood = self._is_flood or whole.is_flood
        self._is_finished = self._is_finished and by_codes.is_finished
        when = Segment(start_ms=frame.at_ms, end_ms=frame.at_ms + self._step_ms)
        self._keep(when, _FrameResult(pictures=[*whole.by_code], key_frames=by_codes.shown))

    def probe(self) -> tuple[Code, ...]:
        """Return a digest of everything that was seen. Two uploads with the same digest are one probe."""
        return (Code(algorithm=Algorithm.SHA256, value=self._seen.digest()),)

    def edge(self) -> tuple[Code, ...]:
        """Return the code that determines the hidden edge: the same digest."""
        return self.probe()

    def matches(self) -> ClipMatches:
        """Return the matches of all query frames so far; raise `IndexBehind`, `StorageUnavailable` or `SealBroken`."""
        deadline = self._cpu() + min(self._credit_s, MAX_REST_S)
        for earlier, hits in self._unstretcher.earlier(deadline=deadline):
            self._keep_key_frames(earlier.when, earlier.run, hits)
        discount = math.log(max(self._count, 1))
        clips = judge_clips(
            self._clips.values(),
            step_ms=self._step_ms,
            frame_discount=discount,
            differ=ClipContexts(self._candidates).differ,
            links=self._links,
        )
        return ClipMatches(
            found=[*((name, _judged(one, discount)) for name, one in self._pictures.items()), *clips],
            is_finished=self._is_finished and self._links.hold(),
            is_flood=self._is_flood,
            is_informative=self._is_informative,
        )

    def _follow_run(self, query_frame: QueryFrame) -> None:
        code = query_frame.pdq
        if self._run_code is None or self._run_code.distance(code) > RUN_BITS:
            self._run += 1
            self._run_code = code

    def _compared(self, when: Segment, query_frame: QueryFrame) -> _FrameResult:
        started = self._cpu()
        deadline = started + min(self._credit_s, MAX_FRAME_S)
        whole = match_frame_codes(query_frame, self._index, self._candidates)
        pictures = self._frames.pictures(query_frame, deadline=deadline, is_wanted=self._is_picture_wanted)
        (by_codes,) = match_key_frame_codes([query_frame], self._index, self._candidates)
        tight = {one.key for one, evidence in by_codes.shown if evidence.grade().band is Band.TIGHT}
        key_frames = self._frames.key_frames(
            query_frame,
            deadline=deadline,
            # A key frame that is tight by whole codes need not be seen.
            is_wanted=lambda one, nats: one.key not in tight and self._is_key_frame_wanted(one, nats),
        )
        by_windows = [(one, evidence_of(one, match)) for one, match in key_frames.shown]
        seen = SeenFrame(when=when, run=self._run, query_frame=query_frame)
        stretched = self._unstretcher.add(seen, by_codes.shown, by_windows, deadline=deadline)
        for earlier, hits in stretched.hits:
            if earlier is seen:
                by_windows += hits
            else:
                self._keep_key_frames(earlier.when, earlier.run, hits)
        self._credit_s += EARNED_S - (self._cpu() - started)
        self._is_flood = self._is_flood or whole.is_flood
        for part in (pictures, by_codes, key_frames, stretched):
            self._is_finished = self._is_finished and part.is_finished
        found = [(one.reference_id, evidence_of(one, match)) for one, match in pictures.shown]
        return _FrameResult(pictures=[*whole.by_code, *found], key_frames=merged(by_codes.shown, by_windows))

    def _keep(self, when: Segment, result: _FrameResult) -> None:
        for name, evidence in result.pictures:
            known = self._pictures.get(name)
            if known is None:
                self._pictures[name] = _ShownPicture(best=evidence, shown=[when], views=_views(evidence))
                continue
            known.shown.append(when)
            known.views += _views(evidence)
            if _strength(evidence) > _strength(known.best):
                known.best = evidence
        self._keep_key_frames(when, self._run, result.key_frames)

    def _keep_key_frames(
        self, when: Segment, run: int, hits: Iterable[tuple[KeyFrameCandidate, WindowEvidence]]
    ) -> None:
        for candidate, found in hits:
            self._clip_of(candidate).add(_frame_hit(when, run, candidate, found), found)

    def _clip_of(self, one: KeyFrameCandidate) -> ShownClip:
        clip = self._clips.get(one.reference_id)
        if clip is None:
            clip = self._clips[one.reference_id] = ShownClip.of(one)
        return clip

    def _is_key_frame_wanted(self, one: KeyFrameCandidate, nats: float) -> bool:
        return self._clip_of(one).is_view_wanted(one.place.number, nats)

    def _is_picture_wanted(self, one: PictureCandidate, _nats: float) -> bool:
        known = self._pictures.get(one.reference_id)
        return known is None or (
            known.views < MAX_PICTURE_VIEWS and known.best.grade().band is not Band.TIGHT
        )


def _strength(evidence: PictureEvidence) -> tuple[int, int, float]:
    """Return a sort key of evidence about one picture: its band, whether the picture was seen, and its nearness."""
    band = _BANDS.index(evidence.grade().band)
    if isinstance(evidence, WholeEvidence):
        return (band, 0, -float(evidence.pdq_bits))
    return (band, _views(evidence), evidence.nats)


def _judged(picture: _ShownPicture, discount: float) -> PictureEvidence:
    best, segments = picture.best, joined(picture.shown)
    if isinstance(best, WholeEvidence):
        return replace(best, segments=segments)
    return replace(best, nats=best.nats - discount, segments=segments)


def _views(evidence: PictureEvidence) -> int:
    """Return 1 if the query frame was seen as the picture, else 0."""
    return int(isinstance(evidence, WindowEvidence) and evidence.view is not None)


def _is_same(last: QueryFrame, query_frame: QueryFrame) -> bool:
    if last.luma.shape != query_frame.luma.shape:
        return False
    return max(last.pdq.distance(query_frame.pdq), last.dhash.distance(query_frame.dhash)) <= SAME_BITS


def _frame_hit(when: Segment, run: int, one: KeyFrameCandidate, evidence: WindowEvidence) -> FrameHit:
    return FrameHit(
        at_ms=when.start_ms,
        until_ms=when.end_ms,
        run=run,
        key_frame=one.place.number,
        start_ms=one.place.start_ms,
        end_ms=one.place.end_ms,
        nats=evidence.nats,
        is_tight=evidence.grade().band is Band.TIGHT,
    )
