"""Use cases about cases."""

from registry.usecases.cases.breaking_glass import Grant, break_glass, read_by_grant
from registry.usecases.cases.erasing import Eraser
from registry.usecases.cases.expiring import ExpiryReason, expire_within, renew_case
from registry.usecases.cases.exporting import CaseExport, export_case
from registry.usecases.cases.journaling import JournalKeeper
from registry.usecases.cases.labelling import label_case, unlabel_case
from registry.usecases.cases.linking import link_cases, list_links, unlink_cases
from registry.usecases.cases.listing import MAX_PAGE, CasePage, list_cases
from registry.usecases.cases.opening import (
    Opened,
    OpenedWithReference,
    open_case,
    open_within,
    require_may_open,
)
from registry.usecases.cases.reading import CaseView, read_case
from registry.usecases.cases.reading_erasure import ErasureView, read_erasure
from registry.usecases.cases.retaining import RetentionKeeper, hear_of, list_notices
from registry.usecases.cases.suspending import (
    Moved,
    ResumptionReason,
    SuspensionReason,
    resume_case,
    suspend_case,
)
from registry.usecases.cases.verifying import Statement, Verified, cases_below, verify_case
from registry.usecases.cases.withdrawing import Withdrawn, withdraw, withdraw_within
from registry.usecases.cases.withdrawing_consent import (
    ConsentWithdrawn,
    list_consents,
    withdraw_consent,
    withdraw_consent_within,
)

__all__ = [
    "MAX_PAGE",
    "CaseExport",
    "CasePage",
    "CaseView",
    "ConsentWithdrawn",
    "Eraser",
    "ErasureView",
    "ExpiryReason",
    "Grant",
    "JournalKeeper",
    "Moved",
    "Opened",
    "OpenedWithReference",
    "ResumptionReason",
    "RetentionKeeper",
    "Statement",
    "SuspensionReason",
    "Verified",
    "Withdrawn",
    "break_glass",
    "cases_below",
    "expire_within",
    "export_case",
    "hear_of",
    "label_case",
    "link_cases",
    "list_cases",
    "list_consents",
    "list_links",
    "list_notices",
    "open_case",
    "open_within",
    "read_by_grant",
    "read_case",
    "read_erasure",
    "renew_case",
    "require_may_open",
    "resume_case",
    "suspend_case",
    "unlabel_case",
    "unlink_cases",
    "verify_case",
    "withdraw",
    "withdraw_consent",
    "withdraw_consent_within",
    "withdraw_within",
]
