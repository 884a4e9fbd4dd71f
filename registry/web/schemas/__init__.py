"""Pydantic models of requests and answers. The OpenAPI document is generated from them."""

from registry.web.schemas.break_glass import GlassAsked, GrantAnswered, reason_of
from registry.web.schemas.cases import CaseAnswered, EnrolledAnswered, OpenedAnswered, WithdrawnAnswered
from registry.web.schemas.checks import (
    CheckAnswered,
    CheckByCodes,
    CheckFields,
    DecidedCheckAnswered,
    DecisionAsked,
    ExplanationAnswered,
    context_of,
    decision_of,
    feedback_of,
)
from registry.web.schemas.codes import parse_codes
from registry.web.schemas.consents import (
    ConsentAnswered,
    ConsentsAnswered,
    ConsentWithdrawalAsked,
    ConsentWithdrawnAnswered,
)
from registry.web.schemas.enrolling import (
    CaseAsked,
    CaseFields,
    LevelName,
    ReferenceByCodes,
    ReferenceFields,
    kind_of,
    level_of,
    stated_of,
)
from registry.web.schemas.erasing import ErasureAnswered
from registry.web.schemas.exporting import ExportAnswered
from registry.web.schemas.jobs import JobAnswered
from registry.web.schemas.receipts import ReceiptAnswered
from registry.web.schemas.service import HealthAnswered, Problem, ReadyAnswered
from registry.web.schemas.takedowns import (
    TakedownAnswered,
    TakedownAskedFor,
    TakedownEventAsked,
    TakedownMoved,
    TakedownOpened,
    TakedownsAnswered,
    TakedownsAsked,
    elements_of,
)
from registry.web.schemas.verifying import (
    CasesAnswered,
    CasesAsked,
    VerificationAsked,
    VerifiedAnswered,
    evidence_of,
)

__all__ = [
    "CaseAnswered",
    "CaseAsked",
    "CaseFields",
    "CasesAnswered",
    "CasesAsked",
    "CheckAnswered",
    "CheckByCodes",
    "CheckFields",
    "ConsentAnswered",
    "ConsentWithdrawalAsked",
    "ConsentWithdrawnAnswered",
    "ConsentsAnswered",
    "DecidedCheckAnswered",
    "DecisionAsked",
    "EnrolledAnswered",
    "ErasureAnswered",
    "ExplanationAnswered",
    "ExportAnswered",
    "GlassAsked",
    "GrantAnswered",
    "HealthAnswered",
    "JobAnswered",
    "LevelName",
    "OpenedAnswered",
    "Problem",
    "ReadyAnswered",
    "ReceiptAnswered",
    "ReferenceByCodes",
    "ReferenceFields",
    "TakedownAnswered",
    "TakedownAskedFor",
    "TakedownEventAsked",
    "TakedownMoved",
    "TakedownOpened",
    "TakedownsAnswered",
    "TakedownsAsked",
    "VerificationAsked",
    "VerifiedAnswered",
    "WithdrawnAnswered",
    "context_of",
    "decision_of",
    "elements_of",
    "evidence_of",
    "feedback_of",
    "kind_of",
    "level_of",
    "parse_codes",
    "reason_of",
    "stated_of",
]
