"""Base classes of all models of requests and answers."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer


class Asked(BaseModel):
    """A request. Types are exact, unknown fields are refused, and errors never repeat the input."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class Answered(BaseModel):
    """An answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[datetime, PlainSerializer(_utc, return_type=str)]
"""Time in RFC 3339 format, in UTC with milliseconds."""
