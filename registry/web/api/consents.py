"""Endpoints that list and withdraw the consents of a case."""

from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response

from registry.domain import ConsentPurpose, ids
from registry.errors import NotFound
from registry.permissions import Permission
from registry.security import Budget
from registry.storage.rows import SqlUnits
from registry.usecases.cases import ConsentWithdrawn, list_consents, withdraw_consent
from registry.web.bodies import JSON, media_type, read_json
from registry.web.context import actor, container
from registry.web.endpoints import Endpoint, endpoint
from registry.web.idempotency import Rendered, once
from registry.web.schemas import ConsentsAnswered, ConsentWithdrawalAsked, ConsentWithdrawnAnswered

blueprint: Final = Blueprint("consents", __name__, url_prefix="/v1/cases")


@blueprint.get("/<case_id>/consents")
@endpoint(
    Endpoint(permission=Permission.CASE_READ, budget=Budget.READS, answer=ConsentsAnswered, problems=(404,))
)
def get_consents(case_id: str) -> Response:
    """List the consents of a case, oldest first, also those that were withdrawn."""
    if not ids.is_id(case_id, ids.CASE):
        raise NotFound
    found = list_consents(case_id, actor=actor(), units=container().units)
    return Rendered(status=HTTPStatus.OK, model=ConsentsAnswered.of(found)).response()


@blueprint.post("/<case_id>/consents/withdrawal")
@endpoint(
    Endpoint(
        permission=Permission.CASE_WITHDRAW,
        budget=Budget.WRITES,
        answer=ConsentWithdrawnAnswered,
        body=ConsentWithdrawalAsked,
        idempotent=True,
        problems=(400, 404, 408, 413, 415, 422),
    )
)
def post_consents_withdrawal(case_id: str) -> Response:
    """Withdraw a consent of a case.

    Without `likeness`, the faces of the case leave the database with this answer, and no check finds them, on any
    worker; the fingerprints keep working. Everything rests on `fingerprints`: without it the case is withdrawn.
    """
    if not ids.is_id(case_id, ids.CASE):
        raise NotFound
    media_type(JSON)
    asked, parameters = read_json(ConsentWithdrawalAsked)
    parts = container()
    caller = actor()

    def act(units: SqlUnits) -> ConsentWithdrawn:
        purpose = ConsentPurpose(asked.purpose)
        return withdraw_consent(case_id, purpose, actor=caller, units=units, environment=parts.environment)

    response = once(parts.units, parameters, act, _render)
    parts.upkeep.withdrawal()
    return response


def _render(done: ConsentWithdrawn) -> Rendered:
    return Rendered(status=HTTPStatus.OK, model=ConsentWithdrawnAnswered.of(done))
