"""CPU time of a check's stages, as `index.stages` names them."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from index.stages import Stage

Naming = Callable[[Stage, str, str], str]
"""From a stage, its part and the name of the stage around it (empty for none) to the name that is reported."""


class Stopwatch:
    """CPU seconds by name. The time of nested stages counts for the inner one only. For one thread.

    An `index.stages.Observer`:

        watch = Stopwatch(naming)
        with observed(watch), watch.measure("other"):
            check_upload(...)
        watch.seconds
    """

    def __init__(self, naming: Naming, now: Callable[[], float] = time.process_time) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._naming = naming
        self._now = now
        self._names: list[str] = []
        self._within = [0.0]

    def enter(self, stage: Stage, part: str, /) -> AbstractContextManager[None]:
        """Return a context whose time counts for the stage's name."""
        around = self._names[-1] if self._names else ""
        return self.measure(self._naming(stage, part, around))

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Count the CPU time of the block, without that of the stages within it."""
        began = self._now()
        self._names.append(name)
        self._within.append(0.0)
        try:
            yield
        finally:
            took = self._now() - began
            self._names.pop()
            self.seconds[name] += took - self._within.pop()
            self._within[-1] += took
