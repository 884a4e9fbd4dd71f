"""Models of break-glass: reading a case of another tenant."""

from typing import Annotated, Literal

from pydantic import Field

from registry.domain import GlassRead, GlassReason
from registry.usecases.cases import Grant
from registry.web.schemas.base import Answered, Asked, Digest, Moment

GlassReasonName = Literal["legal_order", "subject_asked", "complaint", "danger", "incident"]


class GlassAsked(Asked):
    """Why a case of another tenant has to be read."""

    reason: GlassReasonName
    ticket: Annotated[
        str,
        Field(
            max_length=32,
            description="Your own record of it: capital letters, digits and hyphens, at most 8 digits. It is kept in"
            " the ledger for good and shown to the subject, and tells nothing of anybody.",
        ),
    ]


class GrantAnswered(Answered):
    """A grant, which is this key's alone."""

    case: str
    grant: Annotated[Digest, Field(description="Name of the grant, and receipt of its ledger entry.")]
    expires_at: Moment

    @classmethod
    def of(cls, grant: Grant) -> "GrantAnswered":
        """Return the model of a grant."""
        return cls(case=grant.case_id, grant=grant.receipt.hex(), expires_at=grant.expires_at)


class GlassReadAnswered(Answered):
    """A grant to read the case from outside of its tenant."""

    reason: GlassReason
    ticket: str
    granted_at: Moment
    read_at: list[Moment]

    @classmethod
    def of(cls, read: GlassRead) -> "GlassReadAnswered":
        """Return the model of a grant and its reads."""
        return cls(
            reason=read.reason,
            ticket=read.ticket,
            granted_at=read.granted_at,
            read_at=list(read.read_at),
        )


def reason_of(name: GlassReasonName) -> GlassReason:
    """Return the reason with this name."""
    return GlassReason(name)
