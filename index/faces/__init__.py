"""Faces: detection, alignment, templates and their engines (design.md section 7). A likeness never blocks by itself."""

from index.faces.engine import Detection, FaceEngine, FaceRefusal, SeenFace, SeenFaces
from index.faces.finder import FaceFinder
from index.faces.library import Library, files_of, makes_same_vectors, open_files, require_installable
from index.faces.looking import look_for_faces
from index.faces.manifest import ID_LENGTH, Alignment, Assurance, Calibration, EngineManifest, ModelFile
from index.faces.manifest_file import MAX_MANIFEST_BYTES, parse_manifest, print_manifest
from index.faces.model_files import require
from index.faces.protection import Rotation
from index.faces.unit import is_unit
from index.faces.wire import EngineSpec, Expected, open_engine, read, request, served

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
    "FaceFinder",
    "FaceRefusal",
    "Library",
    "ModelFile",
    "Rotation",
    "SeenFace",
    "SeenFaces",
    "files_of",
    "is_unit",
    "look_for_faces",
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
