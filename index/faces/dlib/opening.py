"""Open the built-in engine. dlib and onnxruntime are loaded here, on demand: they belong to an optional extra."""

from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import EngineUnavailable

if TYPE_CHECKING:
    from index.faces.engine import FaceEngine


def open_default(folder: Path, *, centred: bool = True) -> "FaceEngine":
    """Open the built-in engine.

    Args:
        folder: Folder of the converted network. The folder and the network are made if they do not exist.
        centred: False for the network's own vectors, from which the centring is made.

    Raises:
        EngineUnavailable: The extra `faces` is not installed, or the folder cannot be used.
        ModelDamaged: A file is not the known one, or the self-check failed.
    """
    try:
        from index.faces.dlib.engine import DlibEngine  # noqa: PLC0415 - dlib and onnxruntime belong to an extra
    except ImportError:
        raise EngineUnavailable("dlib-bin or onnxruntime is not installed (extra: faces)") from None
    return DlibEngine.open(folder, centred=centred)
