"""Match one query frame with the windows of one code family: crops, pastes, screenshots and altered copies.

1. The index proposes references whose windows are near the frame's. Hits too weak to trigger are dropped.
2. One indexed read confirms which references are active, with their windows and whole codes.
3. The stop list: a window that pictures of several linked cases share (an agency's logo, a caption's letters) neither
   triggers nor counts. Cases that no operator linked stop-list nothing of each other (`registry.matching.links`):
   whoever may register could otherwise mute what others registered.
4. Each reference is compared with the frame. If the evidence of its windows suffices, the frame is also seen as the
   reference: turned, scaled and cut into the reference's frame (`index.comparison`).

The work is bounded by `MAX_COMPARED` references for each frame, and by the caller's deadline. Highest levels are
compared first, then the likeliest, and few unverified references of one tenant count (`crowds`). The
result states whether references were left out, and such an upload is never allowed (docs/promises.md, promise 6).

References that one loose hit triggered are compared last, if nothing but official releases, which lead to nothing, was
shown: `MAX_LOOSE` at most, within the same deadline. To leave some of them out, or all, is no unfinished work, as with
hits that are too weak to trigger.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Generic, TypeVar

import numpy as np

from index.arrays import I64, Flags
from index.comparison import MAX_LOOSE, MAX_TOLD, Match, Matcher, Registered, Triggers, triggers_of
from index.frames import QueryFrame
from index.search import Hits
from index.stages import Stage, stage
from index.verdict import MIN_NATS, Box, FrameView, Level, ReferenceKind, WindowEvidence
from index.windows import PROPOSED_BITS, TRIGGER_BITS, Windows, code_distances, points_of
from registry.domain import AnchoredCandidate, Family, KeyFrameCandidate, PictureCandidate, number_of
from registry.matching.crowds import alike, in_turn, ranked_keys
from registry.matching.links import CaseLinks
from registry.ports import Candidates, Index

MAX_COMPARED: Final = 256
"""Maximum number of references compared with one frame. An unrelated picture triggers about 60 of a million."""

MIN_NEGATIVE_WINDOWS: Final = 2
"""Windows of a negative, and of a reference, that must be near. By 64 windows at a million references as many inverted
re-uploads of the first set trigger as with one (0.965 of 135), all 16 of the second set's inverted kinds, and 0.68 of
126 others of the second set that were inverted, too, instead of 0.74."""

MAX_FRAMES_OF_ONE_CLIP: Final = 3
"""Maximum number of key frames of one clip compared with one frame, the likeliest first. A frame shows one moment, and
its neighbouring key frames are alike."""

BATCH: Final = 8
"""References compared between two readings of the clock. If all are rectified, this takes at most 0.5 s beyond the
deadline."""

NEAR_NATS: Final = 4.0
"""Distance below `MIN_NATS`, in nats, down to which evidence is still reported, for the probing budgets."""

STOP_LIST_MIN_CASES: Final = 3
UNRELATED_BITS: Final = 64
"""PDQ distance of whole pictures above which two references may show different pictures. The same picture, registered
by several people, is no template."""

RELATED_SHARE: Final = 0.4
"""Share of the windows of one reference that another reference also has, from which both are the same picture, cut or
turned differently. In doubt nothing is stop-listed: a picture that is not found is worse than a page that is
reviewed."""

C = TypeVar("C", PictureCandidate, KeyFrameCandidate)
"""A picture or a key frame, the content of one code family."""

Wanted = Callable[[C, float], bool]
"""Return whether the frame is to be seen as this reference, which has a log-likelihood ratio of so many nats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameMatches(Generic[C]):
    """The matches of one frame's windows in one family.

    Attributes:
        shown: references with enough evidence to be reported (`NEAR_NATS`), each with the frame's match.
        is_finished: whether everything that triggered was compared.
        triggered: number of keys that triggered and were confirmed.
        compared: log-likelihood ratio, in nats, of each reference that was compared, including those that are not
            shown. For several key frames of one clip, it is the highest.
        loose: references that one loose hit triggered.
    """

    shown: list[tuple[C, Match]] = field(repr=False)
    is_finished: bool
    triggered: int = 0
    compared: dict[str, float] = field(default_factory=dict, repr=False)
    loose: frozenset[str] = field(default=frozenset(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameMatcher:
    """The comparison of query frames with registered windows. For one thread.

    Attributes:
        index: the index, which proposes codes.
        candidates: the database, which confirms the proposals.
        links: which cases are linked.
        cpu: returns this thread's processor time, in seconds.
        is_thorough: whether seeing a frame as a reference may take up to 60 ms if the first attempt does not match.
        max_told: as in `Matcher`.
    """

    index: Index
    candidates: Candidates
    links: CaseLinks
    cpu: Callable[[], float]
    is_thorough: bool = True
    max_told: int = MAX_TOLD

    def pictures(
        self,
        query_frame: QueryFrame,
        *,
        deadline: float,
        is_wanted: Wanted[PictureCandidate] | None = None,
        is_negative: bool = False,
    ) -> FrameMatches[PictureCandidate]:
        """Compare a frame with registered pictures; raise `IndexBehind`, `StorageUnavailable` or `SealBroken`.

        Args:
            query_frame: the frame.
            deadline: reading of `cpu` after which nothing more is compared.
            is_wanted: decides whether the frame is seen as a reference (`Wanted`). Seeing it takes about 10 ms, and
                nothing is tight without it. None means always.
            is_negative: whether the frame is the negative of one that shows nothing. Every ordinary upload has one, so
                a reference needs two near windows.
        """
        confirm = self.candidates.confirm_pictures
        return self._match(
            query_frame, Family.ANCHORED, confirm, deadline, is_wanted, is_negative=is_negative
        )

    def key_frames(
        self, query_frame: QueryFrame, *, deadline: float, is_wanted: Wanted[KeyFrameCandidate] | None = None
    ) -> FrameMatches[KeyFrameCandidate]:
        """Compare a frame with key frames of registered clips, as `pictures` does with pictures."""
        confirm = self.candidates.confirm_key_frames
        return self._match(query_frame, Family.FRAMES, confirm, deadline, is_wanted)

    def _match(
        self,
        query_frame: QueryFrame,
        family: Family,
        confirm: Callable[[Sequence[int], Family], tuple[C, ...]],
        deadline: float,
        is_wanted: Wanted[C] | None,
        *,
        is_negative: bool = False,
    ) -> FrameMatches[C]:
        if not len(query_frame.windows) or not self.index.size(family):
            return FrameMatches(shown=[], is_finished=True)
        if self.cpu() > deadline:
            return FrameMatches(shown=[], is_finished=False)
        with stage(Stage.PROPOSAL, family.value):
            hits = _proposed(self.index, family, query_frame.windows)  # 1.
        with stage(Stage.TRIGGERS):
            windows = MIN_NEGATIVE_WINDOWS if is_negative else 1
            max_loose = MAX_LOOSE if family == Family.ANCHORED and not is_negative else 0
            triggers = triggers_of(hits, max_loose, min_windows=windows)
        likely = _likeliest(triggers.sure) if family == Family.FRAMES else triggers.sure
        keys, unread = ranked_keys(likely, family, self.candidates, MAX_COMPARED)
        asked: list[int] = np.concatenate([keys, triggers.loosely]).tolist()
        with stage(Stage.CONFIRMATION, family.value):
            confirmed = confirm(asked, family) if asked else ()  # 2.
        frames_of_one = MAX_FRAMES_OF_ONE_CLIP if family == Family.FRAMES else 1
        sure, loose = _without_stop_listed(triggers, confirmed, self.links)  # 3.
        is_refined = family is Family.ANCHORED
        with stage(Stage.COMPARISON):
            in_order, left_out = _in_turn(sure, frames_of_one)
            compared = list(
                self._compared(query_frame, in_order, deadline, is_wanted, is_refined=is_refined)
            )  # 4.
            is_finished = not len(unread) and self.cpu() <= deadline
            is_finished = is_finished and left_out <= _crowds_shown(compared)
            if not any(one.kind is not ReferenceKind.OFFICIAL_RELEASE for one, _ in _shown(compared)):
                compared += self._compared(query_frame, loose, deadline, is_wanted, is_refined=is_refined)
        return FrameMatches(
            shown=[(one, _placed(match, query_frame.part)) for one, match in _shown(compared)],
            is_finished=is_finished,
            triggered=len(keys),
            compared=strongest((one.reference_id, match.nats) for one, match in compared),
            loose=frozenset(one.reference_id for one, _ in loose),
        )

    def _compared(
        self,
        query_frame: QueryFrame,
        pairs: Sequence[tuple[C, Registered]],
        deadline: float,
        is_wanted: Wanted[C] | None,
        *,
        is_refined: bool,
    ) -> Iterator[tuple[C, Match]]:
        matcher = Matcher(
            query_frame,
            is_thorough=self.is_thorough,
            is_refined=is_refined and self.is_thorough,
            max_told=self.max_told,
        )
        for start in range(0, len(pairs), BATCH):
            if self.cpu() > deadline:
                return
            ones = [one for one, _ in pairs[start : start + BATCH]]
            registered = [registered for _, registered in pairs[start : start + BATCH]]
            matches = matcher.compare(registered, _wanted_places(ones, is_wanted))
            yield from zip(ones, matches, strict=True)


def _shown(compared: Iterable[tuple[C, Match]]) -> list[tuple[C, Match]]:
    """Return the references with enough evidence to be reported."""
    return [(one, match) for one, match in compared if match.nats >= MIN_NATS - NEAR_NATS]


def _in_turn(
    pairs: Sequence[tuple[C, Registered]], frames_of_one: int
) -> tuple[list[tuple[C, Registered]], set[Hashable]]:
    """Return references in the order of their comparison, and the crowds of those that are left out."""
    by_key = {one.key: (one, registered) for one, registered in pairs}
    kept, left_out = in_turn([one for one, _ in pairs], frames_of_one=frames_of_one)
    return [by_key[one.key] for one in kept], {alike(one) for one in left_out}


def _crowds_shown(compared: Iterable[tuple[C, Match]]) -> set[Hashable]:
    """Return the crowds of which an unverified reference matches: those left out of theirs are near-equal to it."""
    return {alike(one) for one, match in compared if one.level == Level.V0 and match.nats >= MIN_NATS}


def _placed(match: Match, part: Box) -> Match:
    """Return a match in a part of an upload, with its places in the whole of it."""
    altered = tuple(region.within(part) for region in match.altered)
    return replace(match, box=match.box.within(part), altered=altered)


def _proposed(index: Index, family: Family, windows: Windows) -> Hits:
    """Return the windows near those of an upload."""
    return index.propose(
        family, windows.codes, PROPOSED_BITS, windows.doubtful if len(windows.doubtful) else None
    )


def _wanted_places(ones: Sequence[C], is_wanted: Wanted[C] | None) -> Callable[[int, float], bool]:
    def is_place_wanted(place: int, nats: float) -> bool:
        return is_wanted is None or is_wanted(ones[place], nats)

    return is_place_wanted


def strongest(compared: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Return the highest log-likelihood ratio of each reference, in nats."""
    highest: dict[str, float] = {}
    for name, nats in compared:
        highest[name] = max(nats, highest.get(name, nats))
    return highest


def evidence_of(one: AnchoredCandidate, match: Match) -> WindowEvidence:
    """Return the evidence about a reference that a frame shows."""
    view = match.view
    if view is None:
        return WindowEvidence(reference=one.facts, match=match.kind, nats=match.nats, box=match.box)
    known = one.pdq is not None and one.pdq.quality is not None
    held = one.pdq.quality if one.pdq is not None else None
    return WindowEvidence(
        reference=one.facts,
        match=match.kind,
        nats=match.nats,
        view=FrameView(
            pdq_bits=view.pdq_bits,
            dhash_bits=view.dhash_bits,
            quality=min(view.quality, held or 0) if known else None,
            flat_share=view.flat_share if one.flat_share is None else max(view.flat_share, one.flat_share),
            cover=view.cover,
        ),
        box=match.box,
        altered=match.altered,
    )


def _likeliest(keys: I64) -> I64:
    """Return the first `MAX_FRAMES_OF_ONE_CLIP` key frames of each clip, in the given order."""
    seen: Counter[int] = Counter()
    left = []
    for key in keys.tolist():
        clip = key - number_of(key)
        seen[clip] += 1
        if seen[clip] <= MAX_FRAMES_OF_ONE_CLIP:
            left.append(key)
    return np.array(left, np.int64)


def _without_stop_listed(
    triggers: Triggers, confirmed: Iterable[C], links: CaseLinks
) -> tuple[list[tuple[C, Registered]], list[tuple[C, Registered]]]:
    """Return the active references with their hits, without hits of windows on the stop list; the loose ones apart.

    Loose references put nothing on the list for the others.
    """
    hits = dict(zip(triggers.keys.tolist(), triggers.hits, strict=True))
    ranks = {key: rank for rank, key in enumerate(hits)}
    active = sorted(confirmed, key=lambda one: ranks[one.key])
    split = sum(ranks[one.key] < len(triggers.sure) for one in active)
    sure = _with_hits(active[:split], hits, _stop_lists(active[:split], hits, links))
    loose = _with_hits(active[split:], hits, _stop_lists(active, hits, links)) if split < len(active) else []
    return sure, loose


def _with_hits(
    active: Sequence[C], hits: dict[int, I64], stop_lists: Mapping[str, Sequence[int]]
) -> list[tuple[C, Registered]]:
    """Return references with their hits, without those of the upload's windows on the stop list of their case."""
    pairs = []
    for one in active:
        own = hits[one.key]
        stop_listed = None
        rows = stop_lists.get(one.case_id, ())
        if rows:
            shared = np.isin(own[:, 0], rows)
            stop_listed = np.zeros(len(one.windows), np.bool_)
            stop_listed[own[shared, 1]] = True
            stop_listed |= _within(one.windows, stop_listed)
            own = own[~shared]
        if len(own):
            registered = Registered(
                windows=one.windows,
                pdq=one.pdq,
                dhash=one.dhash,
                hits=own,
                stop_listed=stop_listed,
                regions=one.regions,
            )
            pairs.append((one, registered))
    return pairs


def _stop_lists(
    active: Sequence[AnchoredCandidate], hits: dict[int, I64], links: CaseLinks
) -> dict[str, list[int]]:
    """Return, by case, the rows of the upload's windows that three unrelated references of linked cases share.

    The references are those of the case itself and of cases linked with it, all verified. Other cases are absent.
    """
    sharing: dict[int, list[AnchoredCandidate]] = defaultdict(list)
    for one in active:
        if one.level < Level.V1 or one.is_disputed:
            continue
        own = hits[one.key]
        for row in np.unique(own[:, 0]).tolist():
            sharing[row].append(one)
    shared = {row: those for row, those in sharing.items() if _cases(those) >= STOP_LIST_MIN_CASES}
    if not shared:
        return {}
    case_ids = sorted({one.case_id for one in active})
    links.read(case_ids)
    return {
        case_id: [
            row
            for row, those in shared.items()
            if _unrelated(
                [one for one in those if case_id == one.case_id or links.are_linked(case_id, one.case_id)]
            )
            >= STOP_LIST_MIN_CASES
        ]
        for case_id in case_ids
        if links.standing(case_id).linked
    }


def _cases(those: Iterable[AnchoredCandidate]) -> int:
    return len({one.case_id for one in those})


def _unrelated(those: Sequence[AnchoredCandidate]) -> int:
    """Return the number of references of different cases that show different pictures."""
    counted: list[AnchoredCandidate] = []
    for one in those:
        if one.pdq is None or any(one.case_id == other.case_id or _related(one, other) for other in counted):
            continue
        counted.append(one)
    return len(counted)


def _related(one: AnchoredCandidate, other: AnchoredCandidate) -> bool:
    """Return whether two references may show the same picture, whole, cut or turned."""
    if one.pdq is not None and other.pdq is not None and one.pdq.distance(other.pdq) <= UNRELATED_BITS:
        return True
    near = code_distances(one.windows.codes, other.windows.codes) <= TRIGGER_BITS
    shared = min(int(near.any(axis=0).sum()), int(near.any(axis=1).sum()))
    return bool(shared >= RELATED_SHARE * min(near.shape))


def _within(windows: Windows, stop_listed: Flags) -> Flags:
    """Return which windows show the same as a stop-listed one: their centre is in it, and they are not much larger."""
    at, radius = points_of(windows.places), windows.places[:, 2]
    apart = np.abs(at[:, None] - at[None, stop_listed])
    inside = (apart < radius[stop_listed]) & (radius[:, None] < 1.5 * radius[stop_listed])
    return np.asarray(inside.any(axis=1), np.bool_)
