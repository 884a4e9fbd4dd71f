"""The same registry over HTTP: its answers must be those in process."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.common.answer import Told
from benchmarks.common.asking import asking_over_http
from benchmarks.common.pool import progress
from benchmarks.recall.run import Result
from benchmarks.recall.uploads import make_upload


@dataclass(frozen=True, slots=True, kw_only=True)
class OverHttp:
    """Number of uploads sent and of equal answers, and the uploads with another answer."""

    sent: int
    equal: int
    differing: tuple[str, ...]


def over_http(folder: Path, pool: ProcessPoolExecutor, results: Sequence[Result], per_kind: int) -> OverHttp:
    """Serve the registry in a folder, and send it the first uploads of each kind."""
    counts: dict[str, int] = {}
    some = []
    for result in results:
        counts[result.job.kind] = counts.get(result.job.kind, 0) + 1
        if counts[result.job.kind] <= per_kind:
            some.append(result)
    differing = []
    with asking_over_http(folder) as ask:
        made = pool.map(make_upload, [result.job for result in some])
        for result, upload in progress("over HTTP", zip(some, made, strict=True), len(some)):
            if ask(upload.data) != Told.platform(result.answer):
                differing.append(f"{result.job.kind} {result.job.paths[0]}")
    return OverHttp(sent=len(some), equal=len(some) - len(differing), differing=tuple(differing))
