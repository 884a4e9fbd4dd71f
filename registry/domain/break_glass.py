"""Break-glass: reading a case of another tenant, for a stated reason, for a short time, and visibly to the subject.

A grant is an entry of the ledger, and its digest is the grant's name: nobody can deny it, change it or prolong it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, unique
from typing import Final

from registry.domain.ledger import LedgerEntry
from registry.errors import Refused
from registry.events import LedgerEvent

GRANT_LASTS: Final = timedelta(minutes=15)
"""Time for which a case may be read after a reason was stated: long enough for one look."""

MAX_DIGITS: Final = 8
"""Digits of a ticket. Telephone numbers have more, and a ticket stays in the ledger for good."""

_NAME_DIGITS: Final = 32
_TICKET: Final = re.compile(r"(?=[A-Z0-9-]*[0-9])[A-Z0-9][A-Z0-9-]{2,31}", re.ASCII)
_ALLOWED: Final = (
    f"A ticket has 3 to 32 capital letters, digits and hyphens, at least one digit and at most {MAX_DIGITS}."
    " It names a record of your own and tells nothing of anybody."
)


@unique
class GlassReason(StrEnum):
    """Why somebody has to see a case of another tenant."""

    LEGAL_ORDER = "legal_order"
    SUBJECT_ASKED = "subject_asked"
    COMPLAINT = "complaint"
    DANGER = "danger"
    INCIDENT = "incident"


@dataclass(frozen=True, slots=True, kw_only=True)
class GlassRead:
    """One grant to read a case, as its subject sees it.

    Attributes:
        ticket: the record that the reader names.
        read_at: when the case was read by it.
    """

    reason: GlassReason
    ticket: str
    granted_at: datetime
    read_at: tuple[datetime, ...]


def detail_of(reason: GlassReason, ticket: str) -> str:
    """Return what the ledger says of a grant; raise `Refused` for a ticket that could hold personal data."""
    if _TICKET.fullmatch(ticket) is None or sum(map(str.isdigit, ticket)) > MAX_DIGITS:
        raise Refused(_ALLOWED)
    return f"{reason.value} {ticket}"


def name_of(grant: LedgerEntry) -> str:
    """Return the name of a grant in the entries of its reads. A number would count other people's acts."""
    return grant.digest.hex()[:_NAME_DIGITS]


def is_valid(entry: LedgerEntry | None, credential_id: str, now: datetime) -> bool:
    """Return whether an entry is a grant of this key that has not ended."""
    return (
        entry is not None
        and entry.act.event is LedgerEvent.CASE_GLASS_BROKEN
        and entry.act.credential_id == credential_id
        and entry.act.at <= now < entry.act.at + GRANT_LASTS
    )


def reads_of(entries: Iterable[LedgerEntry]) -> tuple[GlassRead, ...]:
    """Return the grants among the entries of a case, oldest first, each with its reads."""
    grants: dict[str, LedgerEntry] = {}
    reads: dict[str, list[datetime]] = {}
    for entry in entries:
        if entry.act.event is LedgerEvent.CASE_GLASS_BROKEN:
            grants[name_of(entry)] = entry
        elif entry.act.event is LedgerEvent.CASE_READ_BY_GRANT:
            reads.setdefault(entry.act.detail or "", []).append(entry.act.at)
    found = []
    for name, grant in grants.items():
        reason, _, ticket = (grant.act.detail or "").partition(" ")
        found.append(
            GlassRead(
                reason=GlassReason(reason),
                ticket=ticket,
                granted_at=grant.act.at,
                read_at=tuple(reads.get(name, ())),
            )
        )
    return tuple(found)
