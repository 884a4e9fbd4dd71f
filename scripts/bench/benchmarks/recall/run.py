"""The run: every upload is made once, checked with each profile, and compared by PDQ alone and by ImageHash."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from benchmarks.common.answer import Answer
from benchmarks.common.pictures import Picture, spread, strangers_to
from benchmarks.common.pool import in_threads
from benchmarks.common.registry import THREADS, MeasuredRegistry
from benchmarks.recall.scales import ScaledIndex
from benchmarks.recall.uploads import (
    CLASSIC,
    IMAGEHASH_BITS,
    PDQ_BITS,
    Hashes,
    Job,
    Looked,
    bits_between,
    make_upload,
)
from benchmarks.reuploads.kinds import Kind
from index.verdict import Band, Outcome

OTHERS: Final = 12  # unrelated pictures for each upload: enough for a grid of nine


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """An upload and its results.

    Attributes:
        answer: answer of the profile `full`.
        lean_found: whether the profile `lean` found the picture.
        pdq_found: whether PDQ alone found it.
        classic_found: whether each hash of ImageHash found it.
        pdq_false: places of all references within the threshold of PDQ alone, strangers or not.
        classic_false: the same for each hash of ImageHash.
        found_at: whether the picture was found among each emulated number of references (`benchmarks.recall.scales`).
    """

    job: Job
    answer: Answer
    found: bool
    tight: bool
    lean_found: bool
    pdq_found: bool
    classic_found: Mapping[str, bool]
    pdq_false: tuple[int, ...]
    classic_false: Mapping[str, tuple[int, ...]]
    found_at: Mapping[int, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """The references: pictures, hashes, and ids in both registries (None: refused)."""

    pictures: Sequence[Picture]
    looked: Sequence[Looked]
    full_ids: Sequence[str | None]
    lean_ids: Sequence[str | None]

    def places(self) -> dict[str, int]:
        """Return places by the ids of the full registry; the first of equal files stands for all."""
        return {name: place for place, name in reversed(list(enumerate(self.full_ids))) if name is not None}


def kinds_for(pictures: Sequence[Picture], kinds: Sequence[Kind], names: Sequence[str] | None) -> list[Kind]:
    """Return the kinds of a set that can be made of these pictures, or those of them with these names."""
    portraits = any(picture.is_portrait for picture in pictures)
    chosen = [kind for kind in kinds if names is None or kind.name in names]
    return [kind for kind in chosen if portraits or not kind.portraits_only]


def jobs_for(kinds: Sequence[Kind], pictures: Sequence[Picture], per_kind: int, seed: int) -> list[Job]:
    """Draw the pictures of each kind, evenly from all folders, and unrelated pictures for each."""
    portraits = [place for place, picture in enumerate(pictures) if picture.is_portrait]
    jobs = []
    for number, kind in enumerate(kinds):
        rng = np.random.default_rng((seed, number))
        pool = portraits if kind.portraits_only else range(len(pictures))
        places = [pool[at] for at in spread([pictures[place] for place in pool], per_kind, rng)]
        for turn, place in enumerate(places):
            others = strangers_to(pictures, [place], OTHERS, rng)
            jobs.append(
                Job(
                    kind=kind.name,
                    place=place,
                    others=tuple(others),
                    seed=seed * 100_003 + turn,
                    paths=tuple(pictures[at].path for at in (place, *others)),
                )
            )
    return jobs


class Asked:
    """Makes and checks uploads in both registries. Threads: any."""

    def __init__(
        self,
        pool: ProcessPoolExecutor,
        full: MeasuredRegistry,
        lean: MeasuredRegistry | None,
        registered: Registered,
        scaled: Mapping[int, ScaledIndex],
    ) -> None:
        self._scaled = scaled
        self._pool = pool
        self._full = full
        self._lean = lean
        self._registered = registered
        self._pdq = np.stack([one.hashes.pdq for one in registered.looked])
        self._classic = {
            name: np.stack([one.hashes.classic[name] for one in registered.looked]) for name in CLASSIC
        }

    def all(self, jobs: Sequence[Job]) -> list[Result]:
        """Make and check all uploads; return the results in their order."""
        return in_threads(self.one, jobs, THREADS)

    def one(self, job: Job) -> Result:
        """Make and check one upload."""
        upload = self._pool.submit(make_upload, job).result()
        answer = self._full.ask(upload.data, is_exhaustive=True)
        own = self._registered.full_ids[job.place]
        found = is_found(answer, own)
        near, near_classic = self._brute(upload.hashes)
        return Result(
            job=job,
            answer=answer,
            found=found,
            tight=found and is_tight(answer, own),
            lean_found=self._lean is not None
            and is_found(self._lean.ask(upload.data), self._registered.lean_ids[job.place]),
            pdq_found=job.place in near,
            classic_found={name: job.place in places for name, places in near_classic.items()},
            pdq_false=near,
            classic_false=near_classic,
            found_at={
                scale: is_found(self._full.ask(upload.data, index=index), own)
                for scale, index in self._scaled.items()
            },
        )

    def _brute(self, hashes: Hashes) -> tuple[tuple[int, ...], dict[str, tuple[int, ...]]]:
        pdq = bits_between(hashes.pdq[None], self._pdq)[0] <= PDQ_BITS
        classic = {
            name: bits_between(hashes.classic[name][None], held)[0] <= IMAGEHASH_BITS
            for name, held in self._classic.items()
        }
        return _places(pdq), {name: _places(near) for name, near in classic.items()}


def _places(flags: np.ndarray) -> tuple[int, ...]:
    return tuple(np.flatnonzero(flags).tolist())


def is_found(answer: Answer, reference_id: str | None) -> bool:
    """Return whether the upload was held or blocked for this reference."""
    held = answer.verdict is not None and answer.verdict.outcome is not Outcome.ALLOW
    return held and reference_id is not None and reference_id in answer.reference_ids


def is_tight(answer: Answer, reference_id: str | None) -> bool:
    """Return whether the verdict is tight, and so is the evidence about this reference."""
    if answer.verdict is None or reference_id is None:
        return False
    return answer.verdict.band is Band.TIGHT and answer.band_of(reference_id) is Band.TIGHT
