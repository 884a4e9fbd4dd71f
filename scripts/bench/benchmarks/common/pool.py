"""Pools of processes that make uploads and of threads that ask about them, and progress on standard error."""

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Final, TypeVar

Thing = TypeVar("Thing")
Job = TypeVar("Job")
Result = TypeVar("Result")

PROCESSES: Final = 2
"""Processes that make uploads."""

_TELL_EVERY_S: Final = 10


@contextmanager
def makers(processes: int = PROCESSES) -> Iterator[ProcessPoolExecutor]:
    """Start a pool of processes, each with one thread for algebra."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield pool


def in_threads(ask: Callable[[Job], Result], jobs: Sequence[Job], threads: int) -> list[Result]:
    """Ask about each upload in one of several threads; return the results in the order of the jobs."""
    with ThreadPoolExecutor(threads) as pool:
        return list(progress("uploads", pool.map(ask, jobs), len(jobs)))


def progress(what: str, things: Iterable[Thing], count: int) -> Iterator[Thing]:
    """Yield each thing, and print every 10 s to standard error how many came."""
    began = told = time.monotonic()
    for number, thing in enumerate(things, 1):
        yield thing
        now = time.monotonic()
        if now - told > _TELL_EVERY_S or number == count:
            told = now
            print(f"{what}: {number} of {count} after {now - began:.0f} s", file=sys.stderr, flush=True)
