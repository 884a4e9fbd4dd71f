"""What one frame of an upload shows of one family's pictures: crops, pastes, screenshots and altered copies of them.

1. The index proposes references whose windows are near the frame's; what is too weak to trigger is left out.
2. One indexed read confirms which are active, with their windows and whole codes.
3. The stop list: a window that pictures of several unrelated cases share (a phone's buttons, a caption's letters)
   neither triggers nor counts.
4. Each reference is compared with the frame: evidence, and from enough of it the frame seen as the reference's.

The work is bounded: `MAX_COMPARED` references a frame, the likeliest first, and the caller's deadline. What was left
out is said, and such an upload is never allowed (promise 6).
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from index.arrays import I64, Flags
from index.comparison import Match, Matcher, Registered, Triggers, triggers_of
from index.frames import QueryFrame
from index.stages import Stage, stage
from index.verdict import MIN_NATS, Evidence, Level
from index.windows import TRIGGER_BITS, Windows, code_distances, points_of
from registry.domain import AnchoredCandidate, Family, number_of
from registry.ports import Candidates, Index

MAX_COMPARED: Final = 256
"""References compared with one frame. A stranger's picture triggers some sixty at a million references."""

MAX_FRAMES_OF_ONE_CLIP: Final = 3
"""Frames of one clip compared with one frame, the likeliest: a moment shows one, and its neighbours are alike."""

AT_ONCE: Final = 8
"""References compared between two looks at the clock: half a second beyond the deadline at most, all rectified."""

NEAR_NATS: Final = 4.0
"""How far below the ladder's threshold evidence is still told, for the probing budget."""

STOP_LIST_MIN_CASES: Final = 3
UNRELATED_BITS: Final = 64
"""PDQ distance of whole pictures beyond which two references may show different things: a picture that several people
registered is no template."""

RELATED_SHARE: Final = 0.4
"""Share of the windows of one reference that another has too, from which they are the same picture cut or turned
otherwise. In doubt nothing is stop-listed: a picture that goes unfound is worse than a page that is looked at."""

Shown = tuple[AnchoredCandidate, Match]
"""A reference, and what a frame shows of it."""


Wanted = Callable[[AnchoredCandidate, float], bool]


def _always(_one: AnchoredCandidate, _nats: float) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameMatches:
    """What windows of one family found in one frame.

    Attributes:
        shown: references with enough evidence to be reported (`NEAR_NATS`).
        is_finished: whether everything that triggered was compared.
        triggered: number of keys that triggered and were confirmed.
        compared: log-likelihood ratio, in nats, of each reference that was compared, also of those that are not shown;
            of several frames of one clip the highest.
    """

    shown: list[Shown] = field(repr=False)
    is_finished: bool
    triggered: int = 0
    compared: dict[str, float] = field(default_factory=dict, repr=False)


def match_frame(
    query_frame: QueryFrame,
    family: Family,
    *,
    index: Index,
    candidates: Candidates,
    cpu: Callable[[], float],
    deadline: float,
    is_wanted: Wanted = _always,
    is_thorough: bool = True,
) -> FrameMatches:
    """Compares one frame with a family; raises `IndexBehind`, `StorageUnavailable` or `SealBroken`.

    Args:
        query_frame: the frame.
        family: of anchored windows.
        index: proposes.
        candidates: confirm.
        cpu: this thread's processor time, in seconds.
        deadline: of `cpu`, after which nothing more is compared.
        is_wanted: says of a reference with so many nats of evidence whether the frame is to be seen as that picture,
            which takes some 10 ms; without that nothing is tight.
        is_thorough: whether that may take 60 ms where it is not that picture at once.
    """
    if not len(query_frame.windows) or not index.size(family):
        return FrameMatches(shown=[], is_finished=True)
    if cpu() > deadline:
        return FrameMatches(shown=[], is_finished=False)
    with stage(Stage.PROPOSAL, family.value):
        hits = index.propose(family, query_frame.windows.codes, TRIGGER_BITS)  # 1.
    with stage(Stage.TRIGGERS):
        triggers = triggers_of(hits)
    likely = _likeliest(triggers.keys) if family == Family.FRAMES else triggers.keys
    keys = likely[:MAX_COMPARED]
    with stage(Stage.CONFIRMATION, family.value):
        confirmed = candidates.confirm_windows(keys.tolist(), family) if len(keys) else ()  # 2.
    pairs = _without_stop_listed(triggers, confirmed)  # 3.
    matcher = Matcher(query_frame, is_thorough=is_thorough)
    with stage(Stage.COMPARISON):
        compared = list(_compared(matcher, pairs, cpu, deadline, is_wanted))  # 4.
    return FrameMatches(
        shown=[item for item in compared if _is_reported(item[1])],
        is_finished=len(keys) == len(likely) and cpu() <= deadline,
        triggered=len(keys),
        compared=strongest((one.reference_id, match.nats) for one, match in compared),
    )


