"""CPU time of a check by stage, in one thread and one process."""

import time
from collections.abc import Sequence
from typing import Final

from benchmarks.common.registry import MeasuredRegistry
from benchmarks.common.stopwatch import Stopwatch
from index.errors import IndexingError
from index.pictures import Purpose, describe_in_process
from index.stages import Stage, observed
from registry.domain import Family
from registry.errors import RegistryError
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
    "regions",
    "database",
    "other",
)

WARM_UP: Final = 3
"""Uploads that are checked before anything is counted."""

_NAMES: Final = {
    Stage.DECODING: "decode",
    Stage.DESCRIPTION: "windows",
    Stage.WINDOW_CODES: "windows",
    Stage.WINDOW_DETECTION: "windows",
    Stage.WHOLE_CODES: "whole_codes",
    Stage.TRIGGERS: "lookup_windows",
    Stage.COMPARISON: "verification",
    Stage.LIKELIHOOD: "verification",
    Stage.RECTIFICATION: "rectification",
    Stage.REGIONS: "regions",
    Stage.CONFIRMATION: "database",
    Stage.PROBES: "database",
    Stage.KEEPING: "database",
}


def _name_of(stage: Stage, part: str, around: str) -> str:
    if stage is Stage.PROPOSAL:
        return "lookup_whole" if part == Family.WHOLE.value else "lookup_windows"
    if stage is Stage.AREA_PLANE:
        return around  # made for the windows of a frame, and again for its comparison
    return _NAMES.get(stage, "other")


def stage_ms(registry: MeasuredRegistry, uploads: Sequence[bytes]) -> dict[str, float]:
    """Measure CPU milliseconds of one check, by stage and in total."""
    watch = Stopwatch(_name_of, time.process_time)
    for data in uploads[:WARM_UP]:
        _check(registry, data, Stopwatch(_name_of))
    for data in uploads:
        _check(registry, data, watch)
    figures = {stage: 1000 * watch.seconds[stage] / max(1, len(uploads)) for stage in STAGES}
    return {**figures, "total": sum(figures.values())}


def _check(registry: MeasuredRegistry, data: bytes, watch: Stopwatch) -> None:
    """Check an upload as the product does; a refused one counts with the time that it took."""
    services = registry.parts.check_services
    with observed(watch), watch.measure("other"):
        try:
            question = question_of(describe_in_process(data, Purpose.CHECK))
            check_upload(question, actor=registry.actor, services=services)
        except (IndexingError, RegistryError):
            return
