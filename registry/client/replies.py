"""The replies of the registry."""

from dataclasses import dataclass, field


class Problem(Exception):
    """The request failed; nothing was written.

    Attributes:
        code: stable name, explained in docs/errors.md.
        status: HTTP status, or None if there was no answer.
    """

    def __init__(self, code: str, detail: str, status: int | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxReply:
    """A part of a picture: edges as shares of its width and height, 0 to 1."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentReply:
    """A part of a clip's time, in seconds from its first frame."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressReply:
    """Progress through a clip, in seconds. `of_s` is the length announced by its header, or None."""

    seen_s: float
    of_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolReply:
    """The reference that now stands for the media; `outcome` is `enrolled` or `duplicate`.

    Attributes:
        found_by: the ways in which the reference can be found, from `file`, `copies` and `edits`.
        inner: places of pictures within a screenshot or a collage, to be registered separately.
        level: the level of the case that is in effect; None if media was added to a named case.
    """

    outcome: str
    case: str
    reference: str
    found_by: tuple[str, ...]
    inner: tuple[BoxReply, ...]
    level: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReply:
    """The verdict about one upload. Only `allow` means that it may be published.

    Attributes:
        kinds: kinds of the copies: `copy`, `partial_copy`, `altered_copy`; empty where the verdict rests on none.
        reason: the one reason that decides what to do.
        boxes: places in the upload of the copies that the verdict is based on.
        segments: times of these copies in an upload that is a clip.
    """

    check_id: str
    verdict: str
    band: str
    kinds: tuple[str, ...]
    reason: str
    boxes: tuple[BoxReply, ...]
    segments: tuple[SegmentReply, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplanationReply:
    """The full verdict about one upload, for a reviewer.

    Attributes:
        kinds: kinds of all matches, `likeness` included.
        reasons: all reasons.
        boxes: places in the upload of the matches.
        segments: times of these matches in an upload that is a clip.
        altered: regions of the upload in which these matches show something else than what is registered.
    """

    check_id: str
    verdict: str
    band: str
    kinds: tuple[str, ...]
    reasons: tuple[str, ...]
    boxes: tuple[BoxReply, ...]
    segments: tuple[SegmentReply, ...]
    altered: tuple[BoxReply, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordReply:
    """A verification record of a case."""

    record: str
    level: str
    evidence: str
    recorded_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReply:
    """A case; `records` are read only with a single case."""

    case: str
    state: str
    level: str
    claimed_level: str
    opened_at: str
    withdrawn_at: str | None
    records: tuple[RecordReply, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCheckReply:
    """A check within a list."""

    check_id: str
    verdict: str
    reason: str
    checked_at: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentReply:
    """A consent of a case. `withdrawn_at` is None while it is in force."""

    consent: str
    purpose: str
    text: str
    language: str
    given: str
    given_at: str
    recorded_by: str | None
    withdrawn_at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateReply:
    """A mandate. `starts_at` is None before it is confirmed, `ended_at` before it ends."""

    mandate: str
    case: str
    state: str
    kinds: tuple[str, ...]
    platforms: tuple[str, ...]
    takedown_notices: bool
    proposed_at: str
    starts_at: str | None
    expires_at: str
    ended_at: str | None
    reminded_days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmedReply:
    """A confirmed mandate. The secret belongs to its subject."""

    mandate: MandateReply
    case_state: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokedReply:
    """A case after the revocation of a mandate, and the mandates that ended now."""

    case: str
    state: str
    revoked: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReply:
    """A case after a statement about its level.

    Attributes:
        level: the level in effect now.
        awaits_second: whether the stated level waits for the record of a second verifier.
    """

    case: str
    state: str
    level: str
    record: str
    awaits_second: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeReply:
    """A challenge of a case, or of one reference of it.

    Attributes:
        in_effect: whether it holds to a review; a repeated challenge waits until a person has looked.
        case_state: the state of the case now; None in a list.
        standing: where the challenger stands, `clear` or `warned`; only for a new challenge.
        people_missing: how many more officers must at least state something; None for a new challenge.
    """

    challenge: str
    case: str
    reference: str | None
    reason: str
    state: str
    in_effect: bool
    challenged_at: str
    case_state: str | None
    standing: str | None
    people_missing: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveReply:
    """A case, or one reference of it, after a move of its state."""

    case: str
    reference: str | None
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalReply:
    """A withdrawn case; `erased_at` is None until the last copies on disk are overwritten."""

    case: str
    withdrawn_at: str
    erased_at: str | None
