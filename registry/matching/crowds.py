"""Crowds: many registered references near one upload. Which of them are compared, and in which order.

Anybody may register thousands of near-equal pictures around another person's. Then neither the time of a check nor its
answer may depend on how many there are:

1. References of higher verification levels come first, whatever bound follows. Within a level tenants take turns: the
   first of each, then the second. Within a tenant the order is the caller's: the nearest, or the likeliest.
2. References of one tenant, kind, level and state near the same frame count once. `MAX_ALIKE` of them, the nearest,
   stand for all. One would not do: the nearest PDQ may belong to a picture whose dHash-128 differs.
3. Windows of unrelated pictures are near by chance, so verified references are not counted so. Unverified ones, which
   never block, are: `MAX_UNVERIFIED` of each tenant and kind. Each kind counts for itself, because an official release
   leads to nothing, so those of a tenant must not stand for its intimate items.

Leaving some out is reported, and such an upload is never allowed (docs/promises.md, promise 6).
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Final, Protocol, TypeVar

import numpy as np

from index.arrays import I64
from index.verdict import Level
from registry.domain import AnchoredCandidate, Family, frame_key, number_of
from registry.ports import Candidates

MIN_CROWD: Final = 64
"""Number of proposed whole codes up to which all are confirmed, without asking for their ranks. Two unrelated
photographs are never so near."""

MAX_ALIKE: Final = 4
"""Number of near whole codes of one tenant, kind and level that are confirmed for one frame of a crowd."""

MAX_UNVERIFIED: Final = 8
"""Number of one tenant's unverified references of one kind compared with one frame by windows, the likeliest first.
By chance an upload triggers 60 of a million references, and unverified claimants have a few hundred. A near-equal one
takes up to 60 ms."""

C = TypeVar("C", bound=AnchoredCandidate)
_T = TypeVar("_T")


class Levelled(Protocol):
    """A reference whose level and state are known."""

    @property
    def level(self) -> Level:
        """The verification level of its case."""
        ...

    @property
    def is_disputed(self) -> bool:
        """Whether it leads to a review at most."""
        ...


class Ranked(Levelled, Protocol):
    """The same, with its tenant."""

    @property
    def tenant_id(self) -> str:
        """The tenant that registered it."""
        ...


def representatives(
    code_ids: Sequence[int], candidates: Candidates, frame_of: Callable[[int], Hashable]
) -> tuple[list[int], bool]:
    """Return the codes of a crowd that stand for all, highest levels first, and whether active ones were left out.

    Args:
        code_ids: the proposed codes, the nearest first.
        candidates: the database, which knows the ranks.
        frame_of: returns the frame of the upload that a code is near.
    """
    ranks = candidates.rank_codes(code_ids)
    counted: Counter[Hashable] = Counter()
    kept = []
    for code_id in code_ids:
        rank = ranks.get(code_id)
        if rank is None:
            continue  # withdrawn
        crowd = (rank, frame_of(code_id))
        counted[crowd] += 1
        if counted[crowd] <= MAX_ALIKE:
            kept.append(code_id)
    return fair_order(kept, ranks.__getitem__), len(kept) < counted.total()


def ranked_keys(keys: I64, family: Family, candidates: Candidates, most: int) -> tuple[I64, I64]:
    """Return at most so many keys of pictures or key frames, and the others that are active.

    Highest levels come first, otherwise the order is the given one. The database is asked only if there are more.
    """
    if len(keys) <= most:
        return keys, keys[:0]
    is_clip = family is Family.FRAMES
    owners = {key: _clip_of(key) if is_clip else key for key in keys.tolist()}
    ranks = candidates.rank_references(list(dict.fromkeys(owners.values())))
    active = [key for key, owner in owners.items() if owner in ranks]
    ordered = np.array(fair_order(active, lambda key: ranks[owners[key]]), np.int64)
    return ordered[:most], ordered[most:]


def in_turn(active: Sequence[C], *, frames_of_one: int = 1) -> tuple[list[C], list[C]]:
    """Return candidates in the order in which they are compared, and those that are left out.

    Args:
        active: confirmed candidates, the likeliest first.
        frames_of_one: number of key frames of one clip that may be among them.
    """
    counted: Counter[Hashable] = Counter()
    kept: list[C] = []
    left_out: list[C] = []
    for one in fair_order(active, lambda one: one):
        if one.level == Level.V0:
            counted[alike(one)] += 1
        is_kept = one.level > Level.V0 or counted[alike(one)] <= MAX_UNVERIFIED * frames_of_one
        (kept if is_kept else left_out).append(one)
    return kept, left_out


def alike(one: AnchoredCandidate) -> Hashable:
    """Return what the unverified references that count as one crowd have in common."""
    return one.tenant_id, one.kind


def fair_order(things: Iterable[_T], rank_of: Callable[[_T], Ranked]) -> list[_T]:
    """Return things by level, highest first, and within a level the first of each tenant, the second, and so on.

    Otherwise the order is the given one. Disputed references never block, so they come after the verified ones.
    """
    counted: Counter[tuple[str, int]] = Counter()
    places: list[tuple[int, int, int]] = []
    listed = list(things)
    for number, thing in enumerate(listed):
        rank = rank_of(thing)
        level = blocking_level(rank)
        counted[rank.tenant_id, level] += 1
        places.append((-level, counted[rank.tenant_id, level], number))
    return [listed[number] for _, _, number in sorted(places)]


def blocking_level(rank: Levelled) -> Level:
    """Return the level that counts: a disputed reference blocks no more than an unverified one."""
    return Level.V0 if rank.is_disputed else rank.level


def _clip_of(key: int) -> int:
    """Return the key of the reference to which a key frame belongs."""
    first = key - number_of(key)
    return first // frame_key(1, 0)
