"""What running a job needs (`run_job`)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from index.clip_fingerprint import ClipSource
from index.clips import Progress
from index.verdict import Context
from registry.domain.check import Check
from registry.domain.job import Job
from registry.domain.reference import ReferenceKind
from registry.domain.roles import Actor
from registry.usecases.describe_reference import Draft
from registry.usecases.job_ports import Spooling
from registry.usecases.ports import Checks, Surroundings, Units


class CheckClip(Protocol):
    """Answers about a clip, as `registry.usecases.check_clip` does, and has the check kept under its id."""

    def __call__(
        self,
        source: ClipSource,
        *,
        check_id: str,
        actor: Actor,
        context: Context,
        progress: Progress,
        keep: Callable[[Check], None],
    ) -> Check:
        """Returns the check that `keep` has kept; what `keep` raises passes through."""
        ...


class DescribeClip(Protocol):
    """Describes a clip for registration, as `registry.usecases.describe_clip` does."""

    def __call__(
        self,
        source: ClipSource,
        kind: ReferenceKind,
        *,
        edits: bool,
        exclude: Sequence[tuple[int, int]],
        progress: Progress | None,
    ) -> Draft:
        """Returns what is to be registered."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class JobServices:
    """What jobs need.

    Attributes:
        report: told of an attempt that came to nothing, and why.
        is_stopping: whether the worker must end: it puts back what it has in hand.
    """

    units: Units
    checks: Checks
    spool: Spooling
    surroundings: Surroundings
    check: CheckClip
    describe: DescribeClip
    report: Callable[[Job, BaseException], None] = lambda _job, _error: None
    is_stopping: Callable[[], bool] = lambda: False
