"""The uploads of the benchmarks `recall` and `video`, each checked once, as records."""

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.clips.films.clip_set import ClipSet
from benchmarks.clips.jobs import Job as ClipJob
from benchmarks.clips.jobs import make
from benchmarks.clips.measure import Wanted as WantedClips
from benchmarks.clips.measure import clip_bench
from benchmarks.common.asking import Way, asking
from benchmarks.common.pictures import Picture
from benchmarks.common.pool import in_threads
from benchmarks.common.registry import THREADS
from benchmarks.recall.measure import picture_bench
from benchmarks.recall.run import jobs_for
from benchmarks.recall.uploads import Job, make_upload
from benchmarks.reuploads.kinds import Kind
from benchmarks.verdicts.records import Record


def picture_records(
    pictures: Sequence[Picture], kinds: Sequence[Kind], *, per_kind: int, seed: int, way: Way
) -> Iterator[Record]:
    """Register pictures, and yield a record of each of their re-uploads."""
    jobs = jobs_for(kinds, pictures, per_kind, seed)
    numbers = _numbered(jobs)
    with picture_bench(pictures) as bench, asking(bench.full, bench.folder / "full", way) as ask:

        def record(job: Job) -> Record:
            upload = bench.pool.submit(make_upload, job).result()
            return Record(
                media="picture",
                kind=job.kind,
                source=pictures[job.place].name,
                number=numbers[job],
                told=ask(upload.data),
            )

        yield from in_threads(record, jobs, THREADS)


def clip_records(clips: ClipSet, wanted: WantedClips, *, way: Way) -> Iterator[Record]:
    """Register clips, and yield a record of each of their re-uploads and of each stranger."""
    with (
        tempfile.TemporaryDirectory() as folder,
        clip_bench(clips, wanted, Path(folder)) as bench,
        asking(bench.registry, bench.folder / "registry", way) as ask,
    ):

        def record(job: ClipJob) -> Record:
            made = bench.pool.submit(make, job, bench.clips, bench.folder).result()
            return Record(
                media="clip", kind=job.kind, source=job.clip.name, number=job.number, told=ask(made.data)
            )

        yield from in_threads(record, bench.jobs, THREADS)


def _numbered(jobs: Sequence[Job]) -> dict[Job, int]:
    """Number the jobs of each kind."""
    counts: Counter[str] = Counter()
    numbers = {}
    for job in jobs:
        numbers[job] = counts[job.kind]
        counts[job.kind] += 1
    return numbers
