"""Where a check's CPU time goes: clocks around the real functions, in one thread and one process."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from types import ModuleType
from typing import Any, Final

import index.comparison.matching as matching_module
import index.frames.query_frame as sights_module
import index.pictures.describing as describing_module
from benchmarks.common.registry import Asker, replaced
from index.comparison import Match, Matcher, Registered
from index.errors import IndexingError
from index.pictures import Purpose, describe_in_process
from registry.domain import Family
from registry.errors import RegistryError
from registry.matching import frames as comparing
from registry.matching import question_of
from registry.usecases.checks import check_upload

STAGES: Final = (
    "decode",
    "whole_codes",
    "windows",
    "lookup_whole",
    "lookup_windows",
    "verification",
    "rectification",
    "database",
    "other",
)

_CLOCKED: Final[tuple[tuple[ModuleType, str, str], ...]] = (
    (describing_module, "matching_plane", "decode"),
    (describing_module, "later_planes", "decode"),
    (describing_module, "look", "windows"),
    (sights_module, "pdq_dihedral", "whole_codes"),
    (sights_module, "dhash128_dihedral", "whole_codes"),
    (sights_module, "median_filtered_plane", "whole_codes"),
    (sights_module, "pdq", "whole_codes"),
    (sights_module, "dhash128", "whole_codes"),
    (sights_module, "flat_share", "whole_codes"),
    (comparing, "triggers_of", "lookup_windows"),
    (matching_module, "rectify", "rectification"),
)


class Clock:
    """CPU seconds of each stage; what runs within another stage is counted in its own alone."""

    def __init__(self, now: Callable[[], float] = time.process_time) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._now = now
        self._within: list[float] = [0.0]

    def run(self, stage: str, call: Callable[..., Any], *given: Any, **named: Any) -> Any:
        """Calls something as a part of a stage."""
        began = self._now()
        self._within.append(0.0)
        try:
            return call(*given, **named)
        finally:
            took = self._now() - began
            self.seconds[stage] += took - self._within.pop()
            self._within[-1] += took

    def around(self, stage: str) -> Callable[[Any], Any]:
        """Puts the clock around a function."""
        return lambda original: lambda *given, **named: self.run(stage, original, *given, **named)


class _Clocked:
    """Something whose methods are stages; whatever is not named is passed on."""

    def __init__(self, inner: Any, clock: Clock, stages: dict[str, str]) -> None:
        self._inner = inner
        self._clock = clock
        self._stages = stages

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        stage = self._stages.get(name)
        return found if stage is None else self._clock.around(stage)(found)


class _ClockedIndex(_Clocked):
    """The index, each family's look-ups a stage of its own."""

    def propose(self, family: Family, *given: Any) -> Any:
        """Proposes as the index does."""
        stage = "lookup_whole" if family is Family.WHOLE else "lookup_windows"
        return self._clock.run(stage, self._inner.propose, family, *given)


def stage_ms(asker: Asker, uploads: Sequence[bytes]) -> dict[str, float]:
    """Measures CPU milliseconds of one check, stage by stage, and in total."""
    clock = Clock()
    services = asker.parts.check_services
    clocked = replace(
        services,
        index=_ClockedIndex(services.index, clock, {"ready_position": "database"}),
        candidates=_Clocked(
            services.candidates, clock, {"confirm": "database", "confirm_windows": "database"}
        ),
        checks=_Clocked(services.checks, clock, {"add": "database"}),
        budget=_Clocked(services.budget, clock, {"spent": "database"}),
    )

    def ask(data: bytes) -> None:
        question = question_of(describe_in_process(data, Purpose.CHECK))
        check_upload(question, actor=asker.actor, services=clocked)

    class _ClockedMatcher(Matcher):
        """Compares under the clock."""

        def compare(self, registered: Sequence[Registered], *given: Any, **named: Any) -> list[Match]:
            """Compares as `Matcher` does."""
            found: list[Match] = clock.run("verification", super().compare, registered, *given, **named)
            return found

    with ExitStack() as stack:
        for module, name, stage in _CLOCKED:
            stack.enter_context(replaced(module, name, clock.around(stage)))
        stack.enter_context(replaced(comparing, "Matcher", lambda _original: _ClockedMatcher))
        for number, data in enumerate([*uploads[:3], *uploads]):
            if number == min(3, len(uploads)):
                clock.seconds.clear()  # what came before warmed up
            try:
                clock.run("other", ask, data)
            except (IndexingError, RegistryError):
                continue
    figures = {stage: 1000 * clock.seconds[stage] / max(1, len(uploads)) for stage in STAGES}
    return {**figures, "total": sum(figures.values())}
