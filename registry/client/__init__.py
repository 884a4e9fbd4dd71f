"""The registry's client. It imports nothing of the server and can be used alone."""

from registry.client.http import RegistryClient
from registry.client.replies import (
    BoxReply,
    CaseReply,
    CheckReply,
    ConsentReply,
    EnrolReply,
    ExplanationReply,
    Problem,
    ProgressReply,
    RecordReply,
    SegmentReply,
    VerifyReply,
    WithdrawalReply,
)

__all__ = [
    "BoxReply",
    "CaseReply",
    "CheckReply",
    "ConsentReply",
    "EnrolReply",
    "ExplanationReply",
    "Problem",
    "ProgressReply",
    "RecordReply",
    "RegistryClient",
    "SegmentReply",
    "VerifyReply",
    "WithdrawalReply",
]
