"""Figures of a run: recall of each kind and family, means over kinds, and the line of JSON."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from benchmarks.common.measures import measures_of
from benchmarks.common.pictures import Picture
from benchmarks.recall.false_matches import Mistake, Summary
from benchmarks.recall.hard_negatives import Confused
from benchmarks.recall.http import OverHttp
from benchmarks.recall.run import Result
from benchmarks.recall.told import Told, told_rows
from benchmarks.recall.uploads import CLASSIC, Job
from benchmarks.reuploads.kinds import Kind

FALSE_MATCHES: Final = "False matches seen"
SAME_PHOTOGRAPHS: Final = "References that are parts of one photograph"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """Shares of one kind's uploads, or means over kinds."""

    n: int
    pdq: float
    found: float
    found_lean: float
    tight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All results of a run.

    Attributes:
        ids: ids of the references; None for a picture that could not be registered.
        subjects: number of cases of the references.
        refused: number of pictures that could not be registered.
        ms: CPU milliseconds of a check, by stage.
        classic: mean recall of each hash of ImageHash.
        scales: mean share found among each emulated number of references.
        told: the kind of match that was told, by kind of re-upload.
        stranger_nats: for each upload, the evidence of the strangers that were compared.
        matched_before: number of matches with strangers, if parts of one photograph counted as strangers.
        same: pairs of references that are one photograph, found among false matches and strong evidence.
        near: pairs of references whose whole pictures are nearly the same.
    """

    kinds: Mapping[str, Recall]
    families: Mapping[str, Recall]
    mean: Recall
    error: float
    scales: Mapping[int, float]
    classic: Mapping[str, float]
    summary: Summary
    false: Sequence[Mistake]
    matched_before: int
    same: Sequence[tuple[int, int]]
    near: Sequence[tuple[int, int]]
    negatives: Mapping[str, Confused]
    ms: Mapping[str, float]
    http: OverHttp | None
    pictures: Sequence[Picture]
    ids: Sequence[str | None]
    subjects: int
    refused: int
    unreadable: int
    uploads: int
    stranger_nats: Mapping[Job, Sequence[float]]
    told: Mapping[str, Told]


def recall_of(results: Sequence[Result]) -> Recall:
    """Return the shares of one kind's uploads."""
    count = len(results)
    return Recall(
        n=count,
        pdq=sum(one.pdq_found for one in results) / count,
        found=sum(one.found for one in results) / count,
        found_lean=sum(one.lean_found for one in results) / count,
        tight=sum(one.tight for one in results) / count,
    )


def mean_of(kinds: Iterable[Recall]) -> Recall:
    """Return the means over kinds, each with the same weight."""
    each = list(kinds)
    count = len(each)
    return Recall(
        n=sum(one.n for one in each),
        pdq=sum(one.pdq for one in each) / count,
        found=sum(one.found for one in each) / count,
        found_lean=sum(one.found_lean for one in each) / count,
        tight=sum(one.tight for one in each) / count,
    )


def error_of(kinds: Iterable[Recall]) -> float:
    """Return half the 95 % interval of the mean share found; kinds are strata, each with its own binomial variance."""
    each = list(kinds)
    spread = sum(one.found * (1 - one.found) / one.n for one in each)
    return 1.96 * math.sqrt(spread) / len(each)


def by_kind(results: Sequence[Result], kinds: Sequence[Kind]) -> dict[str, Recall]:
    """Return the recall of each kind."""
    groups: dict[str, list[Result]] = {kind.name: [] for kind in kinds}
    for result in results:
        groups[result.job.kind].append(result)
    return {name: recall_of(group) for name, group in groups.items()}


def by_family(recalls: Mapping[str, Recall], kinds: Sequence[Kind]) -> dict[str, Recall]:
    """Return the means over each family's kinds."""
    families = dict.fromkeys(kind.family for kind in kinds)
    return {
        family: mean_of(recalls[kind.name] for kind in kinds if kind.family == family) for family in families
    }


