"""Time of each stage of finding and describing faces, and of dlib's network converted to ONNX against the original."""

import importlib.util
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

import cv2
import numpy as np

from index.arrays import U8
from index.errors import EngineUnavailable
from index.faces import FaceEngine
from index.faces.dlib import INPUT, OUTPUT, network_bytes, open_network

SIDES: Final = (640, 1280)  # pixels of the longer side
STAGES: Final = ("detect", "align", "embed")

_CHIPS: Final = 64
_BATCH: Final = 16
_ROUNDS: Final = 3
"""Rounds of each network in turn. The fastest round counts, because other processes use the machine too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Native:
    """The converted network compared with dlib's own, on the same aligned faces and one processor.

    Attributes:
        chips: number of faces.
        native_ms, converted_ms: CPU milliseconds per face, without its mirror image.
        max_difference: largest difference of any component of any vector.
    """

    chips: int
    native_ms: float
    converted_ms: float
    max_difference: float

    @property
    def speedup(self) -> float:
        """Speed of the converted network relative to dlib's own."""
        return self.native_ms / self.converted_ms


def stage_ms(engine: FaceEngine, pictures: Sequence[U8]) -> dict[str, dict[str, float]]:
    """Measure median CPU milliseconds of each stage and their sum, by the pictures' longer side."""
    found = {}
    for side in SIDES:
        took: dict[str, list[float]] = {stage: [] for stage in STAGES}
        for picture in pictures:
            scale = side / max(picture.shape[:2])
            size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
            shown = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC), np.uint8)
            faces, seconds = _timed(partial(engine.detect, shown))
            took["detect"].append(seconds)
            # One face, as in most pictures: each further face costs as much again.
            chips, seconds = _timed(partial(engine.chips, shown, faces[:1]))
            took["align"].append(seconds)
            if faces:
                took["embed"].append(_timed(partial(engine.embed, chips))[1])
        figures = {stage: 1000 * median(seconds or [0.0]) for stage, seconds in took.items()}
        found[str(side)] = {**figures, "total": sum(figures.values())}
    return found


def compare_native(folder: Path, chips: U8) -> Native:
    """Describe faces with dlib itself and with the converted network.

    Args:
        folder: folder of the converted network.
        chips: uint8 [n, 150, 150, 3].

    Raises:
        EngineUnavailable: A package is not installed.
    """
    import dlib  # noqa: PLC0415 - belongs to an extra, and is heavy

    chips = chips[:_CHIPS]
    model = dlib.face_recognition_model_v1(str(_native_path()))
    session = open_network(network_bytes(folder))
    ways: dict[str, Callable[[], Any]] = {
        "one by one": lambda: [model.compute_face_descriptor(chip) for chip in chips],
        "together": lambda: model.compute_face_descriptor(list(chips)),
        "converted": lambda: np.concatenate(
            [
                session.run([OUTPUT], {INPUT: chips[at : at + _BATCH]})[0]
                for at in range(0, len(chips), _BATCH)
            ]
        ),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    vectors = {}
    for _ in range(_ROUNDS):
        for name, way in ways.items():
            made, took = _timed(way)
            vectors[name] = np.array(made, np.float64)
            seconds[name].append(took)
    fastest = {name: 1000 * min(took) / len(chips) for name, took in seconds.items()}
    return Native(
        chips=len(chips),
        native_ms=min(fastest["one by one"], fastest["together"]),
        converted_ms=fastest["converted"],
        max_difference=float(np.abs(vectors["one by one"] - vectors["converted"]).max()),
    )


def _native_path() -> Path:
    spec = importlib.util.find_spec("face_recognition_models")
    if spec is None or not spec.submodule_search_locations:
        raise EngineUnavailable("the package face_recognition_models is not installed (extra: faces)")
    return Path(spec.submodule_search_locations[0]) / "models" / "dlib_face_recognition_resnet_model_v1.dat"


def _timed(call: Callable[[], Any]) -> tuple[Any, float]:
    began = time.process_time()
    made = call()
    return made, time.process_time() - began
