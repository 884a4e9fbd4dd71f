"""Models of checks. Answers have a constant shape.

They hold no measure, name or id of a registered reference (docs/promises.md, promise 5).
"""

from typing import Annotated, Literal, cast

from pydantic import Field

from index.verdict import (
    MAX_ALTERED,
    MAX_BOXES,
    MAX_SEGMENTS,
    STEP_MS,
    STEPS,
    Band,
    Box,
    Context,
    MatchKind,
    Outcome,
    Reason,
    Segment,
    ToldReason,
    Verdict,
    tell,
)
from registry.domain import Check, Decision, DecisionKind, Feedback
from registry.usecases.checks import CheckView
from registry.web.schemas.base import Answered, Asked, Moment
from registry.web.schemas.codes import Codes

DecisionName = Literal["allowed", "held", "blocked", "removed", "labelled", "age_restricted"]

FeedbackName = Literal[
    "confirmed", "no_match", "harmless", "wrong_person", "consented", "newsworthy", "unclear"
]


ContextName = Annotated[
    Literal["general", "sexual"],
    Field(
        description="What you say about the place of the upload. In a `sexual` one hold"
        " every review unpublished until somebody has looked."
    ),
]


UploaderName = Annotated[
    str | None,
    Field(
        min_length=1,
        max_length=200,
        description="A name of your own for the user who uploads, opaque to the registry, such as a keyed hash of the"
        " account. It is the same for each of this user's uploads. Somebody who probes then spends a budget of their"
        " own and not yours. A keyed digest is kept for seven days, and for each match a"
        " digest of it that differs from match to match, to count different people.",
    ),
]


class CheckFields(Asked):
    """The fields beside the file of a multipart check."""

    context: ContextName = "general"
    uploader: UploaderName = None


class CheckByCodes(Asked):
    """A check of codes that the platform computed. Codes show no faces, so faces are not looked for."""

    codes: Codes
    context: ContextName = "general"
    uploader: UploaderName = None


def context_of(name: Literal["general", "sexual"]) -> Context:
    """Return the context with this name."""
    return Context(name)


class DecisionAsked(Asked):
    """The platform's decision about the upload."""

    decision: DecisionName
    feedback: FeedbackName | None = Field(
        default=None,
        description="What a person saw in the upload; leave it out where nobody looked. It may come later, once,"
        " with the same decision. Feedback of several platforms puts a registration whose matches are wrong to review.",
    )


def decision_of(name: DecisionName) -> DecisionKind:
    """Return the decision with this name."""
    return DecisionKind(name)


def feedback_of(name: FeedbackName | None) -> Feedback | None:
    """Return the feedback with this name."""
    return None if name is None else Feedback(name)


Share = Annotated[float, Field(ge=0, le=1)]


class BoxAnswered(Answered):
    """A part of a picture as displayed: edges as shares of its width and height, from its upper left corner."""

    left: Share
    top: Share
    right: Share
    bottom: Share

    @classmethod
    def of(cls, box: Box) -> "BoxAnswered":
        """Return the model of a box."""
        return cls(left=box.left, top=box.top, right=box.right, bottom=box.bottom)


Seconds = Annotated[float, Field(ge=0)]


class SegmentAnswered(Answered):
    """A part of a clip's time, in seconds since its first frame."""

    start_s: Seconds
    end_s: Seconds

    @classmethod
    def of(cls, segment: Segment) -> "SegmentAnswered":
        """Return the model of a segment."""
        return cls(start_s=segment.start_ms / 1000, end_s=segment.end_ms / 1000)


KindsTold = list[Literal[MatchKind.COPY, MatchKind.PARTIAL_COPY, MatchKind.ALTERED_COPY]]


