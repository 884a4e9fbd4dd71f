"""The service's own state, and problems, over the wire."""

from typing import Annotated

from pydantic import Field

from registry.web.schemas.base import Answered


class HealthAnswered(Answered):
    """The process answers."""

    status: str


class FamilyReady(Answered):
    """One code family's index reflects the database."""

    family: str
    position: int
    lag: int


class ReadyAnswered(Answered):
    """The indexes of all code families reflect the database; position and lag are those of the last."""

    ready: bool
    position: int
    head: int
    lag: int
    families: list[FamilyReady]


class ProblemError(Answered):
    """One fault of a body."""

    pointer: Annotated[str, Field(description="JSON pointer (RFC 6901) into the body.")]
    detail: str
    code: str


class Problem(Answered):
    """A problem document (RFC 9457); `code` is stable, and docs/errors.md explains each."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[ProblemError] | None = None
