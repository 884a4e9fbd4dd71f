"""Use cases of the operator."""

from registry.usecases.operations.examining import Finding, Severity, examine_faces, worst
from registry.usecases.operations.examining_versions import examine_versions
from registry.usecases.operations.rotating import rotate_face_keys
from registry.usecases.operations.verifying import verify_ledger

__all__ = [
    "Finding",
    "Severity",
    "examine_faces",
    "examine_versions",
    "rotate_face_keys",
    "verify_ledger",
    "worst",
]
