"""Use cases of the operator."""

from registry.usecases.operations.examining import Finding, Severity, examine_faces, worst
from registry.usecases.operations.examining_versions import examine_versions
from registry.usecases.operations.probing import clear_probing, report_probing
from registry.usecases.operations.rotating import rotate_face_keys

__all__ = [
    "Finding",
    "Severity",
    "clear_probing",
    "examine_faces",
    "examine_versions",
    "report_probing",
    "rotate_face_keys",
    "worst",
]
