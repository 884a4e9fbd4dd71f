"""An engine of two ONNX files: YuNet finds faces, and a network for ArcFace's aligned chips describes them.

The embedder's contract: one input float32 [batch or 1, 3, 112, 112], one output float32 [batch or 1, dimension]. The
shapes that a file declares are not trusted: the network is tested when it is opened.
"""

from typing import Any, Final

import numpy as np
import onnxruntime

from index.arrays import F32, U8
from index.errors import ModelDamaged
from index.faces.engine import TEMPLATES, Detection, EngineManifest, aligned, of_unit_length
from index.faces.yunet import YuNet

_BATCH: Final = 16
"""Maximum number of chips per run of the network. More would only cost memory."""
_LAYOUT: Final = 4  # batch, colour, row, column
_WITHIN: Final = 1e-3
"""Maximum difference of a unit vector between a run alone and a run in a batch."""
_SILENT: Final = 4  # onnxruntime's severity level: fatal errors only

# onnxruntime's own classes have no base but `Exception`. Errors of its Python code are ValueError or RuntimeError.
_RUNTIME_ERRORS: Final[tuple[type[Exception], ...]] = (
    *(
        kind
        for kind in vars(onnxruntime.capi.onnxruntime_pybind11_state).values()
        if isinstance(kind, type) and issubclass(kind, Exception)
    ),
    ValueError,
    RuntimeError,
)


class OnnxEngine:
    """YuNet and an embedder, as an `index.faces.engine.FaceEngine`. One thread at a time.

    Args:
        manifest: a manifest with ArcFace's alignment and a detector.
        detector: verified content of the detector's file.
        embedder: verified content of the embedder's file.

    Raises:
        ModelDamaged: one of the files does not match the manifest.
    """

    def __init__(self, manifest: EngineManifest, *, detector: bytes, embedder: bytes) -> None:
        self._manifest = manifest
        self._side = TEMPLATES[manifest.alignment].side
        self._yunet = YuNet(detector, sure=manifest.gates.min_score)
        self._session = _session(embedder)
        self._input = _input_name(self._session, self._side)
        self._batch = self._tried()

    @property
    def manifest(self) -> EngineManifest:
        """The engine's manifest."""
        return self._manifest

    def detect(self, picture: U8) -> tuple[Detection, ...]:
        """Find the faces of an upright picture, uint8 [height, width, 3] (RGB), the largest first."""
        return self._yunet.detect(picture)

    def chips(self, picture: U8, detections: tuple[Detection, ...]) -> U8:
        """Align faces: uint8 [n, 112, 112, 3] (RGB)."""
        points = np.array([face.points for face in detections], np.float32).reshape(-1, 5, 2)
        return aligned(picture, points, self._manifest.alignment)

    def embed(self, chips: U8) -> F32:
        """Describe aligned faces: float32 [n, dimension], rows of unit length, NaN for a face that cannot be described.

        The descriptions of a face and of its mirror image are added, because both show the same person.
        """
        both = self._described(chips) + self._described(chips[:, :, ::-1])
        return of_unit_length(both).astype(np.float32)

    def _described(self, chips: U8) -> F32:
        vectors = np.empty((len(chips), self._manifest.dimension), np.float32)
        for start in range(0, len(chips), self._batch):
            part = slice(start, min(start + self._batch, len(chips)))
            vectors[part] = self._run(chips[part])
        return vectors

    def _run(self, chips: U8) -> F32:
        colours = chips[..., ::-1] if self._manifest.bgr else chips
        levels = (colours.astype(np.float32) - self._manifest.input_mean) * self._manifest.input_scale
        planes = np.ascontiguousarray(levels.transpose(0, 3, 1, 2), np.float32)
        outputs = self._session.run(None, {self._input: planes})
        return np.asarray(outputs[0], np.float32)

    def _tried(self) -> int:
        """Describe two made-up chips one by one and together. Return the maximum batch size."""
        chips = np.zeros((2, self._side, self._side, 3), np.uint8)
        chips[0] = np.arange(self._side, dtype=np.uint8)[:, None, None]
        chips[1] = 255 - 2 * np.arange(self._side, dtype=np.uint8)[None, :, None]
        single = [self._asked(chips[row : row + 1]) for row in range(2)]
        wanted = (1, self._manifest.dimension)
        if any(vector is None or vector.shape != wanted for vector in single):
            raise ModelDamaged("the embedder's output has not the dimension that the manifest says")
        alone = of_unit_length(np.concatenate([vector for vector in single if vector is not None]))
        if not np.isfinite(alone).all():
            raise ModelDamaged("the embedder's output is no description")
        together = self._asked(chips)
        if together is None or together.shape != alone.shape:
            return 1
        return _BATCH if np.abs(of_unit_length(together) - alone).max() <= _WITHIN else 1

    def _asked(self, chips: U8) -> F32 | None:
        """Run the network. Return None if onnxruntime refuses, as for a batch larger than the file allows."""
        try:
            return self._run(chips)
        except _RUNTIME_ERRORS:
            return None


def _session(model: bytes) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = _SILENT
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except _RUNTIME_ERRORS as error:
        raise ModelDamaged("the embedder is no network that onnxruntime can run") from error


def _input_name(session: Any, side: int) -> str:
    inputs, outputs = session.get_inputs(), session.get_outputs()
    if len(inputs) != 1 or len(outputs) != 1:
        raise ModelDamaged("the embedder must have one input and one output")
    shape = inputs[0].shape
    is_wanted = len(shape) == _LAYOUT and all(
        not isinstance(size, int) or size in allowed
        for size, allowed in zip(shape, ((1,), (3,), (side,), (side,)), strict=True)
    )
    if not is_wanted or inputs[0].type != "tensor(float)":
        raise ModelDamaged(f"the embedder's input must be float [batch, 3, {side}, {side}]")
    return str(inputs[0].name)
