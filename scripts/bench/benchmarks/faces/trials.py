"""Trials: templates of k photographs, each compared with photographs that are not in it.

The product compares the mean of a subject's photographs, of unit length, with one face of an upload. A trial is such a
pair: genuine if the face is the subject's, impostor if it is another person's.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations
from math import comb
from typing import Final

import numpy as np
import numpy.typing as npt

from index.arrays import F32, F64

Places = npt.NDArray[np.intp]

MAX_TEMPLATES: Final = 4
"""Templates per identity: all four choices of three out of four photographs, or as many random choices out of more."""
TAIL: Final = 0.02
"""Share of impostor trials kept with their identities. Resampling for FARs up to half of it needs no other trials."""

_BLOCK: Final = 512  # templates compared with all photographs at once
_BINS: Final = 40_000  # of the histogram of impostor scores, over -1 to 1
_ALL_DRAWN: Final = 10_000
"""Number of choices up to which all are listed and some are drawn; beyond it, choices are drawn one by one."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trials:
    """All trials with templates of k photographs.

    Attributes:
        k: number of photographs per template.
        genuine: float64 [g], cosines of genuine trials.
        genuine_of: [g], their identities.
        tail: float64 [m], the highest cosines of impostor trials, descending: all from `floor` upwards.
        tail_template, tail_probe: [m], identities of the template and of the photograph.
        floor: the smallest cosine at which the tail is complete.
        templates, probes: int64 [identities], templates and photographs of each identity.
    """

    k: int
    genuine: F64 = field(repr=False)
    genuine_of: Places = field(repr=False)
    tail: F64 = field(repr=False)
    tail_template: Places = field(repr=False)
    tail_probe: Places = field(repr=False)
    floor: float
    templates: Places = field(repr=False)
    probes: Places = field(repr=False)

    @property
    def impostors(self) -> int:
        """Number of all impostor trials."""
        return int(self.templates.sum() * self.probes.sum() - (self.templates * self.probes).sum())

    @property
    def pairs_of_people(self) -> int:
        """Number of distinct pairs of people that are compared, regardless of the order."""
        with_template, present = int((self.templates > 0).sum()), int((self.probes > 0).sum())
        # A person with a template has a photograph.
        return with_template * (with_template - 1) // 2 + with_template * (present - with_template)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Templates:
    """Templates of k photographs.

    Attributes:
        members: [t, k], rows of the photographs in each.
        identities: [t], identity of each template.
        vectors: float32 [t, dimension], of unit length.
    """

    members: Places = field(repr=False)
    identities: Places = field(repr=False)
    vectors: F32 = field(repr=False)


def templates_of(vectors: F32, identities: Places, k: int, rng: np.random.Generator) -> Templates:
    """Choose up to `MAX_TEMPLATES` sets of k photographs of each identity, and average them.

    Args:
        vectors: float32 [n, dimension], of unit length, none of them NaN.
        identities: [n], identity of each vector.
        k: number of photographs per template; an identity with fewer photographs has no template.
        rng: draws sets where there are more.
    """
    chosen: list[tuple[int, ...]] = []
    for identity in np.unique(identities):
        rows = np.flatnonzero(identities == identity).tolist()
        chosen += _choices(rows, k, rng)
    members = np.array(chosen, np.intp).reshape(-1, k)
    means = vectors[members].astype(np.float64).sum(axis=1)
    lengths = np.linalg.norm(means, axis=1, keepdims=True)
    return Templates(
        members=members,
        identities=identities[members[:, 0]],
        vectors=(means / lengths).astype(np.float32),
    )


def trials_of(
    vectors: F32,
    identities: Places,
    k: int,
    rng: np.random.Generator,
    *,
    threshold: float = 1.0,
) -> Trials:
    """Run all trials, in memory that the size of the tail bounds.

    Args:
        vectors: float32 [n, dimension], of unit length; rows of NaN are photographs without a face, and left out.
        identities: [n], identity of each vector, from 0.
        k: number of photographs per template.
        rng: see `templates_of`.
        threshold: cosine from which impostor trials are kept in any case.
    """
    count = int(identities.max(initial=-1)) + 1
    has_face = np.isfinite(vectors).all(axis=1)
    vectors, identities = vectors[has_face], identities[has_face]
    templates = templates_of(vectors, identities, k, rng)
    histogram = np.zeros(_BINS, np.int64)
    genuine: list[F64] = []
    genuine_of: list[Places] = []
    for rows, scores, is_other in _blocks(templates, vectors, identities):
        histogram += np.histogram(np.clip(scores[is_other], -1, 1), _BINS, (-1, 1))[0]
        is_own = ~is_other
        np.put_along_axis(is_own, templates.members[rows], values=False, axis=1)
        genuine.append(scores[is_own])
        genuine_of.append(templates.identities[rows][np.nonzero(is_own)[0]])
    floor = min(threshold, _floor(histogram))
    tail, tail_template, tail_probe = _tail(templates, vectors, identities, floor)
    return Trials(
        k=k,
        genuine=np.concatenate([*genuine, np.empty(0)]),
        genuine_of=np.concatenate([*genuine_of, np.empty(0, np.intp)]),
        tail=tail,
        tail_template=tail_template,
        tail_probe=tail_probe,
        floor=floor,
        templates=np.bincount(templates.identities, minlength=count),
        probes=np.bincount(identities, minlength=count),
    )


def _choices(rows: list[int], k: int, rng: np.random.Generator) -> list[tuple[int, ...]]:
    choices = comb(len(rows), k)
    if choices <= _ALL_DRAWN:
        every = list(combinations(rows, k))
        if choices <= MAX_TEMPLATES:
            return every
        return [every[place] for place in rng.choice(choices, MAX_TEMPLATES, replace=False)]
    drawn: set[tuple[int, ...]] = set()
    while len(drawn) < MAX_TEMPLATES:
        drawn.add(tuple(sorted(rng.choice(rows, k, replace=False).tolist())))
    return sorted(drawn)


def _blocks(
    templates: Templates, vectors: F32, identities: Places
) -> Iterator[tuple[slice, F64, npt.NDArray[np.bool_]]]:
    """Yield templates, their cosines with all photographs, and whether each photograph shows another person."""
    for start in range(0, len(templates.members), _BLOCK):
        rows = slice(start, start + _BLOCK)
        scores = (templates.vectors[rows] @ vectors.T).astype(np.float64)
        yield rows, scores, templates.identities[rows, np.newaxis] != identities


def _floor(histogram: npt.NDArray[np.int64]) -> float:
    """Return the edge above which at least a share `TAIL` of the scores lies."""
    above = np.cumsum(histogram[::-1])
    total = int(above[-1])
    if not total:
        return -1.0
    place = int(np.searchsorted(above, TAIL * total))
    return 1 - 2 * (place + 1) / _BINS


def _tail(templates: Templates, vectors: F32, identities: Places, floor: float) -> tuple[F64, Places, Places]:
    found: list[F64] = [np.empty(0)]
    whose: list[Places] = [np.empty(0, np.intp)]
    shown: list[Places] = [np.empty(0, np.intp)]
    for rows, scores, is_other in _blocks(templates, vectors, identities):
        template, probe = np.nonzero(is_other & (scores >= floor))
        found.append(scores[template, probe])
        whose.append(templates.identities[rows][template])
        shown.append(identities[probe])
    every = np.concatenate(found)
    order = np.argsort(-every, kind="stable")
    return every[order], np.concatenate(whose)[order], np.concatenate(shown)[order]
