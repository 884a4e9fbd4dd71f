"""Models of challenges, their decisions, and moves of cases that officers make."""

from typing import Annotated, Literal

from pydantic import Field

from registry.domain import (
    CaseState,
    ChallengeDecision,
    ChallengeReason,
    ChallengeState,
    DecisionOutcome,
    ReferenceState,
    RightStanding,
    people_missing,
)
from registry.usecases.cases import Moved, ResumptionReason, SuspensionReason
from registry.usecases.challenges import (
    Challenged,
    ChallengePage,
    ChallengeView,
    CheckChallenged,
    Cleared,
    Decided,
)
from registry.web.cursors import NextCursor
from registry.web.schemas.base import Answered, Asked, Moment, Receipt, receipt_of

ReasonName = Literal[
    "not_agreed",
    "wrong_person",
    "published_with_consent",
    "not_intimate",
    "no_mandate",
    "public_interest",
    "wrong_match",
]
Why = Annotated[
    ReasonName,
    Field(
        description="Why it is disputed: the depicted person did not agree (`not_agreed`), or is somebody else"
        " (`wrong_person`), or published it (`published_with_consent`); it is not of the registered kind"
        " (`not_intimate`); the opener does not act for the person (`no_mandate`); news, research, art or satire"
        " (`public_interest`); the upload does not show what is registered (`wrong_match`). There is no free text."
    ),
]
StateName = Literal["open", "upheld", "denied"]
Standing = Annotated[
    RightStanding,
    Field(
        description="`warned` after a challenge that officers found to be in bad faith; after some of them the right"
        " to challenge is suspended for a time (`right-suspended`)."
    ),
]


class ChallengeAsked(Asked):
    """A challenge of a case, or of one reference of it."""

    reason: Why
    reference: Annotated[
        str | None,
        Field(
            pattern="^ref_[0-9a-hjkmnp-tv-z]{16}$",
            description="The disputed reference; the whole case without it.",
        ),
    ] = None


class CheckChallengeAsked(Asked):
    """A challenge of whatever a check matched."""

    reason: Why


class ChallengeDecisionAsked(Asked):
    """What an officer states about a challenge. Two who say the same decide."""

    outcome: Annotated[
        Literal["uphold", "deny"],
        Field(description="`uphold`: the claim stands. `deny`: the challenge was right."),
    ]
    bad_faith: Annotated[
        bool,
        Field(
            description="Whether the one who is wrong acted in bad faith: the challenger for `uphold`, the opener of"
            " the case for `deny`. It counts if both deciders say so."
        ),
    ] = False


class ChallengesAsked(Asked):
    """The query of a page of challenges."""

    cursor: Annotated[
        str | None,
        Field(
            pattern="^chg_[0-9a-hjkmnp-tv-z]{16}$",
            description="`next` of the page before; the first page without it.",
        ),
    ] = None
    state: Annotated[StateName | None, Field(description="Only challenges in this state.")] = None


class SuspensionAsked(Asked):
    """Why a case is put out of effect."""

    reason: Literal["legal_order", "claim_doubted", "mandate_doubted", "abuse"]


class ResumptionAsked(Asked):
    """Why a suspended case is in effect again."""

    reason: Literal["order_ended", "claim_confirmed", "mistake"]


class ChallengedAnswered(Answered):
    """A challenge that was made."""

    challenge: str
    case: str
    reference: str | None
    reason: ChallengeReason
    state: ChallengeState
    in_effect: Annotated[
        bool,
        Field(
            description="Whether the case or the reference is for review at most until the decision. False for a"
            " challenge like one that was decided for the claim: it waits until an officer has looked."
        ),
    ]
    case_state: CaseState
    challenged_at: Moment
    standing: Standing
    receipt: Receipt

    @classmethod
    def of(cls, challenged: Challenged) -> "ChallengedAnswered":
        """Return the model of a challenge."""
        made = challenged.challenge
        return cls(
            challenge=made.id,
            case=made.case_id,
            reference=made.reference_id,
            reason=made.reason,
            state=made.state,
            in_effect=made.is_effective,
            case_state=challenged.case.state,
            challenged_at=made.challenged_at,
            standing=challenged.standing,
            receipt=receipt_of(challenged.receipt),
        )


