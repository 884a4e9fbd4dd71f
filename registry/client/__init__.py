"""The registry's client. It imports nothing of the server and can be used alone."""

from registry.client.http import RegistryClient
from registry.client.replies import (
    BoxReply,
    CheckReply,
    EnrolReply,
    ExplanationReply,
    Problem,
    ProgressReply,
    SegmentReply,
    WithdrawalReply,
)

__all__ = [
    "BoxReply",
    "CheckReply",
    "EnrolReply",
    "ExplanationReply",
    "Problem",
    "ProgressReply",
    "RegistryClient",
    "SegmentReply",
    "WithdrawalReply",
]
