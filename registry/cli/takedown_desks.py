"""Takedown requests for commands: of a registry behind a URL, or of the registry in a data folder.

Requests, events and answers are the JSON objects of the HTTP interface (docs/api.md).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from registry.bootstrap import Container
from registry.cli.backends import local_actor, open_local
from registry.cli.options import Target
from registry.client import Problem, RegistryClient
from registry.domain import Actor
from registry.domain.takedowns import Language, TakedownEvent, TakedownReason, TakedownState
from registry.errors import RegistryError
from registry.usecases.takedowns import (
    EventAsked,
    TakedownAsked,
    TakedownsWanted,
    list_takedowns,
    open_takedown,
    read_takedown,
    record_takedown_event,
)
from registry.web.schemas import (
    TakedownAnswered,
    TakedownAskedFor,
    TakedownEventAsked,
    TakedownMoved,
    TakedownOpened,
    TakedownsAnswered,
    TakedownsAsked,
    elements_of,
)

Json = dict[str, Any]
Model = TypeVar("Model", bound=BaseModel)


class TakedownDesk(Protocol):
    """Takedown requests. Every method raises `Problem`, and then nothing was written."""

    def list(self, due_before: str | None, state: str | None) -> Iterator[Json]:
        """Yield requests, in the order of their opening, or with `due_before` by deadline."""
        ...

    def read(self, takedown: str) -> Json:
        """Read a request."""
        ...

    def open(self, request: Json) -> Json:
        """Open a request."""
        ...

    def record(self, takedown: str, event: Json) -> Json:
        """Record an event of a request."""
        ...


class RemoteDesk:
    """Requests of a registry behind a URL."""

    def __init__(self, client: RegistryClient) -> None:
        self._client = client

    def list(self, due_before: str | None, state: str | None) -> Iterator[Json]:
        """Yield requests; raise `Problem`."""
        return self._client.takedowns(due_before=due_before, state=state)

    def read(self, takedown: str) -> Json:
        """Read a request; raise `Problem`."""
        return self._client.takedown(takedown)

    def open(self, request: Json) -> Json:
        """Open a request; raise `Problem`."""
        return self._client.open_takedown(request)

    def record(self, takedown: str, event: Json) -> Json:
        """Record an event of a request; raise `Problem`."""
        return self._client.takedown_event(takedown, event)


class LocalDesk:
    """Requests of the registry in a data folder, by the same use cases."""

    def __init__(self, container: Container, actor: Actor) -> None:
        self._parts = container
        self._actor = actor

    def list(self, due_before: str | None, state: str | None) -> Iterator[Json]:
        """Yield requests; raise `Problem`."""
        given = {"due_before": due_before, "state": state}
        asked = _validated(
            TakedownsAsked, {name: value for name, value in given.items() if value is not None}
        )
        cursor: str | None = None
        while True:
            with _problems():
                page = list_takedowns(
                    TakedownsWanted(
                        due_before=asked.before,
                        states=() if asked.state is None else (TakedownState(asked.state),),
                        after=cursor,
                    ),
                    actor=self._actor,
                    units=self._parts.units,
                    environment=self._parts.environment,
                )
            yield from TakedownsAnswered.of(page, self._actor.tenant_id).model_dump(mode="json")["takedowns"]
            cursor = page.next
            if cursor is None:
                return

    def read(self, takedown: str) -> Json:
        """Read a request; raise `Problem`."""
        with _problems():
            view = read_takedown(takedown, **self._around())
        return TakedownAnswered.of_view(view).model_dump(mode="json")

    def open(self, request: Json) -> Json:
        """Open a request; raise `Problem`."""
        asked = _validated(TakedownAskedFor, request)
        with _problems():
            opened = open_takedown(
                TakedownAsked(
                    case_id=asked.case,
                    profile=asked.profile,
                    language=Language(asked.language),
                    platform_id=asked.platform,
                    target=asked.target,
                    elements=elements_of(asked.elements),
                ),
                **self._around(),
            )
        return TakedownOpened.of(opened).model_dump(mode="json")

    def record(self, takedown: str, event: Json) -> Json:
        """Record an event of a request; raise `Problem`."""
        asked = _validated(TakedownEventAsked, event)
        with _problems():
            done = record_takedown_event(
                takedown,
                EventAsked(
                    event=TakedownEvent(asked.event),
                    reason=None if asked.reason is None else TakedownReason(asked.reason),
                    elements=elements_of(asked.elements),
                ),
                **self._around(),
            )
        return TakedownMoved.of(done).model_dump(mode="json")

    def _around(self) -> dict[str, Any]:
        parts = self._parts
        return {
            "actor": self._actor,
            "units": parts.units,
            "environment": parts.environment,
            "rules": parts.takedown_rules,
        }


@contextmanager
def open_desk(target: Target) -> Iterator[TakedownDesk]:
    """Open the requests that the options name; in a data folder by the key, if there is one, or its operator."""
    if target.url is not None:
        with RegistryClient(target.url, target.key or "") as client:
            yield RemoteDesk(client)
        return
    with open_local(target.settings()) as container:
        actor = container.authenticator.actor(f"Bearer {target.key}") if target.key else None
        yield LocalDesk(container, actor or local_actor(container))


def _validated(model: type[Model], fields: Json) -> Model:
    """Return the model of the fields; raise `Problem`, which names known fields only and repeats no value."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        places = {str(item["loc"][0]) for item in error.errors(include_url=False, include_input=False)}
        known = sorted(places & set(model.model_fields))
        which = ", ".join(known) or "a field that does not exist"
        raise Problem("body-invalid", f"This does not fit: {which}. See docs/takedowns.md.") from None


@contextmanager
def _problems() -> Iterator[None]:
    try:
        yield
    except RegistryError as error:
        raise Problem(error.code, error.detail, error.status) from error
