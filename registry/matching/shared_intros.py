"""Shared intros: an intro or title card that clips of linked cases share is no evidence of any of these clips.

Whoever may register could mute a victim's clip, by a clip of its excerpt and something else. Only cases that an
operator linked therefore share anything (`registry.matching.links`): what clips of other cases have in common is
evidence of each, whoever registered first and at whatever level.

Two cases may also have registered the same clip, and the second registration must not stop-list the first. The shared
part is therefore stop-listed only if the clips are different:

1. Find parts of the upload that show key frames of two clips, of different, linked cases, at about the same time. The
   case of the clip that stop-lists must be verified. The part that is stop-listed must be a small part of its clip. A
   large part is the clip itself, even if another clip has it too.
2. Compare the key frames before and after the shared part (`ClipContexts`). If both clips are the same, their
   continuations are alike, even if one is cut, cropped or turned.
3. If the continuations differ, query frames that hit both clips count for neither. In doubt, stop-list nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from index.clips import FrameHit
from index.verdict import Level
from index.windows import TRIGGER_BITS, code_distances
from registry.domain import Family, KeyFrameCandidate
from registry.matching.links import CaseLinks
from registry.ports import Candidates

NEIGHBOURS_MS: Final = 1_000
"""Distance in time up to which two query frames hit the shared part of two clips. Not every query frame of an intro
hits all clips that contain the intro."""

CONTEXT_FRAMES: Final = 16
"""Number of a clip's key frames that are read before the shared part, and after it."""

MAX_LOOKED_UP: Final = 6
"""Number of key frames of the shorter context that are looked up in the longer one."""

MIN_CONTEXT_MS: Final = 2_000
"""Time represented by the looked-up key frames, below which they decide nothing."""

ALIKE_SHARE: Final = 0.5
"""Share of that time that is found again, from which two clips may be the same. If the upload shows only a part of an
intro, the continuations of different clips are also alike for a while."""

ALIKE_BITS: Final = 96
"""PDQ distance up to which two key frames may show the same. Unrelated key frames are 128 ± 8 bits apart."""

ALIKE_WINDOWS: Final = 0.15
MIN_ALIKE_WINDOWS: Final = 3
"""Share and number of matching windows from which two key frames may show the same, cut or turned differently. A
channel's logo in a corner has fewer windows."""

MAX_PARTNERS: Final = 8
"""Maximum number of clips compared with one clip. Clips that share most query frames come first."""

MAX_PAIRS: Final = 64
"""Maximum number of pairs of clips compared for one upload. Each pair takes about 5 ms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The key frames of a clip that an upload shows.

    Attributes:
        first_key: key of the clip's first key frame. The keys of the other key frames follow it.
        key_frames: number of key frames of the clip.
        first: number of the first key frame that is shown.
        last: number of the last key frame that is shown.
        is_reversed: whether the upload shows the key frames backwards.
    """

    first_key: int
    key_frames: int
    first: int
    last: int
    is_reversed: bool = False

    def context(self) -> tuple[range, range]:
        """Return the numbers of the key frames before and after the part in the upload's order, nearest first."""
        before = range(self.first - 1, max(self.first - 1 - CONTEXT_FRAMES, -1), -1)
        behind = range(self.last + 1, min(self.last + 1 + CONTEXT_FRAMES, self.key_frames))
        return (behind, before) if self.is_reversed else (before, behind)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipSpan:
    """A part of an upload that shows a clip.

    Attributes:
        case_id: the clip's case.
        level: the verification level of the case.
        first_key: as in `Part`.
        key_frames: as in `Part`.
        shown: numbers of the key frames that each query frame hits, by the query frame's time in milliseconds.
        is_reversed: whether the key frames are shown backwards.
        is_small: whether the part of the clip is small enough to be stop-listed.
        is_disputed: whether the clip is challenged or in quarantine, so that it stop-lists nothing.
    """

    case_id: str
    level: Level
    first_key: int
    key_frames: int
    shown: dict[int, frozenset[int]]
    is_reversed: bool
    is_small: bool
    is_disputed: bool = False

    def part(self, times: Iterable[int]) -> Part:
        """Return the part of the clip that the query frames at the given times hit."""
        numbers = frozenset[int]().union(*(self.shown[at_ms] for at_ms in times))
        return Part(
            first_key=self.first_key,
            key_frames=self.key_frames,
            first=min(numbers),
            last=max(numbers),
            is_reversed=self.is_reversed,
        )


def by_time(frame_hits: Iterable[FrameHit]) -> dict[int, frozenset[int]]:
    """Return the numbers of the hit key frames, by the query frames' times (`ClipSpan.shown`)."""
    shown: dict[int, set[int]] = defaultdict(set)
    for hit in frame_hits:
        shown[hit.at_ms].add(hit.key_frame)
    return {at_ms: frozenset(numbers) for at_ms, numbers in shown.items()}


Differ = Callable[[Part, Part], bool]
"""Whether two clips are different, by the key frames around their shared part; false in doubt."""


