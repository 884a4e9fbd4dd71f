"""The services that `run_job` needs."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto, unique
from typing import Protocol

from index.clips import Progress
from index.sandbox import ClipSource
from index.verdict import Context, ReferenceKind
from registry.domain import Actor, Check, Draft, Job
from registry.ports import Checks, Environment, Spooling, Units


@unique
class Turn(Enum):
    """Whether a job may go on."""

    GO_ON = auto()
    PAUSE = auto()
    """Another tenant's job is next: ask again."""
    LEAVE = auto()
    """The job must be put back."""


def _always(_job_id: str, _cpu_s: float) -> Turn:
    return Turn.GO_ON


class CheckClip(Protocol):
    """The check of a clip, as in `registry.usecases.checks.clips`, stored under a given id."""

    def __call__(
        self,
        source: ClipSource,
        *,
        check_id: str,
        actor: Actor,
        context: Context,
        uploader: bytes | None,
        progress: Progress,
        keep: Callable[[Check], None],
    ) -> Check:
        """Return the check that `keep` has stored; propagate exceptions of `keep`."""
        ...


class DescribeClip(Protocol):
    """The description of a clip for registration, as in `registry.usecases.enrolment.describe_clip`."""

    def __call__(
        self,
        source: ClipSource,
        kind: ReferenceKind,
        *,
        edits: bool,
        exclude: Sequence[tuple[int, int]],
        progress: Progress | None,
    ) -> Draft:
        """Return the draft of the clip."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class JobServices:
    """The services that jobs need.

    Attributes:
        report: called with an attempt that had no result, and with the reason.
        turn: told a job's id and the processor time of its attempt, in seconds; returns whether it may go on. It waits
            for less than a second.
        cpu: returns this thread's processor time, in seconds.
        is_stopping: returns whether the worker must end; the worker then puts its job back.
    """

    units: Units
    checks: Checks
    spool: Spooling
    environment: Environment
    check: CheckClip
    describe: DescribeClip
    report: Callable[[Job, BaseException], None] = lambda _job, _error: None
    turn: Callable[[str, float], Turn] = _always
    cpu: Callable[[], float] = time.thread_time
    is_stopping: Callable[[], bool] = lambda: False
