"""The run: every upload is made once, checked, and hashed by the other methods."""

import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.clips.films.clip_set import Clip, ClipSet
from benchmarks.clips.films.film import Shown
from benchmarks.clips.films.time import LONG_KIND
from benchmarks.clips.jobs import Job, make
from benchmarks.clips.peers import Theirs, found_by, theirs
from benchmarks.common.answer import Answer
from benchmarks.common.pool import in_threads
from benchmarks.common.registry import EnrolledClip, MeasuredRegistry
from index.media.clips import KIND_BYTES, is_clip
from index.verdict import Segment

THREADS: Final = 3  # most of the time they wait for makers and decoders

_RIGHT_WITHIN: Final = 1.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """The references: clips, enrolments (None: refused), and hashes of the files by other methods."""

    clips: Sequence[Clip]
    enrolled: Sequence[EnrolledClip | None]
    theirs: Sequence[Theirs]

    def place_of(self, reference_id: str) -> int:
        """Return the place of the clip that a reference stands for."""
        return next(
            place
            for place, one in enumerate(self.enrolled)
            if one is not None and one.reference_id == reference_id
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """An upload and its results.

    Attributes:
        place: place of the clip among the references; None for a stranger.
        found: places that the product found.
        theirs: places that each other method found; None where the upload was not hashed.
        right: for each true segment, whether a reported segment has both its borders within 1 s.
    """

    job: Job
    place: int | None
    seconds: float
    answer: Answer
    shown: tuple[Shown, ...]
    found: tuple[int, ...]
    theirs: dict[str, tuple[int, ...] | None] = field(repr=False)
    right: tuple[bool, ...]

    @property
    def is_found(self) -> bool:
        """Whether the product found the clip."""
        return self.place is not None and self.place in self.found

    def false(self, found: Sequence[int]) -> list[int]:
        """Return the places that belong to another clip."""
        return [place for place in found if place != self.place]


class Asked:
    """Makes and checks uploads. Threads: any."""

    def __init__(
        self,
        pool: ProcessPoolExecutor,
        registry: MeasuredRegistry,
        registered: Registered,
        clips: ClipSet,
        *,
        folder: Path,
        asked_of_others: int,
    ) -> None:
        self._pool = pool
        self._registry = registry
        self._registered = registered
        self._clips = clips
        self._folder = folder
        self._asked_of_others = asked_of_others
        self._one_of_theirs = threading.Lock()  # each takes two processes

    def all(self, jobs: Sequence[Job]) -> list[Result]:
        """Make and check all uploads; return the results in their order."""
        return in_threads(self.one, jobs, THREADS)

    def one(self, job: Job) -> Result:
        """Make and check one upload."""
        made = self._pool.submit(make, job, self._clips, self._folder).result()
        answer = self._ask(made.data)
        with self._one_of_theirs:
            all_of_them = job.number < self._asked_of_others and job.kind != LONG_KIND
            other = theirs(made.data, made.suffix, all_of_them=all_of_them)
        registered = self._registered
        names = [clip.name for clip in registered.clips]
        shown = made.shown if job.clip.is_registered else ()
        return Result(
            job=job,
            place=names.index(job.clip.name) if job.clip.is_registered else None,
            seconds=made.seconds,
            answer=answer,
            shown=shown,
            found=tuple(sorted(registered.place_of(name) for name in answer.reference_ids)),
            theirs=found_by(other, registered.theirs),
            right=tuple(any(is_right(one, told) for told in answer.segments) for one in shown),
        )

    def _ask(self, data: bytes) -> Answer:
        """Check an upload; an exception that must never occur becomes a fault in the figures, and the run goes on."""
        try:
            return self._registry.ask(data)
        except Exception as fault:  # noqa: BLE001 - any exception is such a fault
            return Answer(fault=repr(fault), is_clip=is_clip(data[:KIND_BYTES]))


def is_right(shown: Shown, told: Segment) -> bool:
    """Return whether both borders of a segment are within 1 s of the truth."""
    borders = ((shown.starts, told.start_ms / 1000), (shown.ends, told.end_ms / 1000))
    return all(low - _RIGHT_WITHIN <= at <= high + _RIGHT_WITHIN for (low, high), at in borders)
