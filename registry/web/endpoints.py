"""The statement of an endpoint: its permission, its input and its answers.

The guard uses the permission; the OpenAPI document is made from the rest. An endpoint without a statement prevents the
start of the application.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from flask import Flask
from pydantic import BaseModel

from registry.permissions import Permission
from registry.security import Budget

_ATTRIBUTE: Final = "_registry_endpoint"
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One endpoint's statement.

    Attributes:
        permission: permission that the caller needs; None makes the endpoint public.
        budget: rate-limit budget of the request; None for public endpoints. Of an endpoint for claimants it is counted
            by network address.
        is_for_claimants: whether people without an account use the endpoint. The body then proves the right to a case
            (`registry.web.claimants`), or opens one.
        is_page: whether it is a page for people, or a part of one: no operation of the interface for programs.
        status: status of a successful answer.
        answer: model of a successful answer; None if it is not JSON.
        query: model of the query, or None.
        body: model of a JSON body, or None.
        media: model of the fields beside a multipart file, or None.
        job: model of the answer about a clip, which becomes a job; None if the endpoint takes no clips.
        idempotent: whether an `Idempotency-Key` is honoured.
        tells_secret: whether the answer holds a secret, so that the key has to be long.
        problems: statuses of possible problems, in addition to those of every guarded endpoint.
    """

    permission: Permission | None
    budget: Budget | None
    is_for_claimants: bool = False
    is_page: bool = False
    status: int = 200
    answer: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    media: type[BaseModel] | None = None
    job: type[BaseModel] | None = None
    idempotent: bool = False
    tells_secret: bool = False
    problems: tuple[int, ...] = ()


class UndeclaredEndpoint(Exception):
    """A route states no permission: the application refuses to start."""


def endpoint(statement: Endpoint) -> Callable[[View], View]:
    """Attach a statement to a view."""

    def attach(view: View) -> View:
        setattr(view, _ATTRIBUTE, statement)
        return view

    return attach


def statement_of(view: Callable[..., Any]) -> Endpoint | None:
    """Return the statement of a view, or None."""
    return getattr(view, _ATTRIBUTE, None)


def require_statements(app: Flask) -> None:
    """Raise `UndeclaredEndpoint` unless every route of the application has a statement."""
    for rule in app.url_map.iter_rules():
        if statement_of(app.view_functions[rule.endpoint]) is None:
            raise UndeclaredEndpoint(f"{rule.rule} states no permission")
