"""The files of the built-in engine: located, converted once, stored, and verified whenever they are opened.

1. dlib's network and its five-point model are located in `face_recognition_models`, which is never imported. They are
   compared with their known SHA-256, because a damaged five-point model would silently align every face wrongly.
2. The conversion gives the same bytes everywhere, so the converted file has a known SHA-256 too. An absent or damaged
   file is made again: draft, fsync, rename, fsync of the folder. Several processes may do so at the same time.
3. The opened network describes one made-up chip, and the result must be that of dlib.
"""

import hashlib
import importlib.util
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from index.arrays import U8
from index.errors import EngineUnavailable, ModelDamaged
from index.faces.dlib.format import read_network
from index.faces.dlib.manifest import NETWORK_NAME, NETWORK_SHA256
from index.faces.dlib.network import INPUT, OUTPUT, written_as_onnx
from index.faces.engine import write_settled
from index.resources import sync_folder

if TYPE_CHECKING:
    import onnxruntime

SIDE: Final = 150
"""Side of a chip, in pixels."""

_PACKAGE: Final = "face_recognition_models"
_SOURCE: Final = "dlib_face_recognition_resnet_model_v1.dat"
_SOURCE_SHA256: Final = bytes.fromhex("55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30")
_LANDMARKS: Final = "shape_predictor_5_face_landmarks.dat"
_LANDMARKS_SHA256: Final = bytes.fromhex("c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888")

_KNOWN: Final = (-0.048624, 0.077317, 0.048537, -0.004521, -0.050621, -0.089746, -0.068161, -0.023536)
"""The first numbers of dlib 20.0.1's own description of `made_up_chip`."""
_KNOWN_WITHIN: Final = 1e-4


def landmarks_path() -> Path:
    """Return the path of dlib's model of five facial landmarks, after checking its SHA-256.

    Raises:
        EngineUnavailable: The package that contains the model is not installed.
        ModelDamaged: The file is not the expected model: its SHA-256 differs.
    """
    path = _models() / _LANDMARKS
    _checked(path, _LANDMARKS_SHA256)
    return path


def network_bytes(folder: Path) -> bytes:
    """Return the converted network from `folder`. Make it first if it is absent or damaged.

    Raises:
        EngineUnavailable: The package with dlib's network is not installed, or the folder cannot be written.
        ModelDamaged: The file of dlib's network is not the expected one: its SHA-256 differs.
    """
    path = folder / NETWORK_NAME
    try:
        kept = path.read_bytes()
    except FileNotFoundError:
        kept = b""
    except OSError:
        raise EngineUnavailable("the face engine's folder cannot be read") from None
    if _sha256(kept) == NETWORK_SHA256:
        return kept
    made = written_as_onnx(read_network(_checked(_models() / _SOURCE, _SOURCE_SHA256)))
    if _sha256(made) != NETWORK_SHA256:
        raise ModelDamaged("the conversion of dlib's network gave another file than it should")
    try:
        _write(path, made)
    except OSError:
        raise EngineUnavailable("the face engine's folder cannot be written") from None
    return made


def open_network(model: bytes) -> "onnxruntime.InferenceSession":
    """Open the converted network on one thread, and test it with the made-up chip.

    Raises:
        ModelDamaged: The network does not load, or does not describe the chip as dlib does.
    """
    import onnxruntime  # noqa: PLC0415 - belongs to an extra, and `network_bytes` does not need it

    options = onnxruntime.SessionOptions()
    # The pool of workers already uses all cores, so more threads per worker would only wait for each other.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        (vectors,) = session.run([OUTPUT], {INPUT: made_up_chip()[np.newaxis]})
    except Exception:  # noqa: BLE001 - onnxruntime's own errors have no common base, and their texts name paths
        raise ModelDamaged("the face network cannot be opened") from None
    if not np.allclose(vectors[0, : len(_KNOWN)], _KNOWN, rtol=0, atol=_KNOWN_WITHIN):
        raise ModelDamaged("the face network does not describe the known face as it should")
    return session


def made_up_chip() -> U8:
    """Draw the chip of the self-check: ramps and their product, uint8 [150, 150, 3]."""
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    planes = (columns + rows, (3 * columns + rows) // 2, columns * rows // 89)
    return (np.stack(planes, axis=-1) % 256).astype(np.uint8)


def _models() -> Path:
    # Do not import the package: it needs pkg_resources, which newer setuptools no longer contain.
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise EngineUnavailable("the package face_recognition_models is not installed (extra: faces)")
    return Path(found.submodule_search_locations[0]) / "models"


def _checked(path: Path, sha256: bytes) -> bytes:
    try:
        data = path.read_bytes()
    except OSError:
        raise EngineUnavailable("a file of face_recognition_models cannot be read") from None
    if _sha256(data) != sha256:
        raise ModelDamaged("a file of face_recognition_models is not the one that is known")
    return data


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        write_settled(draft, data)
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
