"""What running a job needs (`run_job`)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from index.clips import Progress
from index.sandbox import ClipSource
from index.verdict import Context, ReferenceKind
from registry.domain import Actor, Check, Draft, Job
from registry.ports import Checks, Environment, Spooling, Units


class CheckClip(Protocol):
    """Answers about a clip, as `registry.usecases.checks.clips` does, and has the check kept under its id."""

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
    """Describes a clip for registration, as `registry.usecases.enrolment.describe_clip` does."""

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
    environment: Environment
    check: CheckClip
    describe: DescribeClip
    report: Callable[[Job, BaseException], None] = lambda _job, _error: None
    is_stopping: Callable[[], bool] = lambda: False
