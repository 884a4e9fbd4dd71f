"""Models of the service's state and of problem documents."""

from typing import Annotated

from pydantic import Field

from registry.web.schemas.base import Answered


class HealthAnswered(Answered):
    """The process answers."""

    status: str


class ReadyAnswered(Answered):
    """The indexes of all code families reflect the database."""

    ready: bool


class ProblemError(Answered):
    """One fault of a body."""

    pointer: Annotated[str, Field(description="JSON pointer (RFC 6901) into the body.")]
    detail: str
    code: str


class Problem(Answered):
    """A problem document (RFC 9457). `code` is stable; docs/errors.md explains each code."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[ProblemError] | None = None
