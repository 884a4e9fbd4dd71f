"""Small networks with the shape of real ones, made by the tests and never trained on a face."""

import hashlib
from dataclasses import replace

import numpy as np

from index.faces.dlib.onnx_writing import FLOAT, Graph
from index.faces.engine.manifest import (
    Alignment,
    Assurance,
    Calibration,
    EngineManifest,
    FaceGates,
    ModelFile,
)

CELL = 32
"""Pixels of a made-up face: white above, black below."""
DIMENSION = 48

# Right and left eye, nose, right and left corner of the mouth, as shares of the face's box.
POINTS = np.array([[0.34, 0.46], [0.66, 0.46], [0.5, 0.64], [0.37, 0.82], [0.63, 0.82]], np.float32)


def detector() -> bytes:
    """YuNet's outputs: cells of 32 pixels whose upper half is bright and whose lower half is dark are faces."""
    graph = Graph("detector")
    graph.takes("input", FLOAT, (1, 3, 640, 640))
    upper = np.zeros((1, 3, CELL, CELL), np.float32)
    upper[:, :, : CELL // 2] = 1
    upper[:, :, CELL // 2 :] = -1
    upper /= 3 * CELL * CELL / 2 * 255
    for stride in (8, 16, 32):
        weight = upper if stride == CELL else np.zeros((1, 3, stride, stride), np.float32)
        for name in ("cls", "obj"):
            _head(graph, f"{name}_{stride}", stride, weight, [0.0])
        _head(graph, f"bbox_{stride}", stride, np.zeros((4, 3, stride, stride), np.float32), [0.5, 0.5, 0, 0])
        _head(graph, f"kps_{stride}", stride, np.zeros((10, 3, stride, stride), np.float32), POINTS.ravel())
    return graph.model()


def embedder(*, batch="batch", dimension=DIMENSION, side=112, zero=False) -> bytes:
    """The mean levels of 4 x 4 fields in three colours; takes one chip at a time, or any number."""
    graph = Graph("embedder")
    graph.takes("data", FLOAT, (batch, 3, side, side))
    fields = graph.node("AveragePool", ("data",), "fields", {"kernel_shape": (28, 28), "strides": (28, 28)})
    if zero:
        nothing = graph.constant("nothing", np.zeros(1, np.float32))
        fields = graph.node("Mul", (fields, nothing), "zero")
    graph.node("Flatten", (fields,), "fc1", {"axis": 1})
    graph.gives("fc1", FLOAT, (batch, dimension))
    return graph.model()


def model_file(name: str, data: bytes, url=None) -> ModelFile:
    """Tells what a manifest says of a file."""
    return ModelFile(name=name, sha256=hashlib.sha256(data).digest(), size=len(data), url=url)


def manifest(*, engine="made-1", found=None, described=None, **changes) -> EngineManifest:
    """An engine of these networks."""
    made = EngineManifest(
        id=engine,
        title="Networks made by the tests",
        licence="Apache-2.0",
        licence_url="https://example.org/licence",
        assurance=Assurance.STANDARD,
        dimension=DIMENSION,
        alignment=Alignment.ARCFACE_112,
        detector=model_file("detector.onnx", found or detector()),
        embedder=model_file("embedder.onnx", described or embedder()),
        gates=FaceGates(min_side_px=20.0, min_score=0.6, min_sharpness=0.0),
        calibration=None,
    )
    return replace(made, **changes)


def calibration(cosine=0.4) -> Calibration:
    """What somebody measured."""
    return Calibration(
        cosine=cosine,
        far=1e-4,
        far_low=5e-5,
        far_high=2e-4,
        far_by_group=(("East-Asian names", 2e-4, 1e-4, 4e-4),),
        tar=0.9,
        evidence="Made up by a test.",
    )


def write_sources(folder, made=None):
    """Writes the two files, and returns them by name."""
    paths = {"detector.onnx": folder / "d.bin", "embedder.onnx": folder / "e.bin"}
    paths["detector.onnx"].write_bytes(detector())
    paths["embedder.onnx"].write_bytes(embedder())
    return paths


def face_at(picture, column, row, size=CELL):
    """Draws a made-up face whose upper left pixel is at a column and row."""
    picture[row : row + size // 2, column : column + size] = 255
    picture[row + size // 2 : row + size, column : column + size] = 0


def grey(height=640, width=640):
    """A picture without faces."""
    return np.full((height, width, 3), 128, np.uint8)


def _head(graph, name, stride, weight, bias):
    kernel = graph.constant(f"{name}.weight", weight)
    offset = graph.constant(f"{name}.bias", np.asarray(bias, np.float32))
    sides = {"kernel_shape": (stride, stride), "strides": (stride, stride)}
    plane = graph.node("Conv", ("input", kernel, offset), f"{name}.plane", sides)
    rows = graph.node("Transpose", (plane,), f"{name}.rows", {"perm": (0, 2, 3, 1)})
    shape = graph.constant(f"{name}.shape", np.array([1, -1, weight.shape[0]], np.int64))
    graph.node("Reshape", (rows, shape), name)
    graph.gives(name, FLOAT, (1, (640 // stride) ** 2, weight.shape[0]))