class CheckAnswered(Answered):
    """The verdict about one upload, as far as a platform needs it (`index.verdict.telling`)."""

    check_id: str
    verdict: Annotated[Outcome, Field(description="Only `allow` means that it may be published.")]
    band: Annotated[Band, Field(description="How sure the answer is; `none` for an `allow`.")]
    kinds: Annotated[
        KindsTold,
        Field(
            description="How the upload matches what is registered: `copy` shows the whole picture, `partial_copy` a"
            " part of it, `altered_copy` it with a region replaced. Empty for an `allow`, and where the answer rests on"
            " no copy."
        ),
    ]
    reason: Annotated[
        ToldReason, Field(description="The one reason that decides what to do; never a measure.")
    ]
    boxes: Annotated[
        list[BoxAnswered],
        Field(
            max_length=MAX_BOXES,
            description=f"Where in the upload the copies lie that the answer rests on, in {STEPS}ths of its sides;"
            f" {MAX_BOXES} at most, which do not overlap. Empty where `kinds` is.",
        ),
    ]
    segments: Annotated[
        list[SegmentAnswered],
        Field(
            max_length=MAX_SEGMENTS,
            description="When in an upload that is a clip the copies are shown that the answer rests on, rounded to"
            f" {STEP_MS / 1000} seconds; the first {MAX_SEGMENTS}. Empty where `kinds` is, and for a picture.",
        ),
    ]
    policy_version: str

    @classmethod
    def of(cls, check: Check) -> "CheckAnswered":
        """Return the model of an answered check."""
        told = tell(check.verdict)
        return cls(
            check_id=check.id,
            verdict=told.outcome,
            band=told.band,
            kinds=cast("KindsTold", list(told.kinds)),
            reason=told.reason,
            boxes=[BoxAnswered.of(box) for box in told.boxes],
            segments=[SegmentAnswered.of(segment) for segment in told.segments],
            policy_version=told.policy_version,
        )


class ExplanationAnswered(Answered):
    """The full verdict about one upload, for a reviewer. It holds no measure, name or id of what is registered."""

    check_id: str
    verdict: Outcome
    band: Band
    kinds: Annotated[
        list[MatchKind],
        Field(
            description="All kinds of matches, also of the weaker ones; `likeness` shows the registered person in"
            " another picture."
        ),
    ]
    reasons: Annotated[
        list[Reason], Field(description="Why: gates and rules by name, at least one; never a measure.")
    ]
    boxes: Annotated[
        list[BoxAnswered],
        Field(
            max_length=MAX_BOXES,
            description=f"Where in the upload the matches lie, faces included, in {STEPS}ths of its sides.",
        ),
    ]
    segments: Annotated[
        list[SegmentAnswered],
        Field(max_length=MAX_SEGMENTS, description="When in an upload that is a clip the matches are shown."),
    ]
    altered: Annotated[
        list[BoxAnswered],
        Field(
            max_length=MAX_ALTERED,
            description="Regions of the upload in which these matches show something else than what is registered,"
            f" such as another face, in {STEPS}ths of its sides; the largest {MAX_ALTERED}. Empty unless `reasons` has"
            " `region_altered`.",
        ),
    ]
    policy_version: str

    @classmethod
    def of(cls, check_id: str, verdict: Verdict) -> "ExplanationAnswered":
        """Return the model of an explained check."""
        return cls(
            check_id=check_id,
            verdict=verdict.outcome,
            band=verdict.band,
            kinds=list(verdict.kinds),
            reasons=list(verdict.reasons),
            boxes=[BoxAnswered.of(box) for box in verdict.boxes],
            segments=[SegmentAnswered.of(segment) for segment in verdict.segments],
            altered=[BoxAnswered.of(box) for box in verdict.altered],
            policy_version=verdict.policy_version,
        )


class DecisionAnswered(Answered):
    """The decision that the platform reported."""

    decision: DecisionKind
    decided_at: Moment
    feedback: Feedback | None

    @classmethod
    def of(cls, decision: Decision) -> "DecisionAnswered":
        """Return the model of a decision."""
        return cls(decision=decision.kind, decided_at=decision.decided_at, feedback=decision.feedback)


class DecidedCheckAnswered(CheckAnswered):
    """A check with the platform's decision, if one was reported."""

    decision: DecisionAnswered | None

    @classmethod
    def of_view(cls, view: CheckView) -> "DecidedCheckAnswered":
        """Return the model of a check and its decision."""
        decision = None if view.decision is None else DecisionAnswered.of(view.decision)
        return cls(**CheckAnswered.of(view.check).model_dump(), decision=decision)
