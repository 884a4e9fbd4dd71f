"""Where an image check's CPU time goes: clocks around the real functions, in one process on the server's data."""

import multiprocessing as mp
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import numpy as np

from benchmarks.common.drawn_references import FIRST_SEED
from benchmarks.service.images import image_of
from index.comparison import matching
from index.frames import query_frame as query_frames
from index.pictures import Purpose, describe_in_process, describing
from index.windows import TRIGGER_BITS, AreaPlane
from index.windows import choosing as anchored
from registry.bootstrap import Container
from registry.cli import local_actor, open_local
from registry.config import Settings
from registry.domain import Actor, Family
from registry.indexing import Indexes
from registry.matching import frames as matching_sights
from registry.matching import question_of
from registry.storage.codes import SqlCandidates
from registry.storage.rows import SqlChecks
from registry.usecases.checks import check_upload

ROUNDS: Final = 4  # in which each image is timed
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
    "keeping the check",
    "use case: rest",
)
_FAMILIES: Final = {Family.WHOLE: "whole", Family.ANCHORED: "anchored", Family.FRAMES: "frames"}
_CLOCKED: Final = (
    (describing, "matching_plane", "decode"),
    (describing, "look", "whole codes"),
    (AreaPlane, "of", "area plane"),
    (anchored, "choose_windows", "windows: detect"),
    (query_frames, "query_windows", "windows: describe"),
    (Indexes, "propose", lambda _self, family, *_: f"look-ups: {_FAMILIES[family]}"),
    (SqlCandidates, "confirm", "confirm: whole"),
    (SqlCandidates, "confirm_windows", lambda _self, _keys, family: f"confirm: {_FAMILIES[family]}"),
    (matching_sights, "triggers_of", "triggers"),
    (matching, "weigh", "evidence"),
    (matching, "rectify", "rectification"),
    (SqlChecks, "add", "keeping the check"),
)
"""What is timed: whose attribute, its name, and the stage, which may depend on the arguments."""


@dataclass(slots=True)
class Stages:
    """CPU milliseconds of each stage of one check after the other, without those of stages within it."""

    checks: list[dict[str, float]] = field(default_factory=list)
    windows: list[int] = field(default_factory=list)
    triggered: list[int] = field(default_factory=list)
    _within: list[float] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Counts what the block takes."""
        self._within.append(0.0)
        began = time.process_time()
        try:
            yield
        finally:
            took = 1000 * (time.process_time() - began)
            self.checks[-1][name] += took - self._within.pop()
            if self._within:
                self._within[-1] += took

    def timed(self, name: str | Callable[..., str], call: Callable[..., Any]) -> Callable[..., Any]:
        """Counts each call; the name may depend on the arguments."""

        def counted(*arguments: Any, **named: Any) -> Any:
            with self.stage(name if isinstance(name, str) else name(*arguments)):
                return call(*arguments, **named)

        return counted

    def clear(self) -> None:
        """Forgets all checks so far."""
        for kept in (self.checks, self.windows, self.triggered):
            kept.clear()

    def cpu_ms(self) -> dict[str, float]:
        """The stages of an average image, each in the round in which it took least."""
        names = dict.fromkeys([*STAGES, *(name for check in self.checks for name in check)])
        took = {name: [check.get(name, 0.0) for check in self.checks] for name in names}
        return {name: float(np.reshape(one, (ROUNDS, -1)).min(axis=0).mean()) for name, one in took.items()}


def stages_of(data: Path, images: list[bytes]) -> Stages:
    """Checks each image in one process on the same data, with one thread for algebra as the sandbox has."""
    with patch.dict(os.environ, {"OPENBLAS_NUM_THREADS": "1"}), mp.get_context("spawn").Pool(1) as pool:
        stages: Stages = pool.apply(_stages_here, (data, images))
    return stages


def _stages_here(data: Path, images: list[bytes]) -> Stages:
    stages = Stages()
    with open_local(Settings(data=data)) as container, ExitStack() as patches:
        container.indexes.begin()
        container.fingerprints.warm_up()
        for owner, name, stage in _CLOCKED:
            patches.enter_context(patch.object(owner, name, stages.timed(stage, getattr(owner, name))))
        actor = local_actor(container)
        _warm_up(container, actor, stages)
        for image in ROUNDS * images:
            _check_here(container, actor, image, stages)
    return stages


def _warm_up(container: Container, actor: Actor, stages: Stages) -> None:
    """Checks pictures like registered ones until every stage has run; raises where one never does.

    A clock around what is no longer called would show its stage as nothing, and its time as another's.
    """
    silent = set(STAGES)
    for seed in range(FIRST_SEED, FIRST_SEED + MAX_WARMING_UP):
        _check_here(container, actor, image_of(seed), stages)
        silent -= stages.checks[-1].keys()
        if not silent:
            stages.clear()
            return
    raise AssertionError(f"nothing is called under the clocks of: {', '.join(sorted(silent))}")


def _check_here(container: Container, actor: Actor, image: bytes, stages: Stages) -> None:
    stages.checks.append(defaultdict(float))
    with stages.stage("sandbox: parent"):
        container.fingerprints.describe(image, Purpose.CHECK)
    with stages.stage("describing: rest"):
        fingerprint = describe_in_process(image, Purpose.CHECK)
    windows = fingerprint.query_frames[0].windows
    with stages.stage("use case: rest"):
        check_upload(question_of(fingerprint), actor=actor, services=container.check_services)
    met = container.indexes.follower(Family.ANCHORED).propose(windows.codes, TRIGGER_BITS)
    stages.windows.append(len(windows))
    stages.triggered.append(len(matching.triggers_of(met).keys))
