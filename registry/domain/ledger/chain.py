"""The ledger's entries and their chain: each digest covers its entry and the previous digest.

The hashed bytes are the JSON array `[number, at, event, tenant_id, credential_id, case_id, reference_id, check_id,
previous]` in ASCII without blanks; an entry with a detail has it as a tenth element. Absent ids are `null`, `at` is in
ISO 8601 with microseconds and `+00:00`, and `previous` is in lower-case hexadecimal. The holder of a receipt (a digest)
can prove that the ledger was not rewritten before that entry.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Self

from registry.domain.roles import Actor
from registry.events import LedgerEvent

GENESIS: Final = bytes(32)
"""The digest before the first entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One acknowledged act, described by ids only.

    Attributes:
        detail: what the event says beyond that: ids and names from our own enums; None for most events.
    """

    event: LedgerEvent
    tenant_id: str
    credential_id: str
    at: datetime
    case_id: str | None = None
    reference_id: str | None = None
    check_id: str | None = None
    detail: str | None = None

    @classmethod
    def by(
        cls,
        actor: Actor,
        event: LedgerEvent,
        *,
        at: datetime,
        case_id: str | None = None,
        reference_id: str | None = None,
        check_id: str | None = None,
        detail: str | None = None,
    ) -> Self:
        """Return an act of this actor."""
        return cls(
            event=event,
            tenant_id=actor.tenant_id,
            credential_id=actor.credential_id,
            at=at,
            case_id=case_id,
            reference_id=reference_id,
            check_id=check_id,
            detail=detail,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One entry of the chain. `number` counts from 1 without gaps."""

    number: int
    act: Act
    digest: bytes


def link(number: int, act: Act, previous: bytes) -> LedgerEntry:
    """Return the entry that follows the entry with the digest `previous`."""
    fields = list(fields_of(number, act, previous).values())
    text = json.dumps(fields, ensure_ascii=True, separators=(",", ":"))
    return LedgerEntry(number=number, act=act, digest=hashlib.sha256(text.encode("ascii")).digest())


def fields_of(number: int, act: Act, previous: bytes) -> dict[str, int | str | None]:
    """Return the hashed fields by their names, in the order in which they are hashed."""
    fields: dict[str, int | str | None] = {
        "number": number,
        "at": act.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "event": act.event.value,
        "tenant": act.tenant_id,
        "credential": act.credential_id,
        "case": act.case_id,
        "reference": act.reference_id,
        "check": act.check_id,
        "previous": previous.hex(),
    }
    return fields if act.detail is None else {**fields, "detail": act.detail}
