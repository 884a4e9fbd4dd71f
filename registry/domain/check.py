"""Checks, which are answered questions about one upload each, and the platforms' decisions about them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique

from index.verdict import Verdict
from registry.domain.precision import Feedback
from registry.domain.probe import Probe


@unique
class DecisionKind(StrEnum):
    """The action that a platform took on an upload."""

    ALLOWED = "allowed"
    HELD = "held"
    BLOCKED = "blocked"
    REMOVED = "removed"
    LABELLED = "labelled"
    AGE_RESTRICTED = "age_restricted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A platform's decision about an upload, with the time at which it was reported.

    Attributes:
        feedback: what a person saw in the upload; None if nobody said.
    """

    check_id: str
    tenant_id: str
    kind: DecisionKind
    decided_at: datetime
    feedback: Feedback | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One answered question about one upload.

    Attributes:
        verdict: the answer.
        as_of: position of the change log that the index had reached; for the operator, never in an answer.
        reference_ids: the references on which the verdict rests; they never leave the registry.
        probe: the probe that the question was, to be stored with the check; None if it was none, and in a check that
            was read.
        uploader: as in `Asker`; None in a check that was read.
        is_by_codes: whether codes were asked about; not stored. Such a question does the same work near and far.
    """

    id: str
    tenant_id: str
    verdict: Verdict
    as_of: int
    checked_at: datetime
    reference_ids: tuple[str, ...] = ()
    probe: Probe | None = None
    uploader: bytes | None = field(default=None, repr=False)
    is_by_codes: bool = False
