"""Endpoints of takedown requests, for claimants and for the platforms that they are sent to."""

from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response

from registry.domain import ids
from registry.domain.takedowns import Language, TakedownEvent, TakedownReason, TakedownState
from registry.permissions import Permission
from registry.security import Budget
from registry.storage.rows import SqlUnits
from registry.usecases.takedowns import (
    EventAsked,
    MovedTakedown,
    OpenedTakedown,
    TakedownAsked,
    TakedownsWanted,
    list_takedowns,
    open_takedown,
    read_takedown,
    record_takedown_event,
)
from registry.web.bodies import JSON, media_type, read_json, read_query
from registry.web.context import actor, container
from registry.web.endpoints import Endpoint, endpoint
from registry.web.idempotency import Rendered, once
from registry.web.identifiers import require_id
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

blueprint: Final = Blueprint("takedowns", __name__, url_prefix="/v1/takedowns")


@blueprint.post("")
@endpoint(
    Endpoint(
        permission=Permission.TAKEDOWN_CREATE,
        budget=Budget.WRITES,
        status=201,
        answer=TakedownOpened,
        body=TakedownAskedFor,
        idempotent=True,
        problems=(400, 404, 408, 409, 413, 415, 422),
    )
)
def post_takedown() -> Response:
    """Open a takedown request.

    `missing` names the elements of the profile that are not there yet, in Korean and English; without any the request
    is `validated`. Nothing is sent, and no clock runs, until the event `send`. If the case has a request of the same
    profile for the same address that has not ended, the answer names that one (`duplicate`).
    """
    media_type(JSON)
    asked, parameters = read_json(TakedownAskedFor)
    wanted = TakedownAsked(
        case_id=asked.case,
        profile=asked.profile,
        language=Language(asked.language),
        platform_id=asked.platform,
        target=asked.target,
        elements=elements_of(asked.elements),
    )
    parts, caller = container(), actor()

    def act(units: SqlUnits) -> OpenedTakedown:
        return open_takedown(
            wanted, actor=caller, units=units, environment=parts.environment, rules=parts.takedown_rules
        )

    return once(parts.units, parameters, act, _render_opened)


@blueprint.get("/<takedown_id>")
@endpoint(
    Endpoint(
        permission=Permission.TAKEDOWN_READ, budget=Budget.READS, answer=TakedownAnswered, problems=(404,)
    )
)
def get_takedown(takedown_id: str) -> Response:
    """Read a takedown request.

    Its claimant reads it always, the platform once it was sent. `overdue` is as of this answer.
    """
    require_id(takedown_id, ids.TAKEDOWN)
    parts = container()
    view = read_takedown(
        takedown_id,
        actor=actor(),
        units=parts.units,
        environment=parts.environment,
        rules=parts.takedown_rules,
    )
    return Rendered(status=HTTPStatus.OK, model=TakedownAnswered.of_view(view)).response()


@blueprint.get("")
@endpoint(
    Endpoint(
        permission=Permission.TAKEDOWN_READ,
        budget=Budget.READS,
        answer=TakedownsAnswered,
        query=TakedownsAsked,
        problems=(404, 422),
    )
)
def get_takedowns() -> Response:
    """List takedown requests: those of the tenant's cases, and those that were sent to it.

    A page has up to 200 requests, in the order in which they were opened, or with `due_before` by their deadlines.
    `next` is the `cursor` of the page that follows.
    """
    asked = read_query(TakedownsAsked)
    parts, caller = container(), actor()
    wanted = TakedownsWanted(
        due_before=asked.before,
        states=() if asked.state is None else (TakedownState(asked.state),),
        after=asked.cursor,
    )
    page = list_takedowns(wanted, actor=caller, units=parts.units, environment=parts.environment)
    return Rendered(status=HTTPStatus.OK, model=TakedownsAnswered.of(page, caller.tenant_id)).response()


@blueprint.post("/<takedown_id>/events")
@endpoint(
    Endpoint(
        permission=Permission.TAKEDOWN_READ,
        budget=Budget.WRITES,
        status=201,
        answer=TakedownMoved,
        body=TakedownEventAsked,
        idempotent=True,
        problems=(400, 404, 408, 409, 413, 415, 422),
    )
)
def post_takedown_event(takedown_id: str) -> Response:
    """Record what happened to a takedown request.

    The claimant's events need `tenant:takedown:create`, the platform's `tenant:takedown:decide`; docs/takedowns.md
    lists both, with their reasons. Of a platform without a key here the claimant records the events. An event after the
    deadline is recorded after the missed deadline.
    """
    require_id(takedown_id, ids.TAKEDOWN)
    media_type(JSON)
    asked, parameters = read_json(TakedownEventAsked)
    wanted = EventAsked(
        event=TakedownEvent(asked.event),
        reason=None if asked.reason is None else TakedownReason(asked.reason),
        elements=elements_of(asked.elements),
    )
    parts, caller = container(), actor()

    def act(units: SqlUnits) -> MovedTakedown:
        return record_takedown_event(
            takedown_id,
            wanted,
            actor=caller,
            units=units,
            environment=parts.environment,
            rules=parts.takedown_rules,
        )

    return once(parts.units, parameters, act, _render_moved)


def _render_opened(opened: OpenedTakedown) -> Rendered:
    return Rendered(
        status=HTTPStatus.OK if opened.is_duplicate else HTTPStatus.CREATED,
        model=TakedownOpened.of(opened),
        location=f"/v1/takedowns/{opened.takedown.id}",
    )


def _render_moved(result: MovedTakedown) -> Rendered:
    return Rendered(status=HTTPStatus.CREATED, model=TakedownMoved.of(result))
