"""All figures of one engine on one folder of labelled faces, and their names in JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from benchmarks.faces.calibration import EVERYBODY, OTHERS
from benchmarks.faces.cost import Native
from benchmarks.faces.folder import People
from benchmarks.faces.statistics import Measured

KS: Final = (1, 3, 5)
"""Photographs of a template."""
FARS: Final = (1e-3, 1e-4, 1e-5, 1e-6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dressed:
    """Results for altered portraits.

    Attributes:
        pictures: number of pictures.
        any_face, fit_face: shares with a face, and with a face fit for comparison.
        tar: k → share of all pictures, found or not, that reach the threshold with the mean of k unaltered photographs.
    """

    pictures: int
    any_face: float
    fit_face: float
    tar: Mapping[int, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Error rates at another threshold.

    Attributes:
        cosine: the threshold.
        far: group → share of impostors, for the number of photographs with the highest share.
        tar: k → share of genuine trials, over everybody.
    """

    cosine: float
    far: Mapping[str, Measured]
    tar: Mapping[int, Measured | None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Figures:
    """All results of a run.

    Attributes:
        engine: id of the engine.
        people: the folder.
        threshold: threshold of the manifest, or the threshold chosen here where it has none.
        is_calibrated: whether the threshold is the manifest's.
        any_face, fit_face: shares of pictures.
        tar_at: group, k and FAR → share of genuine trials; None where there are too few trials.
        far: group and k → share of impostors that reach the threshold.
        tar: group and k → share of genuine trials that do.
        trials: group and k → genuine and impostor trials.
        steps: thresholds from that at FAR 1e-4 up to `threshold`; empty where `threshold` is lower.
        det: k → points of FAR and share missed.
        dressed: name → figures; empty where not wanted.
        stages: CPU ms by side and stage; empty where not wanted.
        native: None where not wanted.
    """

    engine: str
    people: People
    threshold: float
    is_calibrated: bool
    any_face: float
    fit_face: float
    sizes: Mapping[str, int]
    tar_at: Mapping[tuple[str, int, float], Measured | None]
    far: Mapping[tuple[str, int], Measured]
    tar: Mapping[tuple[str, int], Measured | None]
    trials: Mapping[tuple[str, int], tuple[int, int]]
    steps: Sequence[Step]
    det: Mapping[int, Sequence[tuple[float, float]]] = field(repr=False)
    dressed: Mapping[str, Dressed] = field(default_factory=dict)
    stages: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    native: Native | None = None

    def worst_far(self, group: str) -> Measured | None:
        """Return a group's FAR at the threshold, for the number of photographs with the highest FAR."""
        rates = [rate for (name, _), rate in self.far.items() if name == group]
        return max(rates, key=lambda rate: (rate.value, rate.high), default=None)


def json_of(figures: Figures, group: str) -> dict[str, object]:
    """Return the figures by the names that the help of `scripts/bench/faces` lists."""
    named: dict[str, object] = {
        "engine": figures.engine,
        "detection": figures.fit_face,
        "detection_any": figures.any_face,
        "threshold": figures.threshold,
        "is_calibrated": figures.is_calibrated,
    }
    measured: dict[str, Measured | None] = {
        f"tar_1e{-round(np.log10(far)):d}_k{k}": figures.tar_at[EVERYBODY, k, far] for k in KS for far in FARS
    }
    for k in KS:
        measured[f"tar_1e4_k{k}_others"] = figures.tar_at.get((OTHERS, k, 1e-4))
    in_groups = [(group, "east_asian"), (OTHERS, "others"), (EVERYBODY, EVERYBODY)]
    for name, key in in_groups:
        measured[f"far_{key}"] = figures.worst_far(name)
        for k in KS:
            measured[f"far_{key}_k{k}"] = figures.far.get((name, k))
            measured[f"tar_{key}_k{k}"] = figures.tar.get((name, k))
    for key, one in measured.items():
        named[key] = None if one is None else one.value
        named[f"{key}_low"] = None if one is None else one.low
        named[f"{key}_high"] = None if one is None else one.high
    native = figures.native
    return named | {
        "pictures": len(figures.people.portraits),
        "unreadable": len(figures.people.unreadable),
        "identities": dict(figures.sizes),
        "robustness": {
            name: {
                "any_face": one.any_face,
                "fit_face": one.fit_face,
                **{f"tar_k{k}": share for k, share in one.tar.items()},
            }
            for name, one in figures.dressed.items()
        },
        "stages": figures.stages,
        "speedup_native": None if native is None else native.speedup,
        "max_difference_native": None if native is None else native.max_difference,
        "native_chips": None if native is None else native.chips,
    }
