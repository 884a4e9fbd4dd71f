"""Named stages of a check. An observer, such as a benchmark, can time them; without one they cost a look-up each.

Product code marks a stage with `with stage(Stage.RECTIFICATION):`. A benchmark watches one thread or task:

    class Clock:
        @contextmanager
        def enter(self, stage: Stage, part: str) -> Iterator[None]:
            began = time.process_time()
            yield None
            self.seconds[stage, part] += time.process_time() - began

    with observed(Clock()):
        assess(question, ...)

Stages nest: a stage's time includes that of the stages within it, unless the observer subtracts it.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from enum import StrEnum, unique
from typing import Final, Protocol


@unique
class Stage(StrEnum):
    """A stage of a check."""

    DECODING = "decoding"
    """From the file's bytes to luma planes."""
    DESCRIPTION = "description"
    """From one luma plane to a query frame; contains the next four."""
    AREA_PLANE = "area_plane"
    """A luma plane is resized for windows. Happens again in `COMPARISON`, for a frame that triggered anything."""
    WINDOW_CODES = "window_codes"
    """Windows are chosen and coded; contains the next one."""
    WINDOW_DETECTION = "window_detection"
    WHOLE_CODES = "whole_codes"
    """PDQ, dHash-128 and flat share of all of a frame."""
    PROPOSAL = "proposal"
    """The index proposes; the part is the code family's name."""
    TRIGGERS = "triggers"
    """Proposed windows are grouped by reference."""
    CONFIRMATION = "confirmation"
    """The database confirms; the part is the code family's name."""
    COMPARISON = "comparison"
    """References are compared with one frame; contains the next three."""
    LIKELIHOOD = "likelihood"
    RECTIFICATION = "rectification"
    REGIONS = "regions"
    """A match is looked at for replaced regions. Happens outside `COMPARISON` too, for matches of whole codes."""
    TIMELINES = "timelines"
    """Frame hits of one clip are fitted to timelines."""
    PROBES = "probes"
    """The probing budgets are asked."""
    KEEPING = "keeping"
    """The check is stored."""


class Observer(Protocol):
    """Is told of each stage in the thread or task that observes. What it raises ends the work."""

    def enter(self, stage: Stage, part: str, /) -> AbstractContextManager[None]:
        """Return a context that is entered when the stage begins and left when it ends, however it ends."""
        ...


_observer: ContextVar[Observer | None] = ContextVar("observer", default=None)
_UNOBSERVED: Final = nullcontext()


def stage(name: Stage, part: str = "") -> AbstractContextManager[None]:
    """Mark a stage of the work.

    Args:
        name: the stage.
        part: what tells stages of one name apart, such as a code family; empty for most.
    """
    observer = _observer.get()
    return _UNOBSERVED if observer is None else observer.enter(name, part)


@contextmanager
def observed(observer: Observer) -> Iterator[None]:
    """Tell an observer of every stage that this thread or task runs within the block."""
    token = _observer.set(observer)
    try:
        yield
    finally:
        _observer.reset(token)
