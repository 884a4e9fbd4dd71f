"""The endpoint that lists the cases that expire soon."""

from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response

from registry.permissions import Permission
from registry.security import Budget
from registry.usecases.cases import list_notices
from registry.web.context import actor, container
from registry.web.endpoints import Endpoint, endpoint
from registry.web.idempotency import Rendered
from registry.web.schemas import NoticesAnswered

blueprint: Final = Blueprint("notices", __name__, url_prefix="/v1/cases/notices")


@blueprint.get("")
@endpoint(Endpoint(permission=Permission.CASE_LIST, budget=Budget.READS, answer=NoticesAnswered))
def get_notices() -> Response:
    """List the tenant's cases that expire soon.

    Nothing was heard of them for years. Reading, exporting or extending a case keeps it. The first to expire comes
    first.
    """
    notices = list_notices(actor=actor(), units=container().units)
    return Rendered(status=HTTPStatus.OK, model=NoticesAnswered.of(notices)).response()
