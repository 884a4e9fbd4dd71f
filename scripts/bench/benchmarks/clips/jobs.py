"""The plan of re-uploads, and the functions that make them in a pool of processes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.clips.films.clip_set import Clip, ClipSet, Sort
from benchmarks.clips.films.drawn import drawn
from benchmarks.clips.films.film import REFERENCE, Shown, read, write
from benchmarks.clips.films.kind import Kind
from benchmarks.clips.films.kinds import KINDS, PLAIN, VARIANT, Made, make_upload

TURNS: Final = (
    *(Sort.PHOTOS, Sort.HEAD, Sort.DARK, Sort.STILL, Sort.INTRO),
    *(Sort.CARDS, Sort.SAMPLE, Sort.PHOTOS, Sort.HEAD),
)
"""Order of the sorts of clips within a kind; the usual ones come twice."""

_BY_NAME: Final = {kind.name: kind for kind in KINDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """An upload to be made.

    Attributes:
        kind: name of the kind, `VARIANT` or `PLAIN`.
        number: place among the uploads of its kind.
        source: the file that is uploaded again.
    """

    kind: str
    number: int
    clip: Clip
    source: Path
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The files of all clips, by their names."""

    folder: Path
    paths: dict[str, Path] = field(default_factory=dict)

    def of(self, clip: Clip) -> Path:
        """Return the path of a clip's file, which need not exist yet."""
        return clip.file or self.folder / f"{clip.name}.mp4"


def make_file(clip: Clip, path: Path) -> None:
    """Draw a clip and write its file."""
    if clip.file is None:
        write(drawn(clip), path, REFERENCE)


def jobs_for(clips: ClipSet, kinds: Sequence[Kind], files: Files, per_kind: int, seed: int) -> list[Job]:
    """Plan uploads of clips of each kind, sorts in turn; and two of each stranger, unchanged and re-encoded."""
    jobs = []
    for place, kind in enumerate(kinds):
        rng = np.random.default_rng((seed, place))
        count = max(1, round(per_kind * kind.share))
        own = [clip for clip in clips.registered if kind.sorts is None or clip.sort in kind.sorts]
        for number, clip in enumerate(_by_turns(own, count, rng)):
            jobs.append(_job(kind.name, number, clip, files, seed))
    for clip in clips.registered:
        for number, path in enumerate(clip.variants):
            jobs.append(Job(kind=VARIANT, number=number, clip=clip, source=path, seed=seed))
    quick = [kind for kind in kinds if kind.share == 1 and kind.sorts is None]
    for number, clip in enumerate(clips.strangers):
        jobs.append(_job(PLAIN, number, clip, files, seed))
        if quick:
            jobs.append(_job(quick[number % len(quick)].name, number, clip, files, seed))
    return jobs


def _job(kind: str, number: int, clip: Clip, files: Files, seed: int) -> Job:
    return Job(kind=kind, number=number, clip=clip, source=files.of(clip), seed=seed * 100_003 + number)


def _by_turns(clips: Sequence[Clip], count: int, rng: np.random.Generator) -> list[Clip]:
    """Take clips of all sorts in turn; a clip is repeated only after all clips of its sort."""
    queues = {sort: [clip for clip in clips if clip.sort is sort] for sort in Sort}
    orders = {sort: cycle(rng.permutation(len(queue)).tolist()) for sort, queue in queues.items() if queue}
    turns = [sort for sort in TURNS if sort in orders]
    return [queues[sort][next(orders[sort])] for sort, _ in zip(cycle(turns), range(count), strict=False)]


def make(job: Job, clips: ClipSet, folder: Path) -> Made:
    """Make an upload; the same job makes the same film."""
    if job.kind in {VARIANT, PLAIN}:
        film = read(job.source)
        # A longer variant shows the same content to its end.
        shown = Shown(starts=(0.0, 0.0), ends=(min(job.clip.seconds, film.seconds), film.seconds))
        return Made(data=job.source.read_bytes(), suffix="mp4", seconds=film.seconds, shown=(shown,))
    return make_upload(_BY_NAME[job.kind], job.clip, job.source, clips, folder=folder, seed=job.seed)
