"""The contact of a case without an account: optional, sealed, and read by a verifier only.

The safe-contact answers stand beside the address: reading one without the other could endanger somebody whose mail or
telephone is read by others.
"""

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum, unique
from typing import Final

from registry.errors import SealBroken

MAX_CONTACT_CHARACTERS: Final = 200
MAX_HOURS_CHARACTERS: Final = 100
MAX_WORDING_CHARACTERS: Final = 200


@unique
class ContactKind(StrEnum):
    """A way to reach somebody."""

    EMAIL = "email"
    PHONE = "phone"
    MESSENGER = "messenger"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How somebody can be reached, and how safely.

    Attributes:
        value: the address or number.
        may_leave_message: whether a message may be left where others could find it.
        hours: when to write or call; empty if always.
        wording: words to use, for example another subject line; empty for neutral ones.
    """

    kind: ContactKind
    value: str = field(repr=False)
    may_leave_message: bool = False
    hours: str = field(default="", repr=False)
    wording: str = field(default="", repr=False)

    def pack(self) -> bytes:
        """Return the contact as it is sealed."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":")).encode("utf-8")

    @classmethod
    def unpack(cls, packed: bytes) -> "Contact":
        """Return a contact from its sealed form; raise `SealBroken`."""
        try:
            fields = json.loads(packed)
            return cls(**{**fields, "kind": ContactKind(fields["kind"])})
        except (ValueError, TypeError, KeyError):
            raise SealBroken from None


_CONTEXT: Final = "contact of "


def contact_context(case_id: str) -> bytes:
    """Return the context to which the seals of a case's contact and of its key are bound."""
    return (_CONTEXT + case_id).encode("ascii")
