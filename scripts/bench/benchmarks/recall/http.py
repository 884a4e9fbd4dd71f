"""The same registry over HTTP: its verdicts must be those of the use cases in process."""

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.common.answer import Told
from benchmarks.common.pool import progress
from benchmarks.common.registry import PROBE_BUDGET
from benchmarks.common.service import served
from benchmarks.recall.run import Result
from benchmarks.recall.uploads import make_upload
from registry.client import RegistryClient

WORKERS = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class OverHttp:
    """How many uploads were sent, and how many were answered as in process."""

    sent: int
    equal: int
    differing: tuple[str, ...]


def over_http(folder: Path, pool: ProcessPoolExecutor, results: Sequence[Result], per_kind: int) -> OverHttp:
    """Serves the registry in a folder and sends so many uploads of each kind."""
    counts: dict[str, int] = {}
    some = []
    for result in results:
        counts[result.job.kind] = counts.get(result.job.kind, 0) + 1
        if counts[result.job.kind] <= per_kind:
            some.append(result)
    os.environ["TAKEDOWN_PROBE_BUDGET"] = str(PROBE_BUDGET)
    differing = []
    with served(folder, WORKERS) as service:
        url = f"http://{service.host}:{service.port}"
        with RegistryClient(url, service.key) as client:
            made = pool.map(make_upload, [result.job for result in some])
            for result, upload in progress("over HTTP", zip(some, made, strict=True), len(some)):
                if Told.over_http(client, upload.data) != Told.by(result.answer):
                    differing.append(f"{result.job.kind} {result.job.paths[0]}")
    return OverHttp(sent=len(some), equal=len(some) - len(differing), differing=tuple(differing))
