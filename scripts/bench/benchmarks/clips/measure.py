"""The measurement of clips as a whole."""

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

from benchmarks.clips.cost import Cost, cost_of
from benchmarks.clips.films.clip_set import Clip, ClipSet, Sort
from benchmarks.clips.films.kind import Kind
from benchmarks.clips.films.time import LONG_KIND
from benchmarks.clips.jobs import Files, Job, jobs_for, make_file
from benchmarks.clips.peers import theirs
from benchmarks.clips.run import Asked, Registered, Result
from benchmarks.common.pool import makers, progress
from benchmarks.common.registry import MeasuredRegistry, registry_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Extent of the measurement.

    Attributes:
        clips: number of clips to register; None for all.
        per_kind: number of uploads per kind.
        asked_of_others: number of uploads per kind that videohash and vPDQ are asked about.
    """

    kinds: Sequence[Kind]
    clips: int | None
    per_kind: int
    asked_of_others: int
    profile: str
    has_cost: bool
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A registry that is filled, and the uploads to be made for it.

    Attributes:
        clips: the clips that are shown; fewer than all where few are wanted.
        jobs: uploads, those first that take longest, so that nothing waits for them at the end.
    """

    folder: Path
    pool: ProcessPoolExecutor
    registry: MeasuredRegistry
    registered: Registered
    clips: ClipSet
    jobs: Sequence[Job]


def measured(clips: ClipSet, wanted: Wanted, folder: Path) -> tuple[list[Result], int, Cost | None]:
    """Measure everything that is wanted; return results, the number of references, and the cost."""
    with clip_bench(clips, wanted, folder) as bench:
        asked = Asked(
            bench.pool,
            bench.registry,
            bench.registered,
            bench.clips,
            folder=folder,
            asked_of_others=wanted.asked_of_others,
        )
        results = asked.all(bench.jobs)
        cost = None
        if wanted.has_cost:
            cost = cost_of(bench.registry, bench.clips, folder, wanted.profile, wanted.seed)
    return results, len(bench.clips.registered), cost


@contextmanager
def clip_bench(clips: ClipSet, wanted: Wanted, folder: Path) -> Iterator[Bench]:
    """Draw and register clips in a folder, until the block ends."""
    some = replace(
        clips,
        registered=_some(clips.registered, wanted.clips),
        strangers=_some(clips.strangers, wanted.clips),
    )
    files = Files(folder=folder)
    shown = [*some.registered, *some.strangers]
    with makers() as pool, registry_in(folder / "registry", clip_profile=wanted.profile) as registry:
        made = pool.map(make_file, shown, [files.of(clip) for clip in shown])
        for _ in progress("clips drawn", made, len(shown)):
            pass
        registered = _registered(registry, some.registered, files, all_of_them=wanted.asked_of_others > 0)
        registry.begin()
        jobs = jobs_for(some, wanted.kinds, files, wanted.per_kind, wanted.seed)
        yield Bench(
            folder=folder,
            pool=pool,
            registry=registry,
            registered=registered,
            clips=some,
            jobs=sorted(jobs, key=lambda job: job.kind != LONG_KIND),
        )


def _some(clips: Sequence[Clip], count: int | None) -> tuple[Clip, ...]:
    """Take a number of clips, of all sorts in turn."""
    if count is None:
        return tuple(clips)
    by_sort = [[clip for clip in clips if clip.sort is sort] for sort in Sort]
    mixed = [clip for row in zip_longest(*by_sort) for clip in row if clip is not None]
    return tuple(mixed[:count])


def _registered(
    registry: MeasuredRegistry, clips: Sequence[Clip], files: Files, *, all_of_them: bool
) -> Registered:
    enrolled, hashed = [], []
    for clip in progress("clips registered", clips, len(clips)):
        data = files.of(clip).read_bytes()
        one = registry.enrol_clip(data)
        if one is None:
            print(f"{clip.name} was refused", file=sys.stderr)
        enrolled.append(one)
        hashed.append(theirs(data, "mp4", all_of_them=all_of_them))
    for sort in (Sort.INTRO, Sort.CARDS):
        shared = [one.case_id for clip, one in zip(clips, enrolled, strict=True) if one and clip.sort is sort]
        registry.link(shared)
    return Registered(clips=clips, enrolled=enrolled, theirs=hashed)
