"""The measurement of one engine on one folder of labelled faces."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from benchmarks.faces.album import Album, subject_of, vectors_of
from benchmarks.faces.calibration import EVERYBODY, Populations, chosen_threshold, populations
from benchmarks.faces.cost import compare_native, stage_ms
from benchmarks.faces.dressing import DRESSINGS
from benchmarks.faces.figures import FARS, KS, Dressed, Figures, Step
from benchmarks.faces.folder import People, pixels
from benchmarks.faces.statistics import det_points
from benchmarks.faces.trials import templates_of
from index.arrays import F32
from index.faces import Alignment, SeenFaces

Places = npt.NDArray[np.intp]
Looks = Sequence[SeenFaces | None]

WISHED_FAR: Final = 1e-4
CALIBRATED_KS: Final = (1, 3)
"""Numbers of photographs per template for the choice of the threshold: the minimum, and the requested number."""
_DET: Final = np.logspace(-6, -2, 41)
_STEPS: Final = 6
_TIMED: Final = 20
"""Number of pictures that stages are timed on."""
_NATIVE: Final = 64
"""Number of faces that dlib itself describes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Extent of the measurement.

    Attributes:
        group: name for the identities of the group's list.
        robust: pictures per alteration; 0 for no alterations.
        has_cost: whether stages are timed.
        has_native: whether the converted network is compared with dlib's own.
        seed: seed of all random choices.
        models: the engines' folder.
    """

    group: str
    robust: int
    has_cost: bool
    has_native: bool
    seed: int
    models: Path


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Kept:
    """Portraits whose unaltered faces make templates: vectors float32 [n, d] without NaN, rows among all portraits."""

    vectors: F32
    identities: Places
    rows: Places

    def reached(self, probes: F32, rows: Places, whose: Places, k: int, threshold: float) -> float:
        """Return the share of probes that reach the threshold with templates of k other pictures, equally weighted."""
        shares = []
        for probe, row, identity in zip(probes, rows, whose, strict=True):
            own = (self.identities == identity) & (self.rows != row)
            rng = np.random.default_rng(int(row))
            templates = templates_of(self.vectors[own], self.identities[own], k, rng)
            # Every comparison with NaN is false, so a face that is not found never reaches the threshold.
            shares.append(float(np.mean(templates.vectors @ probe >= threshold)))
        return float(np.mean(shares))


def figures_of(people: People, album: Album, wanted: Wanted) -> Figures:
    """Measure everything that is wanted."""
    manifest = album.engine.manifest
    looks = album.looks(people.portraits)
    vectors = vectors_of(looks, manifest.dimension)
    calibration = manifest.calibration
    shipped = calibration.cosine if calibration else None
    found = populations(
        people,
        vectors,
        KS,
        group=wanted.group,
        seed=wanted.seed,
        threshold=1.0 if shipped is None else shipped,
    )
    threshold = chosen_threshold(found, WISHED_FAR) if shipped is None else shipped
    figures = Figures(
        engine=manifest.id,
        people=people,
        threshold=threshold,
        is_calibrated=shipped is not None,
        any_face=_share(looks, needs_fit=False),
        fit_face=_share(looks, needs_fit=True),
        sizes=found.sizes,
        tar_at={(group, k, far): one.tar_at_far(far) for (group, k), one in found.of.items() for far in FARS},
        far={key: one.far(threshold) for key, one in found.of.items() if one.trials.impostors},
        tar={key: one.tar(threshold) for key, one in found.of.items()},
        trials={key: (len(one.trials.genuine), one.trials.impostors) for key, one in found.of.items()},
        steps=_steps(found, threshold),
        det={k: det_points(found.of[EVERYBODY, k].trials, _DET) for k in KS},
    )
    dressed = dressed_figures(people, vectors, album, threshold, wanted)
    return replace(figures, dressed=dressed, **_costs(people, looks, album, wanted))


def dressed_figures(
    people: People, vectors: F32, album: Album, threshold: float, wanted: Wanted
) -> dict[str, Dressed]:
    """Alter pictures of people with other pictures, and compare them with templates of these."""
    identities = people.identities
    has_face = np.isfinite(vectors).all(axis=1)
    kept = _Kept(vectors=vectors[has_face], identities=identities[has_face], rows=np.flatnonzero(has_face))
    others = np.bincount(kept.identities, minlength=len(people.names)) - 1
    able = kept.rows[others[kept.identities] >= max(CALIBRATED_KS)]
    rows = np.sort(np.random.default_rng(wanted.seed).permutation(able)[: wanted.robust])
    if not len(rows):
        return {}
    some = [people.portraits[row] for row in rows]
    figures = {}
    for name, dress in (("plain", None), *DRESSINGS.items()):
        looks = album.looks(some, name, dress)
        probes = vectors_of(looks, vectors.shape[1])
        figures[name] = Dressed(
            pictures=len(rows),
            any_face=_share(looks, needs_fit=False),
            fit_face=_share(looks, needs_fit=True),
            tar={k: kept.reached(probes, rows, identities[rows], k, threshold) for k in CALIBRATED_KS},
        )
    return figures


def _steps(found: Populations, threshold: float) -> list[Step]:
    everybody = found.of[EVERYBODY, min(found.ks)].thresholds(WISHED_FAR)
    lowest = max(
        [-1.0 if everybody is None else float(everybody[0]), *(one.trials.floor for one in found.of.values())]
    )
    if lowest >= threshold:
        return []
    return [
        Step(
            cosine=cosine,
            far={name: found.far(name, cosine) for name in found.sizes},
            tar={k: found.of[EVERYBODY, k].tar(cosine) for k in found.ks},
        )
        for cosine in np.linspace(lowest, threshold, _STEPS).tolist()
    ]


def _share(looks: Looks, *, needs_fit: bool) -> float:
    if needs_fit:
        return float(np.mean([subject_of(seen) is not None for seen in looks]))
    return float(np.mean([seen is not None and bool(seen.faces) for seen in looks]))


def _costs(people: People, looks: Looks, album: Album, wanted: Wanted) -> dict[str, Any]:
    fit = [
        portrait
        for portrait, seen in zip(people.portraits, looks, strict=True)
        if subject_of(seen) is not None
    ]
    costs: dict[str, Any] = {}
    if wanted.has_cost:
        costs["stages"] = stage_ms(album.engine, [pixels(one.path.read_bytes()) for one in fit[:_TIMED]])
    if wanted.has_native and album.engine.manifest.alignment is Alignment.DLIB_150:
        chips = []
        for portrait in fit[:_NATIVE]:
            picture = pixels(portrait.path.read_bytes())
            chips.append(album.engine.chips(picture, album.engine.detect(picture)[:1])[0])
        costs["native"] = compare_native(wanted.models, np.stack(chips))
    return costs
