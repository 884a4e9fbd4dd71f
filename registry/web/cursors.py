"""Cursors of lists: opaque, and signed, so that one belongs to one tenant, one list and one set of filters.

A cursor holds the place after which a page begins. Its signature keeps a place from being tried that was not told:
no cursor asks whether an id exists.
"""

import base64
import binascii
import hmac
import json
from typing import Annotated, Final

from pydantic import BaseModel, Field

from registry.security import DigestPurpose
from registry.web.context import actor, container
from registry.web.errors import BodyInvalid, Fault

_MAC_BYTES: Final = 16
_UNFIT: Final = (
    "Send the cursor that the page before told, with the same filters, or none for the first page."
)

Cursor = Annotated[
    str | None,
    Field(
        pattern="^[A-Za-z0-9_-]{20,400}$",
        description="`next` of the page before, with the same filters; the first page without it.",
    ),
]

NextCursor = Annotated[str | None, Field(description="`cursor` of the next page; null for the last page.")]


def cursor_of(asked: BaseModel, place: str | None) -> str | None:
    """Return the cursor of the page that follows a place in the list that was asked for; None after the last page."""
    if place is None:
        return None
    return base64.urlsafe_b64encode(_mac(asked, place) + place.encode()).decode().rstrip("=")


def place_of(asked: BaseModel, cursor: str | None) -> str | None:
    """Return the place of a cursor; raise `BodyInvalid` for one of another tenant, list or set of filters."""
    if cursor is None:
        return None
    try:
        data = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        place = data[_MAC_BYTES:].decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        raise _unfit() from None
    if not hmac.compare_digest(data[:_MAC_BYTES], _mac(asked, place)):
        raise _unfit()
    return place


def _mac(asked: BaseModel, place: str) -> bytes:
    filters = asked.model_dump(mode="json", exclude={"cursor"})
    said = json.dumps([actor().tenant_id, type(asked).__name__, filters, place], sort_keys=True)
    return container().keys.digest(DigestPurpose.CURSOR, said.encode())[:_MAC_BYTES]


def _unfit() -> BodyInvalid:
    return BodyInvalid(_UNFIT, (Fault(pointer="/cursor", detail=_UNFIT, code="field-invalid"),))
