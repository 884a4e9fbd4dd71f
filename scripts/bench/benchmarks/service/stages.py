"""CPU time of an image check by stage, in one process on the server's data."""

import multiprocessing as mp
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from unittest.mock import patch

import numpy as np

from benchmarks.common.drawn_references import FIRST_SEED
from benchmarks.common.stopwatch import Stopwatch
from benchmarks.service.images import image_of
from index.comparison import triggers_of
from index.pictures import Purpose, describe_in_process
from index.stages import Stage, observed
from index.windows import PROPOSED_BITS
from registry.bootstrap import Container
from registry.cli.backends import local_actor, open_local
from registry.config import Settings
from registry.domain import Actor, Family
from registry.matching import question_of
from registry.usecases.checks import check_upload

ROUNDS: Final = 4
"""Number of times that each image is timed."""

MAX_WARMING_UP: Final = 8
"""Pictures like registered ones, tried until every stage has run: a small registry may not hold the first of them."""

STAGES: Final = (
    "sandbox: parent",
    "decode",
    "area plane",
    "windows: detect",
    "windows: describe",
    "whole codes",
    "describing: rest",
    "look-ups: whole",
    "look-ups: anchored",
    "triggers",
    "confirm: whole",
    "confirm: anchored",
    "evidence",
    "rectification",
    "regions",
    "probing budgets",
    "keeping the check",
    "use case: rest",
)

_NAMES: Final = {
    Stage.DECODING: "decode",
    Stage.DESCRIPTION: "whole codes",
    Stage.AREA_PLANE: "area plane",
    Stage.WINDOW_CODES: "windows: describe",
    Stage.WINDOW_DETECTION: "windows: detect",
    Stage.WHOLE_CODES: "whole codes",
    Stage.PROPOSAL: "look-ups: {part}",
    Stage.TRIGGERS: "triggers",
    Stage.CONFIRMATION: "confirm: {part}",
    Stage.LIKELIHOOD: "evidence",
    Stage.RECTIFICATION: "rectification",
    Stage.REGIONS: "regions",
    Stage.PROBES: "probing budgets",
    Stage.KEEPING: "keeping the check",
}


_FAMILIES: Final = {
    Family.WHOLE.value: "whole",
    Family.ANCHORED.value: "anchored",
    Family.FRAMES.value: "frames",
    Family.FRAME_WHOLE.value: "frames, whole",
}


def _name_of(stage: Stage, part: str, _around: str) -> str:
    return _NAMES.get(stage, "use case: rest").format(part=_FAMILIES.get(part, part))


@dataclass(slots=True)
class Stages:
    """CPU milliseconds of each stage for each check, without the time of stages within it."""

    checks: list[dict[str, float]] = field(default_factory=list)
    windows: list[int] = field(default_factory=list)
    triggered: list[int] = field(default_factory=list)

    def clear(self) -> None:
        """Forget all checks so far."""
        for kept in (self.checks, self.windows, self.triggered):
            kept.clear()

    def cpu_ms(self) -> dict[str, float]:
        """Return the mean over images of each stage, each image in the round in which the stage took least."""
        names = dict.fromkeys([*STAGES, *(name for check in self.checks for name in check)])
        took = {name: [check.get(name, 0.0) for check in self.checks] for name in names}
        return {name: float(np.reshape(one, (ROUNDS, -1)).min(axis=0).mean()) for name, one in took.items()}


def stages_of(data: Path, images: list[bytes]) -> Stages:
    """Check each image in one process on the same data, with one thread for algebra as the sandbox has."""
    with patch.dict(os.environ, {"OPENBLAS_NUM_THREADS": "1"}), mp.get_context("spawn").Pool(1) as pool:
        stages: Stages = pool.apply(_stages_here, (data, images))
    return stages


def _stages_here(data: Path, images: list[bytes]) -> Stages:
    stages = Stages()
    with open_local(Settings(data=data)) as container:
        container.indexes.begin()
        container.fingerprints.warm_up()
        actor = local_actor(container)
        _warm_up(container, actor, stages)
        for image in ROUNDS * images:
            _check_here(container, actor, image, stages)
    return stages


UNSEEN: Final = frozenset({"regions"})
"""Stages that drawn references never reach: they are stored without regional signatures."""


def _warm_up(container: Container, actor: Actor, stages: Stages) -> None:
    """Check pictures like registered ones until every stage has run; raise where a stage never does.

    A stage that the product no longer marks would show no time, and its time would count for another stage.
    """
    silent = set(STAGES) - UNSEEN
    for seed in range(FIRST_SEED, FIRST_SEED + MAX_WARMING_UP):
        _check_here(container, actor, image_of(seed), stages)
        silent -= stages.checks[-1].keys()
        if not silent:
            stages.clear()
            return
    raise RuntimeError(f"these stages never ran: {', '.join(sorted(silent))}")


def _check_here(container: Container, actor: Actor, image: bytes, stages: Stages) -> None:
    watch = Stopwatch(_name_of)
    with watch.measure("sandbox: parent"):
        container.fingerprints.describe(image, Purpose.CHECK)
    with observed(watch), watch.measure("describing: rest"):
        fingerprint = describe_in_process(image, Purpose.CHECK)
    with observed(watch), watch.measure("use case: rest"):
        check_upload(question_of(fingerprint), actor=actor, services=container.check_services)
    windows = fingerprint.query_frames[0].windows
    met = container.indexes.follower(Family.ANCHORED).propose(windows.codes, PROPOSED_BITS)
    stages.checks.append({name: 1000 * seconds for name, seconds in watch.seconds.items()})
    stages.windows.append(len(windows))
    stages.triggered.append(len(triggers_of(met).keys))
