"""What clips of different people have in common, an intro or a title card: it speaks for none of them.

Two people may also have registered the same clip, and no clip may be silenced by who registers it again. So what an
upload shows of two clips at once is common only where these are different clips:

1. Parts of the upload that show frames of two clips, of different cases, at about the same time are compared. The one
   that mutes must be of a verified case: a stranger must not be able to mute a victim's frames. The one that is muted
   is a small part of its clip: more of it is the clip itself, whoever else has it.
2. What goes before the shared frames in either clip, and what comes after them, is compared (`ClipContexts`). Where
   the clips are one they go on alike, cut, cropped or turned.
3. Where they go on differently, the looks that both meet speak for neither. In doubt nothing is stop-listed.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from index.clips import FrameHit
from index.verdict import Level
from index.windows import TRIGGER_BITS, code_distances
from registry.domain import AnchoredCandidate, Family
from registry.ports import Candidates

NEIGHBOURS_MS: Final = 1_000
"""How far apart looks may be that meet two clips' shared part: not each look of an intro meets all that have it."""

BODY_FRAMES: Final = 16
"""Frames before the shared part, and behind it, that are read of a clip."""

LOOKED_AT: Final = 6
"""Of the shorter one's, those that are looked for in the other's."""

MIN_BODY_MS: Final = 2_000
"""Time that these stand for, below which they tell nothing."""

ALIKE_SHARE: Final = 0.5
"""Share of that time that is found again, from which two clips may be one. An intro of which the upload shows a part
goes on alike too, for a while."""

ALIKE_BITS: Final = 96
"""PDQ distance up to which two frames may show the same; unrelated ones lie at 128 +- 8."""

ALIKE_WINDOWS: Final = 0.15
MIN_ALIKE_WINDOWS: Final = 3
"""Share and number of windows that meet, from which two frames may show the same, cut or turned otherwise. A channel's
mark in a corner has fewer."""

PARTNERS_TRIED: Final = 8
"""Clips that are compared with one, at most, those that share most looks first."""

MAX_COMPARED: Final = 64
"""Pairs of clips compared for one upload; each takes some 5 ms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Frames of a clip that an upload shows.

    Attributes:
        first_key: key of the clip's first frame; those of the others follow it.
        of_frames: how many frames it has stored.
        first: number of the first that is shown.
        last: number of the last.
        is_reversed: whether the upload shows them backwards.
    """

    first_key: int
    of_frames: int
    first: int
    last: int
    is_reversed: bool = False

    def body(self) -> tuple[range, range]:
        """Numbers the frames before and behind it in the upload's order, the nearest first."""
        before = range(self.first - 1, max(self.first - 1 - BODY_FRAMES, -1), -1)
        behind = range(self.last + 1, min(self.last + 1 + BODY_FRAMES, self.of_frames))
        return (behind, before) if self.is_reversed else (before, behind)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipSpan:
    """A part of an upload that shows a clip.

    Attributes:
        case_id: of the clip.
        level: of its case.
        first_key: as in `Part`.
        of_frames: as in `Part`.
        frames: for each look, by its time in milliseconds, the frames that it meets.
        is_reversed: whether they are shown backwards.
        is_small: whether it is so small a part of the clip that it may be stop_listed.
    """

    case_id: str
    level: Level
    first_key: int
    of_frames: int
    frames: dict[int, frozenset[int]]
    is_reversed: bool
    is_small: bool

    def part(self, looks: Iterable[int]) -> Part:
        """Takes what some of its looks show."""
        shown = frozenset[int]().union(*(self.frames[at_ms] for at_ms in looks))
        return Part(
            first_key=self.first_key,
            of_frames=self.of_frames,
            first=min(shown),
            last=max(shown),
            is_reversed=self.is_reversed,
        )


def by_look(frame_hits: Iterable[FrameHit]) -> dict[int, frozenset[int]]:
    """Names for each look the frames that it meets (`ClipSpan.frames`)."""
    frames: dict[int, set[int]] = defaultdict(set)
    for hit in frame_hits:
        frames[hit.at_ms].add(hit.frame)
    return {at_ms: frozenset(numbers) for at_ms, numbers in frames.items()}


Differ = Callable[[Part, Part], bool]
"""Whether two clips are different ones, by what is around what they share; false in doubt."""


