"""Endpoints of break-glass: a case of another tenant is read for a stated reason, and its subject sees that."""

import re
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response

from registry.domain import ids
from registry.errors import NotFound
from registry.events import LogEvent
from registry.permissions import Permission
from registry.security import Budget
from registry.storage.rows import SqlUnits
from registry.usecases.cases import Grant, break_glass, read_by_grant
from registry.web.bodies import JSON, media_type, read_json
from registry.web.context import actor, container
from registry.web.endpoints import Endpoint, endpoint
from registry.web.idempotency import Rendered, once
from registry.web.schemas import CaseAnswered, GlassAsked, GrantAnswered, reason_of

_NAME: Final = re.compile("[0-9a-f]{64}", re.ASCII)

blueprint: Final = Blueprint("break_glass", __name__, url_prefix="/v1")


@blueprint.post("/cases/<case_id>/break-glass")
@endpoint(
    Endpoint(
        permission=Permission.CASE_READ_ANY,
        budget=Budget.WRITES,
        status=201,
        answer=GrantAnswered,
        body=GlassAsked,
        idempotent=True,
        problems=(400, 404, 408, 413, 415, 422),
    )
)
def post_break_glass(case_id: str) -> Response:
    """State why a case of another tenant has to be read, and get a grant of 15 minutes for this key.

    The reason and the ticket are kept in the ledger for good, and the case shows them to its owner.
    """
    if not ids.is_id(case_id, ids.CASE):
        raise NotFound
    media_type(JSON)
    asked, parameters = read_json(GlassAsked)
    parts = container()
    caller = actor()

    def act(units: SqlUnits) -> Grant:
        reason = reason_of(asked.reason)
        return break_glass(
            case_id, reason, asked.ticket, actor=caller, units=units, environment=parts.environment
        )

    def render(grant: Grant) -> Rendered:
        name = grant.receipt.hex()
        return Rendered(
            status=HTTPStatus.CREATED,
            model=GrantAnswered.of(grant),
            location=f"/v1/break-glass/{name}",
        )

    response = once(parts.units, parameters, act, render)
    parts.log.alert(
        LogEvent.GLASS_BROKEN,
        case_id=case_id,
        tenant_id=caller.tenant_id,
        credential_id=caller.credential_id,
    )
    return response


@blueprint.get("/break-glass/<grant>")
@endpoint(
    Endpoint(permission=Permission.CASE_READ_ANY, budget=Budget.READS, answer=CaseAnswered, problems=(404,))
)
def get_break_glass(grant: str) -> Response:
    """Read the case of a grant of this key. Each reading is kept in the ledger, and the case shows it to its owner."""
    if _NAME.fullmatch(grant) is None:
        raise NotFound
    parts = container()
    view = read_by_grant(
        bytes.fromhex(grant), actor=actor(), units=parts.units, environment=parts.environment
    )
    return Rendered(status=HTTPStatus.OK, model=CaseAnswered.of(view)).response()