class CheckChallengedAnswered(Answered):
    """A challenged check. The answer is the same whether the check matched something or not."""

    check_id: str
    reason: ChallengeReason
    challenged_at: Moment
    standing: Standing

    @classmethod
    def of(cls, challenged: CheckChallenged) -> "CheckChallengedAnswered":
        """Return the model of a challenged check."""
        made = challenged.challenge
        return cls(
            check_id=made.check_id,
            reason=made.reason,
            challenged_at=made.challenged_at,
            standing=challenged.standing,
        )


class StatementAnswered(Answered):
    """What one officer has stated."""

    outcome: DecisionOutcome
    bad_faith: bool
    credential: str
    decided_at: Moment

    @classmethod
    def of(cls, statement: ChallengeDecision) -> "StatementAnswered":
        """Return the model of a statement."""
        return cls(
            outcome=statement.outcome,
            bad_faith=statement.is_bad_faith,
            credential=statement.credential_id,
            decided_at=statement.decided_at,
        )


PeopleMissing = Annotated[
    int, Field(ge=0, le=2, description="How many more officers must at least state something to decide it.")
]


class ChallengeAnswered(Answered):
    """A challenge as officers see it. Of a challenge by a check neither the check nor the platform is told."""

    challenge: str
    case: str
    reference: str | None
    reason: ChallengeReason
    by_check: bool
    in_effect: bool
    state: ChallengeState
    challenged_at: Moment
    decided_at: Moment | None
    statements: list[StatementAnswered]
    people_missing: PeopleMissing

    @classmethod
    def of(cls, view: ChallengeView) -> "ChallengeAnswered":
        """Return the model of a challenge with its statements."""
        made = view.challenge
        is_open = made.state is ChallengeState.OPEN
        return cls(
            challenge=made.id,
            case=made.case_id,
            reference=made.reference_id,
            reason=made.reason,
            by_check=made.is_by_check,
            in_effect=made.is_effective,
            state=made.state,
            challenged_at=made.challenged_at,
            decided_at=made.decided_at,
            statements=[StatementAnswered.of(one) for one in view.statements],
            people_missing=people_missing(view.statements) if is_open else 0,
        )


class DecidedAnswered(ChallengeAnswered):
    """A challenge after a statement, with the state of its case."""

    case_state: CaseState
    receipt: Receipt

    @classmethod
    def of_decided(cls, decided: Decided) -> "DecidedAnswered":
        """Return the model of a statement's result."""
        view = ChallengeView(challenge=decided.challenge, statements=decided.statements)
        return cls(
            **dict(ChallengeAnswered.of(view)),
            case_state=decided.case.state,
            receipt=receipt_of(decided.receipt),
        )


class ChallengesAnswered(Answered):
    """A page of challenges, in the order in which they were made."""

    challenges: list[ChallengeAnswered]
    next: NextCursor

    @classmethod
    def of(cls, page: ChallengePage) -> "ChallengesAnswered":
        """Return the model of a page."""
        return cls(challenges=[ChallengeAnswered.of(view) for view in page.challenges], next=page.next)


class MovedAnswered(Answered):
    """A case after a move of its state. `receipt` is null if nothing had to change."""

    case: str
    state: CaseState
    receipt: Receipt

    @classmethod
    def of(cls, moved: Moved) -> "MovedAnswered":
        """Return the model of a move."""
        return cls(case=moved.case.id, state=moved.case.state, receipt=receipt_of(moved.receipt))


class ClearedAnswered(Answered):
    """A reference after an officer has looked. `receipt` is null if there was nothing to end."""

    case: str
    reference: str
    state: ReferenceState
    receipt: Receipt

    @classmethod
    def of(cls, cleared: Cleared) -> "ClearedAnswered":
        """Return the model of a cleared reference."""
        return cls(
            case=cleared.case_id,
            reference=cleared.reference_id,
            state=cleared.state,
            receipt=receipt_of(cleared.receipt),
        )


def challenge_reason_of(name: ReasonName) -> ChallengeReason:
    """Return the reason with this name."""
    return ChallengeReason(name)


def suspension_of(asked: SuspensionAsked) -> SuspensionReason:
    """Return the reason of a suspension."""
    return SuspensionReason(asked.reason)


def resumption_of(asked: ResumptionAsked) -> ResumptionReason:
    """Return the reason of a resumption."""
    return ResumptionReason(asked.reason)
