"""Find and describe faces, and manage the engines that do so. A likeness alone never blocks an upload."""

from index.faces.describing import describe_faces
from index.faces.engine import (
    ID_LENGTH,
    Alignment,
    Assurance,
    Calibration,
    Detection,
    EngineManifest,
    FaceEngine,
    FaceRefusal,
    ModelFile,
    SeenFace,
    SeenFaces,
    is_unit,
    require,
)
from index.faces.library import Library, files_of, makes_same_vectors, open_files, require_installable
from index.faces.manifest_file import MAX_MANIFEST_BYTES, parse_manifest, print_manifest
from index.faces.rotation import Rotation
from index.faces.wire import EngineSpec, Expected, open_engine, read, request, served
from index.faces.worker_pool import FaceWorkerPool

__all__ = [
    "ID_LENGTH",
    "MAX_MANIFEST_BYTES",
    "Alignment",
    "Assurance",
    "Calibration",
    "Detection",
    "EngineManifest",
    "EngineSpec",
    "Expected",
    "FaceEngine",
    "FaceRefusal",
    "FaceWorkerPool",
    "Library",
    "ModelFile",
    "Rotation",
    "SeenFace",
    "SeenFaces",
    "describe_faces",
    "files_of",
    "is_unit",
    "makes_same_vectors",
    "open_engine",
    "open_files",
    "parse_manifest",
    "print_manifest",
    "read",
    "request",
    "require",
    "require_installable",
    "served",
]
