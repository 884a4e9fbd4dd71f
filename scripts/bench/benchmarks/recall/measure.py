"""The measurement of pictures as a whole."""

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.common.pictures import Picture
from benchmarks.common.pool import makers, progress
from benchmarks.common.registry import MeasuredRegistry, registry_in
from benchmarks.recall.false_matches import (
    Strangers,
    false_matches,
    near_duplicates,
    same_photographs,
    stranger_nats,
    summary_of,
)
from benchmarks.recall.figures import Figures, at_scales, by_family, by_kind, classic_means, error_of, mean_of
from benchmarks.recall.hard_negatives import Confused, confused, negative_jobs
from benchmarks.recall.http import OverHttp, over_http
from benchmarks.recall.run import Asked, Registered, Result, jobs_for
from benchmarks.recall.scales import scaled_indexes
from benchmarks.recall.stages import stage_ms
from benchmarks.recall.told import told_by_kind
from benchmarks.recall.uploads import Job, look_at, make_upload
from benchmarks.reuploads.kinds import Kind

STAGE_UPLOADS: Final = 100

Pairs = set[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Extent of the measurement.

    Attributes:
        per_kind: number of uploads per kind.
        negatives: number of pairs per sort of hard negative.
        over_http: number of uploads per kind that are also sent over HTTP.
        lean: whether the profile `lean` is measured too.
        scales: emulated numbers of references (`benchmarks.recall.scales`).
    """

    per_kind: int
    negatives: int
    over_http: int
    lean: bool
    seed: int
    scales: Sequence[int] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Registries that are filled, and a pool of processes that makes uploads."""

    folder: Path
    pool: ProcessPoolExecutor
    full: MeasuredRegistry
    lean: MeasuredRegistry | None
    registered: Registered


@dataclass(frozen=True, slots=True, kw_only=True)
class _Beside:
    """Measurements in addition to the uploads."""

    near: Pairs
    same: Pairs
    negatives: Mapping[str, Confused]
    ms: Mapping[str, float]
    http: OverHttp | None


def measured(
    pictures: Sequence[Picture], kinds: Sequence[Kind], wanted: Wanted
) -> tuple[Figures, list[Result]]:
    """Measure everything that is wanted."""
    jobs = jobs_for(kinds, pictures, wanted.per_kind, wanted.seed)
    with picture_bench(pictures, lean=wanted.lean) as bench:
        near = near_duplicates(bench.registered.looked)
        with scaled_indexes(bench.full, bench.folder / "scaled", wanted.scales, len(pictures)) as scaled:
            results = Asked(bench.pool, bench.full, bench.lean, bench.registered, scaled).all(jobs)
        negatives = _negatives(bench, near, wanted)
        same = same_photographs(results, bench.registered, Strangers(bench.registered, near)) - near
        http = None
        ms = _stages(bench, jobs)
        if wanted.over_http:
            http = over_http(bench.folder / "full", bench.pool, results, wanted.over_http)
        beside = _Beside(near=near, same=same, negatives=negatives, ms=ms, http=http)
        return _figures(bench.registered, kinds, results, beside, wanted.seed), results


@contextmanager
def picture_bench(pictures: Sequence[Picture], *, lean: bool = False) -> Iterator[Bench]:
    """Register pictures in a folder that is removed afterwards, in a second registry with the profile `lean` too."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        pool = stack.enter_context(makers())
        paths = [picture.path for picture in pictures]
        looked = list(progress("references seen", pool.map(look_at, paths), len(paths)))
        full = stack.enter_context(registry_in(folder / "full"))
        second = stack.enter_context(registry_in(folder / "lean", matching="lean")) if lean else None
        files = [(picture.subject, picture.path.read_bytes) for picture in pictures]
        full_ids = full.enrol_pictures(files)
        print(f"registered {len(files)} pictures", file=sys.stderr, flush=True)
        lean_ids: Sequence[str | None] = (
            [None] * len(files) if second is None else second.enrol_pictures(files)
        )
        registered = Registered(pictures=pictures, looked=looked, full_ids=full_ids, lean_ids=lean_ids)
        yield Bench(folder=folder, pool=pool, full=full, lean=second, registered=registered)


def _negatives(bench: Bench, near: Pairs, wanted: Wanted) -> Mapping[str, Confused]:
    if not wanted.negatives:
        return {}
    pairs = negative_jobs(bench.registered.pictures, near, wanted.negatives, wanted.seed)
    return confused(bench.folder / "negatives", bench.pool, pairs)


def _stages(bench: Bench, jobs: Sequence[Job]) -> dict[str, float]:
    some = jobs[:: max(1, len(jobs) // STAGE_UPLOADS)][:STAGE_UPLOADS]
    return stage_ms(bench.full, [upload.data for upload in bench.pool.map(make_upload, some)])


def _figures(
    registered: Registered,
    kinds: Sequence[Kind],
    results: Sequence[Result],
    beside: _Beside,
    seed: int,
) -> Figures:
    strangers = Strangers(registered, beside.near | beside.same)
    false = false_matches(results, registered, strangers)
    recalls = by_kind(results, kinds)
    return Figures(
        told=told_by_kind(results, kinds, registered.full_ids),
        kinds=recalls,
        families=by_family(recalls, kinds),
        mean=mean_of(recalls.values()),
        scales=at_scales(results, kinds),
        error=error_of(recalls.values()),
        classic=classic_means(results, kinds),
        summary=summary_of(results, registered, strangers, false, seed),
        false=false,
        matched_before=len(false_matches(results, registered, Strangers(registered, beside.near))),
        same=sorted(beside.same),
        near=sorted(beside.near),
        negatives=beside.negatives,
        ms=beside.ms,
        http=beside.http,
        pictures=registered.pictures,
        ids=registered.full_ids,
        subjects=len({picture.subject for picture in registered.pictures}),
        refused=sum(name is None for name in registered.full_ids),
        unreadable=sum(result.answer.verdict is None for result in results),
        uploads=len(results),
        stranger_nats=dict(
            zip(
                (result.job for result in results),
                (own.tolist() for own in stranger_nats(results, registered, strangers)),
                strict=True,
            )
        ),
    )
