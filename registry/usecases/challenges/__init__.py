"""Use cases about challenges."""

from registry.usecases.challenges.challenging import Challenged, challenge_case
from registry.usecases.challenges.challenging_checks import CheckChallenged, challenge_check
from registry.usecases.challenges.clearing import Cleared, clear_reference, clear_within
from registry.usecases.challenges.deciding import Decided, Statement, decide_challenge
from registry.usecases.challenges.listing import MAX_PAGE, ChallengePage, ChallengeView, list_challenges

__all__ = [
    "MAX_PAGE",
    "ChallengePage",
    "ChallengeView",
    "Challenged",
    "CheckChallenged",
    "Cleared",
    "Decided",
    "Statement",
    "challenge_case",
    "challenge_check",
    "clear_reference",
    "clear_within",
    "decide_challenge",
    "list_challenges",
]
