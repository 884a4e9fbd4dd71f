"""Use cases that answer platforms."""

from registry.usecases.checks.clips import check_clip
from registry.usecases.checks.deciding import record_decision
from registry.usecases.checks.explaining import explain_check
from registry.usecases.checks.keeping import CheckServices
from registry.usecases.checks.listing import MAX_PAGE as MAX_CHECKS
from registry.usecases.checks.listing import (
    CheckPage,
    ListedCheck,
    label_check,
    list_checks,
    unlabel_check,
)
from registry.usecases.checks.reading import CheckView, read_check
from registry.usecases.checks.uploads import check_upload

__all__ = [
    "MAX_CHECKS",
    "CheckPage",
    "CheckServices",
    "CheckView",
    "ListedCheck",
    "check_clip",
    "check_upload",
    "explain_check",
    "label_check",
    "list_checks",
    "read_check",
    "record_decision",
    "unlabel_check",
]