def common_looks(spans: Sequence[ClipSpan], differ: Differ) -> list[frozenset[int]]:
    """Names for each stretch its looks that show what is common."""
    by_time: dict[int, list[int]] = defaultdict(list)
    for place, one in enumerate(spans):
        if one.level < Level.V1:
            continue
        for time in sorted({at_ms // NEIGHBOURS_MS for at_ms in one.frames}):
            by_time[time].append(place)
    left = MAX_COMPARED
    found: list[frozenset[int]] = []
    for one in spans:
        common: set[int] = set()
        partners = _partners(one, spans, by_time) if one.is_small else []
        for other, looks in partners[:PARTNERS_TRIED]:
            if looks <= common or not left:
                continue
            left -= 1
            if differ(one.part(looks), other.part(_near(other, looks))):
                common |= looks
        found.append(frozenset(common))
    return found


def _partners(
    one: ClipSpan, spans: Sequence[ClipSpan], by_time: dict[int, list[int]]
) -> list[tuple[ClipSpan, set[int]]]:
    """Finds what verified other cases' clips have looks near those of one: which these are, the most first."""
    shared: dict[int, set[int]] = defaultdict(set)
    for at_ms in one.frames:
        slot = at_ms // NEIGHBOURS_MS
        near = {place for time in (slot - 1, slot, slot + 1) for place in by_time.get(time, ())}
        for place in near:
            if spans[place].case_id != one.case_id and _is_near(at_ms, spans[place].frames):
                shared[place].add(at_ms)
    ranked = sorted(shared.items(), key=lambda item: (-len(item[1]), item[0]))
    return [(spans[place], looks) for place, looks in ranked]


def _near(other: ClipSpan, looks: Iterable[int]) -> set[int]:
    return {at_ms for at_ms in other.frames if _is_near(at_ms, looks)}


def _is_near(at_ms: int, looks: Iterable[int]) -> bool:
    return any(abs(at_ms - one) <= NEIGHBOURS_MS for one in looks)


class ClipContexts:
    """Compares what is around what two clips share. For one upload and one thread; holds what it has read."""

    def __init__(self, candidates: Candidates) -> None:
        self._candidates = candidates
        self._read: dict[int, AnchoredCandidate | None] = {}

    def differ(self, one: Part, other: Part) -> bool:
        """Tells whether two clips are different ones; raises `StorageUnavailable` or `SealBroken`.

        Where an intro's frames look alike, chance decides whether a line runs forwards. So two clips that seem to run
        against each other, and have nothing on the same side, are compared once more as if both ran forwards.
        """
        looked_at_ms, alike_ms = self._alike(one, other)
        if looked_at_ms < MIN_BODY_MS and one.is_reversed != other.is_reversed:
            looked_at_ms, alike_ms = self._alike(
                replace(one, is_reversed=False), replace(other, is_reversed=False)
            )
        return looked_at_ms >= MIN_BODY_MS and alike_ms < ALIKE_SHARE * looked_at_ms

    def _alike(self, one: Part, other: Part) -> tuple[int, int]:
        """Looks for the frames around one part among those around the other: their time, and that of those found."""
        looked_at_ms = alike_ms = 0
        for own, foreign in zip(one.body(), other.body(), strict=True):
            shorter, longer = sorted((self._frames(one, own), self._frames(other, foreign)), key=len)
            some = shorter[:: -(-len(shorter) // LOOKED_AT) or 1]
            looked_at_ms += _lasting_ms(some)
            alike_ms += _lasting_ms(frame for frame in some if any(_is_alike(frame, held) for held in longer))
        return looked_at_ms, alike_ms

    def _frames(self, part: Part, numbers: range) -> list[AnchoredCandidate]:
        keys = [part.first_key + number for number in numbers]
        unread = [key for key in keys if key not in self._read]
        if unread:
            self._read.update(dict.fromkeys(unread))
            confirmed = self._candidates.confirm_windows(unread, Family.FRAMES)
            self._read.update((frame.key, frame) for frame in confirmed)
        return [frame for key in keys if (frame := self._read[key]) is not None]


def _lasting_ms(frames: Iterable[AnchoredCandidate]) -> int:
    return sum(one.frame.end_ms - one.frame.start_ms for one in frames if one.frame is not None)


def _is_alike(one: AnchoredCandidate, other: AnchoredCandidate) -> bool:
    """Tells whether two frames may show the same, whole, cut or turned."""
    if one.pdq is not None and other.pdq is not None and one.pdq.distance(other.pdq) <= ALIKE_BITS:
        return True
    near = code_distances(one.windows.codes, other.windows.codes) <= TRIGGER_BITS
    shared = min(int(near.any(axis=0).sum()), int(near.any(axis=1).sum()))
    return bool(shared >= max(MIN_ALIKE_WINDOWS, ALIKE_WINDOWS * min(near.shape)))