def at_scales(results: Sequence[Result], kinds: Sequence[Kind]) -> dict[int, float]:
    """Return the mean share found among each emulated number of references, over kinds."""
    scales = results[0].found_at if results else {}
    groups = [[one for one in results if one.job.kind == kind.name] for kind in kinds]
    return {
        scale: sum(sum(one.found_at[scale] for one in group) / len(group) for group in groups) / len(groups)
        for scale in scales
    }


def classic_means(results: Sequence[Result], kinds: Sequence[Kind]) -> dict[str, float]:
    """Return the mean recall of each hash of ImageHash, over kinds."""
    means = {}
    for name in CLASSIC:
        shares = []
        for kind in kinds:
            own = [one.classic_found[name] for one in results if one.job.kind == kind.name]
            shares.append(sum(own) / len(own))
        means[name] = sum(shares) / len(shares)
    return means


def json_of(figures: Figures) -> dict[str, object]:
    """Return the figures by their names in the JSON output."""
    mean, summary = figures.mean, figures.summary
    return {
        "kinds": {name: _rounded(asdict(one)) for name, one in figures.kinds.items()},
        "mean_pdq": round(mean.pdq, 4),
        "mean_found": round(mean.found, 4),
        "mean_found_lean": round(mean.found_lean, 4),
        "mean_tight": round(mean.tight, 4),
        "found_at": {str(scale): round(share, 4) for scale, share in figures.scales.items()},
        "false_review_1m": float(f"{summary.review_1m:.3g}"),
        "false_tight_seen": summary.tight_seen,
        "pairs": summary.pairs,
        "ms": _rounded(figures.ms),
        "negatives": {name: _rounded(asdict(one)) for name, one in figures.negatives.items()},
        "imagehash": _rounded(figures.classic),
    }


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in values.items()}


def tables_of(figures: Figures) -> dict[str, list[dict[str, object]]]:
    """Return the tables by their titles."""
    return {
        "Families of re-uploads": [_row("family", name, one) for name, one in figures.families.items()],
        "Kinds of re-upload": [_row("kind", name, one) for name, one in figures.kinds.items()],
        "Kind of match told": told_rows(figures.told),
        "Hard negatives": [_confused_row(name, one) for name, one in figures.negatives.items()],
        "CPU of one check": [
            {"stage": stage.replace("_", " "), "ms": f"{value:.2f}"} for stage, value in figures.ms.items()
        ],
        FALSE_MATCHES: [_false_row(one, figures.pictures) for one in figures.false],
        SAME_PHOTOGRAPHS: [
            {"one": figures.pictures[one].name, "other": figures.pictures[other].name}
            for one, other in figures.same
        ],
    }


def _row(title: str, name: str, one: Recall) -> dict[str, object]:
    return {
        title: name,
        "n": one.n,
        "PDQ alone": f"{one.pdq:.2f}",
        "found": f"{one.found:.2f}",
        "found, lean": f"{one.found_lean:.2f}",
        "tight": f"{one.tight:.2f}",
    }


def _confused_row(name: str, one: Confused) -> dict[str, object]:
    return {
        "sort": name,
        "n": one.n,
        "refused": one.refused,
        "review": f"{one.review:.2f}",
        "tight": f"{one.tight:.2f}",
        "review, alone": f"{one.review_alone:.2f}",
        "tight, alone": f"{one.tight_alone:.2f}",
    }


def _false_row(one: Mistake, pictures: Sequence[Picture]) -> dict[str, object]:
    evidence = measures_of(one.evidence)
    return {
        "upload of": pictures[one.job.place].name,
        "kind": one.job.kind,
        "reference": pictures[one.reference].name,
        "band": one.band.value,
        "nats": "" if evidence.nats is None else f"{evidence.nats:.1f}",
        "PDQ bits": "" if evidence.pdq_bits is None else evidence.pdq_bits,
        "cover": "" if evidence.cover is None else f"{evidence.cover:.2f}",
    }
