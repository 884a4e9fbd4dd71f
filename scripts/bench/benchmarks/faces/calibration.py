"""The choice of the cosine from which faces are sent to review, and the error rates at it.

1. The registry compares the mean of a subject's photographs with a face: trials are with templates of one photograph
   and of `min_photographs`, and the stricter one counts. Means reach a cosine more often than single photographs, for
   strangers too.
2. Over everybody, impostors reach the threshold at the wished rate.
3. In every group, and among the others, impostors of the same group reach it at a rate of at most `MAX_IN_A_GROUP`:
   a threshold that is right on average is wrong for people who look alike to the network. With one photograph,
   where everybody has trials, the upper end of the interval counts. With means, for which few people of a small group
   have enough pictures, the rate itself counts.
4. The threshold is the largest of these, rounded up to `STEP`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np

from benchmarks.faces.folder import People
from benchmarks.faces.statistics import Measured, Resampled
from benchmarks.faces.trials import trials_of
from index.arrays import F32
from index.faces import Calibration

EVERYBODY: Final = "everybody"
OTHERS: Final = "others"
MAX_IN_A_GROUP: Final = 1e-3
STEP: Final = 1e-3  # step of the cosine
_UPPER: Final = 97.5  # percentile


class TooFewFaces(Exception):
    """The folder has too few faces to measure the wanted rate."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Populations:
    """Trials over everybody and within each group, for each number of photographs.

    Attributes:
        ks: numbers of photographs per template, ascending.
        of: group and photographs → trials, resampled.
        sizes: group → its identities.
    """

    ks: tuple[int, ...]
    of: Mapping[tuple[str, int], Resampled]
    sizes: Mapping[str, int]

    @property
    def groups(self) -> tuple[str, ...]:
        """All groups except everybody; empty where there is no group."""
        return tuple(name for name in self.sizes if name != EVERYBODY)

    def far(self, group: str, threshold: float) -> Measured:
        """Return the share of impostors that reach a threshold: the highest of all numbers of photographs."""
        rates = [self.of[group, k].far(threshold) for k in self.ks if self.of[group, k].trials.impostors]
        return max(rates, key=lambda rate: (rate.value, rate.high))


def populations(
    people: People, vectors: F32, ks: Sequence[int], *, group: str, seed: int, threshold: float = 1.0
) -> Populations:
    """Run the trials.

    Args:
        people: the folder's people and portraits.
        vectors: float32 [portraits, dimension], rows of NaN where there is no face.
        ks: numbers of photographs per template.
        group: name for the identities of the group's list.
        seed: seed of all random choices.
        threshold: see `trials_of`.
    """
    identities = people.identities
    is_member = np.array(people.in_group)[identities]
    rows = {EVERYBODY: np.ones(len(identities), bool)}
    if is_member.any():
        rows |= {group: is_member, OTHERS: ~is_member}
    found = {}
    for name, chosen in rows.items():
        for k in ks:
            rng = np.random.default_rng([seed, k])
            trials = trials_of(vectors[chosen], identities[chosen], k, rng, threshold=threshold)
            found[name, k] = Resampled.of(trials, rng)
    sizes = {name: len(np.unique(identities[chosen])) for name, chosen in rows.items()}
    return Populations(ks=tuple(ks), of=found, sizes=sizes)


def chosen_threshold(found: Populations, far: float) -> float:
    """Choose the threshold, as the module's docstring says.

    Raises:
        TooFewFaces: There are fewer impostor trials than 1 / `far`, or than 1 / `MAX_IN_A_GROUP` in a group.
    """
    least = []
    for (group, k), resampled in found.of.items():
        limits = resampled.thresholds(far if group == EVERYBODY else MAX_IN_A_GROUP)
        if limits is None:
            if k == min(found.ks):
                raise TooFewFaces(f"too few pictures of different people to tell such a rate for {group}")
            continue
        least.append(float(limits[0]))
        if group != EVERYBODY and k == min(found.ks):
            least.append(float(np.percentile(limits[1:], _UPPER)))
    return ceil(max(least) / STEP) * STEP


def calibration_of(found: Populations, threshold: float, evidence: str) -> Calibration:
    """Return the measured rates as a manifest's calibration, with two digits."""
    far = found.far(EVERYBODY, threshold)
    rates = {name: found.far(name, threshold) for name in found.groups}
    tar = found.of[EVERYBODY, min(found.ks)].tar(threshold)
    if tar is None:
        raise TooFewFaces("nobody has two pictures with a face")
    return Calibration(
        cosine=round(threshold, 6),
        far=_rounded(far.value),
        far_low=_rounded(far.low),
        far_high=_rounded(far.high),
        far_by_group=tuple(
            (name, _rounded(rate.value), _rounded(rate.low), _rounded(rate.high))
            for name, rate in rates.items()
        ),
        tar=_rounded(tar.value, digits=3),
        evidence=evidence,
    )


def _rounded(value: float, digits: int = 2) -> float:
    return float(f"{value:.{digits}g}")