def strongest(compared: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Return the highest log-likelihood ratio of each reference, in nats."""
    highest: dict[str, float] = {}
    for name, nats in compared:
        highest[name] = max(nats, highest.get(name, nats))
    return highest


def _likeliest(keys: I64) -> I64:
    """Leaves `MAX_FRAMES_OF_ONE_CLIP` frames of each clip, of frames' keys in their order."""
    seen: Counter[int] = Counter()
    left = []
    for key in keys.tolist():
        clip = key - number_of(key)
        seen[clip] += 1
        if seen[clip] <= MAX_FRAMES_OF_ONE_CLIP:
            left.append(key)
    return np.array(left, np.int64)


def evidence_of(one: AnchoredCandidate, match: Match) -> Evidence:
    """Says what the ladder asks about a reference that a frame shows."""
    view = match.view
    if view is None:
        return Evidence(kind=one.kind, level=one.level, match=match.kind, nats=match.nats, box=match.box)
    known = one.pdq is not None and one.pdq.quality is not None
    held = one.pdq.quality if one.pdq is not None else None
    return Evidence(
        kind=one.kind,
        level=one.level,
        match=match.kind,
        nats=match.nats,
        pdq_bits=view.pdq_bits,
        second_family_bits=view.dhash_bits,
        quality=min(view.quality, held or 0) if known else None,
        flat_share=view.flat_share if one.flat_share is None else max(view.flat_share, one.flat_share),
        cover=view.cover,
        box=match.box,
    )


Pair = tuple[AnchoredCandidate, Registered]


def _compared(
    matcher: Matcher,
    pairs: Sequence[Pair],
    cpu: Callable[[], float],
    deadline: float,
    is_wanted: Wanted,
) -> Iterator[Shown]:
    for start in range(0, len(pairs), AT_ONCE):
        if cpu() > deadline:
            return
        some = pairs[start : start + AT_ONCE]
        matches = matcher.compare(
            [registered for _, registered in some],
            lambda place, nats, some=some: is_wanted(some[place][0], nats),  # type: ignore[misc]
        )
        yield from ((one, match) for (one, _), match in zip(some, matches, strict=True))


def _without_stop_listed(triggers: Triggers, confirmed: Iterable[AnchoredCandidate]) -> list[Pair]:
    """Pairs active references with their hits, but for those of windows on the stop list."""
    hits = dict(zip(triggers.keys.tolist(), triggers.hits, strict=True))
    ranks = {key: rank for rank, key in enumerate(hits)}
    active = sorted(confirmed, key=lambda one: ranks[one.key])
    stop_listed_rows = _stop_listed_rows(active, hits)
    pairs = []
    for one in active:
        own = hits[one.key]
        stop_listed = None
        if len(stop_listed_rows):
            shared = np.isin(own[:, 0], stop_listed_rows)
            stop_listed = np.zeros(len(one.windows), np.bool_)
            stop_listed[own[shared, 1]] = True
            stop_listed |= _within(one.windows, stop_listed)
            own = own[~shared]
        if len(own):
            pairs.append(
                (
                    one,
                    Registered(
                        windows=one.windows, pdq=one.pdq, dhash=one.second, hits=own, stop_listed=stop_listed
                    ),
                )
            )
    return pairs


def _stop_listed_rows(active: Sequence[AnchoredCandidate], hits: dict[int, I64]) -> I64:
    """Finds the upload's windows that pictures of three unrelated verified cases share: int64."""
    sharing: dict[int, list[AnchoredCandidate]] = defaultdict(list)
    for one in active:
        if one.level < Level.V1:
            continue  # nobody looked at it: a stranger must not be able to mute a victim's windows
        own = hits[one.key]
        for row in np.unique(own[:, 0]).tolist():
            sharing[row].append(one)
    rows = [row for row, those in sharing.items() if _unrelated(those) >= STOP_LIST_MIN_CASES]
    return np.array(rows, np.int64)


def _unrelated(those: Sequence[AnchoredCandidate]) -> int:
    """Counts references of different cases that show different pictures, each with all before it."""
    counted: list[AnchoredCandidate] = []
    for one in those:
        if one.pdq is None or any(one.case_id == other.case_id or _related(one, other) for other in counted):
            continue
        counted.append(one)
    return len(counted)


def _related(one: AnchoredCandidate, other: AnchoredCandidate) -> bool:
    """Tells whether two references may show the same picture, whole, cut or turned."""
    if one.pdq is not None and other.pdq is not None and one.pdq.distance(other.pdq) <= UNRELATED_BITS:
        return True
    near = code_distances(one.windows.codes, other.windows.codes) <= TRIGGER_BITS
    shared = min(int(near.any(axis=0).sum()), int(near.any(axis=1).sum()))
    return bool(shared >= RELATED_SHARE * min(near.shape))


def _within(windows: Windows, stop_listed: Flags) -> Flags:
    """Tells which windows have their centre in a stop-listed one and are not much larger: they show what it shows."""
    at, radius = points_of(windows.places), windows.places[:, 2]
    apart = np.abs(at[:, None] - at[None, stop_listed])
    inside = (apart < radius[stop_listed]) & (radius[:, None] < 1.5 * radius[stop_listed])
    return np.asarray(inside.any(axis=1), np.bool_)


def _is_reported(match: Match) -> bool:
    return match.nats >= MIN_NATS - NEAR_NATS
