"""Hard negatives in the product: with all references of a template registered, and with each pair alone."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.common.pictures import Picture, spread, strangers_to
from benchmarks.common.pool import progress
from benchmarks.common.registry import THREADS, MeasuredRegistry, registry_in
from benchmarks.recall.run import is_found, is_tight
from benchmarks.recall.uploads import Job, make_negative
from benchmarks.reuploads.negatives import NEGATIVES, Negative

OTHERS: Final = 18  # enough for two grids of nine


@dataclass(frozen=True, slots=True, kw_only=True)
class Confused:
    """Shares of one sort of hard negative that match by mistake.

    Attributes:
        n: number of pairs.
        refused: number of pairs whose reference was refused; they count as not matched.
        review: share held or blocked for the pair's own reference, all references of the template registered.
        tight: share that would be blocked, likewise.
        review_alone: share held or blocked where the pair's reference is the only one of its template.
        tight_alone: share that would be blocked, likewise.
    """

    n: int
    refused: int
    review: float
    tight: float
    review_alone: float
    tight_alone: float


def negative_jobs(
    pictures: Sequence[Picture], near: set[tuple[int, int]], per_kind: int, seed: int
) -> dict[str, list[Job]]:
    """Draw the pairs of each hard negative. A sort that needs two pictures of one person may have none."""
    jobs = {}
    for number, negative in enumerate(NEGATIVES):
        rng = np.random.default_rng((seed, number, 1))
        pairs = _people(pictures, near, rng) if negative.same_person else _strangers(pictures, rng, per_kind)
        jobs[negative.name] = [
            _job(negative, pair, pictures, rng, seed * 100_003 + turn)
            for turn, pair in enumerate(pairs[:per_kind])
        ]
    return jobs


def _job(
    negative: Negative,
    pair: tuple[int, int],
    pictures: Sequence[Picture],
    rng: np.random.Generator,
    seed: int,
) -> Job:
    others = (pair[1], *strangers_to(pictures, pair, OTHERS, rng))
    paths = tuple(pictures[place].path for place in (pair[0], *others))
    return Job(kind=negative.name, place=pair[0], others=others, seed=seed, paths=paths)


def _strangers(pictures: Sequence[Picture], rng: np.random.Generator, count: int) -> list[tuple[int, int]]:
    places = spread(pictures, 2 * count, rng)
    pairs = [(places[turn], strangers_to(pictures, [places[turn]], 1, rng)) for turn in range(count)]
    return [(first, others[0]) for first, others in pairs if others]


def _people(
    pictures: Sequence[Picture], near: set[tuple[int, int]], rng: np.random.Generator
) -> list[tuple[int, int]]:
    """Return two different photographs of one person, for each person that has them."""
    by_subject: dict[str, list[int]] = {}
    for place, picture in enumerate(pictures):
        by_subject.setdefault(picture.subject, []).append(place)
    pairs = [
        (own[0], other) for own in by_subject.values() for other in own[1:2] if (own[0], other) not in near
    ]
    return [pairs[place] for place in rng.permutation(len(pairs)).tolist()]


def confused(folder: Path, pool: ProcessPoolExecutor, jobs: dict[str, list[Job]]) -> dict[str, Confused]:
    """Register all references of all sorts, and check every upload twice."""
    flat = [job for some in jobs.values() for job in some]
    files = list(progress("negatives made", pool.map(make_negative, flat), len(flat)))
    with registry_in(folder) as registry, ThreadPoolExecutor(THREADS) as threads:
        names = registry.enrol_pictures(
            [(str(number), partial(_first, pair)) for number, pair in enumerate(files)]
        )
        figures, start = {}, 0
        for kind, some in jobs.items():
            rows = range(start, start + len(some))
            start += len(some)
            if rows:
                own = [names[row] for row in rows]
                uploads = [files[row][1] for row in rows]
                figures[kind] = _figures(registry, threads, own, uploads)
    return figures


def _first(pair: tuple[bytes, bytes]) -> bytes:
    return pair[0]


def _figures(
    registry: MeasuredRegistry,
    threads: ThreadPoolExecutor,
    names: Sequence[str | None],
    uploads: Sequence[bytes],
) -> Confused:
    known = [name for name in names if name is not None]
    together = list(threads.map(lambda data: registry.ask(data, only=known), uploads))
    alone = list(
        threads.map(
            lambda name, data: registry.ask(data, only=[] if name is None else [name]), names, uploads
        )
    )
    count = len(uploads)
    return Confused(
        n=count,
        refused=count - len(known),
        review=sum(map(is_found, together, names)) / count,
        tight=sum(map(is_tight, together, names)) / count,
        review_alone=sum(map(is_found, alone, names)) / count,
        tight_alone=sum(map(is_tight, alone, names)) / count,
    )
