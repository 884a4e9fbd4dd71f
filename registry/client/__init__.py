"""The registry's client. It imports nothing of the server and can be used alone."""

from registry.client.claims import ClaimReply, ClaimsClient
from registry.client.disputes import challenge_reply
from registry.client.http import RegistryClient
from registry.client.replies import (
    BoxReply,
    CaseReply,
    ChallengeReply,
    CheckReply,
    ConfirmedReply,
    ConsentReply,
    EnrolReply,
    ExplanationReply,
    ListedCheckReply,
    MandateReply,
    MoveReply,
    Problem,
    ProgressReply,
    RecordReply,
    RevokedReply,
    SegmentReply,
    VerifyReply,
    WithdrawalReply,
)

__all__ = [
    "BoxReply",
    "CaseReply",
    "ChallengeReply",
    "CheckReply",
    "ClaimReply",
    "ClaimsClient",
    "ConfirmedReply",
    "ConsentReply",
    "EnrolReply",
    "ExplanationReply",
    "ListedCheckReply",
    "MandateReply",
    "MoveReply",
    "Problem",
    "ProgressReply",
    "RecordReply",
    "RegistryClient",
    "RevokedReply",
    "SegmentReply",
    "VerifyReply",
    "WithdrawalReply",
    "challenge_reply",
]
