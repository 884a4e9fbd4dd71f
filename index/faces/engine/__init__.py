"""The contract of a face engine, its manifest, and shared tools: alignment, and detection in several views."""

from index.faces.engine.alignment import TEMPLATES, aligned
from index.faces.engine.contract import (
    MAX_FACES,
    Detection,
    FaceEngine,
    FaceRefusal,
    SeenFace,
    SeenFaces,
    is_unit,
    of_unit_length,
)
from index.faces.engine.manifest import (
    ID_LENGTH,
    Alignment,
    Assurance,
    Calibration,
    EngineManifest,
    FaceGates,
    ModelFile,
)
from index.faces.engine.model_files import copy_verified, read_verified, require, write_settled
from index.faces.engine.views import (
    best_score,
    detect_framed,
    detect_in_views,
    detect_scaled,
    scale_to_fit,
    turned_back,
)

__all__ = [
    "ID_LENGTH",
    "MAX_FACES",
    "TEMPLATES",
    "Alignment",
    "Assurance",
    "Calibration",
    "Detection",
    "EngineManifest",
    "FaceEngine",
    "FaceGates",
    "FaceRefusal",
    "ModelFile",
    "SeenFace",
    "SeenFaces",
    "aligned",
    "best_score",
    "copy_verified",
    "detect_framed",
    "detect_in_views",
    "detect_scaled",
    "is_unit",
    "of_unit_length",
    "read_verified",
    "require",
    "scale_to_fit",
    "turned_back",
    "write_settled",
]
