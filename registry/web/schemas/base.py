"""Base classes of all models of requests and answers."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer


class _Discreet(BaseModel):
    """A model that prints its name and no value: tools that collect errors print whatever a frame holds."""

    def __repr_args__(self) -> Sequence[tuple[str | None, object]]:
        """Return nothing to print."""
        return ()


class Asked(_Discreet):
    """A request. Types are exact, unknown fields are refused, and errors never repeat the input."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class Answered(_Discreet):
    """An answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
"""SHA-256 in lower-case hexadecimal."""

Receipt = Annotated[
    Digest | None, Field(description="Digest of the ledger entry; null where nothing had to be written.")
]


def receipt_of(digest: bytes | None) -> str | None:
    """Return a receipt as it is told."""
    return None if digest is None else digest.hex()


Moment = Annotated[datetime, PlainSerializer(_utc, return_type=str)]
"""Time in RFC 3339 format, in UTC with milliseconds."""
