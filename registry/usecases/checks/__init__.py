"""Use cases that answer platforms."""

from registry.usecases.checks.clips import check_clip
from registry.usecases.checks.deciding import record_decision
from registry.usecases.checks.explaining import explain_check
from registry.usecases.checks.keeping import CheckServices
from registry.usecases.checks.reading import CheckView, read_check
from registry.usecases.checks.uploads import check_upload

__all__ = [
    "CheckServices",
    "CheckView",
    "check_clip",
    "check_upload",
    "explain_check",
    "read_check",
    "record_decision",
]
