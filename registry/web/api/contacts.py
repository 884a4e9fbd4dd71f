"""The endpoint by which a verifier reads the contact of a case without an account."""

from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response

from registry.domain import ids
from registry.errors import NotFound
from registry.permissions import Permission
from registry.security import Budget
from registry.usecases.claims import read_contact
from registry.web.context import actor, container
from registry.web.endpoints import Endpoint, endpoint
from registry.web.idempotency import Rendered
from registry.web.schemas import ContactAnswered

blueprint: Final = Blueprint("contacts", __name__, url_prefix="/v1/cases")


@blueprint.get("/<case_id>/contact")
@endpoint(
    Endpoint(
        permission=Permission.CASE_CONTACT, budget=Budget.READS, answer=ContactAnswered, problems=(404, 503)
    )
)
def get_contact(case_id: str) -> Response:
    """Read the contact that a claimant without an account has left.

    Follow its safe-contact answers: `may_leave_message`, `hours` and `wording`. The ledger keeps who read it, and when.
    """
    if not ids.is_id(case_id, ids.CASE):
        raise NotFound
    parts = container()
    read = read_contact(case_id, actor=actor(), units=parts.units, environment=parts.environment)
    return Rendered(status=HTTPStatus.OK, model=ContactAnswered.of(read)).response()