def shared_times(spans: Sequence[ClipSpan], differ: Differ, links: CaseLinks) -> list[frozenset[int]]:
    """Return, for each span, the times of query frames that show a part shared with a different clip."""
    case_ids = {one.case_id for one in spans}
    if len(case_ids) == 1:
        return [frozenset()] * len(spans)
    links.read(sorted(case_ids))
    by_slot: dict[int, list[int]] = defaultdict(list)
    for place, one in enumerate(spans):
        if one.level < Level.V1 or one.is_disputed:
            continue
        for slot in sorted({at_ms // NEIGHBOURS_MS for at_ms in one.shown}):
            by_slot[slot].append(place)
    left = MAX_PAIRS
    found: list[frozenset[int]] = []
    for one in spans:
        shared: set[int] = set()
        partners = _partners(one, spans, by_slot, links) if one.is_small else []
        for other, times in partners[:MAX_PARTNERS]:
            if times <= shared or not left:
                continue
            left -= 1
            if differ(one.part(times), other.part(_near(other, times))):
                shared |= times
        found.append(frozenset(shared))
    return found


def _partners(
    one: ClipSpan, spans: Sequence[ClipSpan], by_slot: dict[int, list[int]], links: CaseLinks
) -> list[tuple[ClipSpan, set[int]]]:
    """Return spans of linked, verified cases near one span in time, with the times of its query frames near theirs.

    The span that shares most query frames comes first.
    """
    shared: dict[int, set[int]] = defaultdict(set)
    for at_ms in one.shown:
        middle = at_ms // NEIGHBOURS_MS
        near = {place for slot in (middle - 1, middle, middle + 1) for place in by_slot.get(slot, ())}
        for place in near:
            if spans[place].case_id != one.case_id and _is_near(at_ms, spans[place].shown):
                shared[place].add(at_ms)
    linked = [item for item in shared.items() if links.are_linked(one.case_id, spans[item[0]].case_id)]
    ranked = sorted(linked, key=lambda item: (-len(item[1]), item[0]))
    return [(spans[place], times) for place, times in ranked]


def _near(other: ClipSpan, times: Iterable[int]) -> set[int]:
    return {at_ms for at_ms in other.shown if _is_near(at_ms, times)}


def _is_near(at_ms: int, times: Iterable[int]) -> bool:
    return any(abs(at_ms - one) <= NEIGHBOURS_MS for one in times)


class ClipContexts:
    """The comparison of the key frames around a shared part of two clips. For one upload and one thread.

    Key frames that were read are kept.
    """

    def __init__(self, candidates: Candidates) -> None:
        self._candidates = candidates
        self._read: dict[int, KeyFrameCandidate | None] = {}

    def differ(self, one: Part, other: Part) -> bool:
        """Return whether two clips are different; raise `StorageUnavailable` or `SealBroken`.

        If an intro's key frames look alike, a timeline fit runs forwards or backwards by chance. Two clips that seem to
        run in opposite directions, and have no key frames on the same side, are therefore compared once more as if
        both ran forwards.
        """
        looked_up_ms, alike_ms = self._alike(one, other)
        if looked_up_ms < MIN_CONTEXT_MS and one.is_reversed != other.is_reversed:
            looked_up_ms, alike_ms = self._alike(
                replace(one, is_reversed=False), replace(other, is_reversed=False)
            )
        return looked_up_ms >= MIN_CONTEXT_MS and alike_ms < ALIKE_SHARE * looked_up_ms

    def _alike(self, one: Part, other: Part) -> tuple[int, int]:
        """Look up the key frames around one part among the key frames around the other.

        Return the time that the looked-up key frames represent, and the time of those that were found, in milliseconds.
        """
        looked_up_ms = alike_ms = 0
        for own, foreign in zip(one.context(), other.context(), strict=True):
            shorter, longer = sorted((self._key_frames(one, own), self._key_frames(other, foreign)), key=len)
            some = shorter[:: -(-len(shorter) // MAX_LOOKED_UP) or 1]
            looked_up_ms += _lasting_ms(some)
            alike_ms += _lasting_ms(frame for frame in some if any(_is_alike(frame, held) for held in longer))
        return looked_up_ms, alike_ms

    def _key_frames(self, part: Part, numbers: range) -> list[KeyFrameCandidate]:
        keys = [part.first_key + number for number in numbers]
        unread = [key for key in keys if key not in self._read]
        if unread:
            self._read.update(dict.fromkeys(unread))
            confirmed = self._candidates.confirm_key_frames(unread, Family.FRAMES)
            self._read.update((frame.key, frame) for frame in confirmed)
        return [frame for key in keys if (frame := self._read[key]) is not None]


def _lasting_ms(key_frames: Iterable[KeyFrameCandidate]) -> int:
    return sum(one.place.end_ms - one.place.start_ms for one in key_frames)


def _is_alike(one: KeyFrameCandidate, other: KeyFrameCandidate) -> bool:
    """Return whether two key frames may show the same, whole, cut or turned."""
    if one.pdq is not None and other.pdq is not None and one.pdq.distance(other.pdq) <= ALIKE_BITS:
        return True
    near = code_distances(one.windows.codes, other.windows.codes) <= TRIGGER_BITS
    shared = min(int(near.any(axis=0).sum()), int(near.any(axis=1).sum()))
    return bool(shared >= max(MIN_ALIKE_WINDOWS, ALIKE_WINDOWS * min(near.shape)))
