"""Endpoints that suspend, resume and renew cases."""

from functools import partial
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response

from registry.domain import ids
from registry.permissions import Permission
from registry.security import Budget
from registry.storage.rows import SqlUnits
from registry.usecases.cases import Moved, renew_case, resume_case, suspend_case
from registry.web.bodies import JSON, Parameters, media_type, read_json
from registry.web.context import actor, container
from registry.web.endpoints import Endpoint, endpoint
from registry.web.idempotency import Rendered, once
from registry.web.identifiers import require_id
from registry.web.schemas import (
    MovedAnswered,
    ResumptionAsked,
    SuspensionAsked,
    resumption_of,
    suspension_of,
)

blueprint: Final = Blueprint("standing", __name__, url_prefix="/v1/cases")


_by_officer: Final = partial(
    Endpoint,
    permission=Permission.CASE_SUSPEND,
    budget=Budget.WRITES,
    answer=MovedAnswered,
    idempotent=True,
    problems=(400, 404, 408, 409, 413, 415, 422),
)


@blueprint.post("/<case_id>/suspension")
@endpoint(_by_officer(body=SuspensionAsked))
def post_suspension(case_id: str) -> Response:
    """Put a case out of effect, as an officer.

    No check matches it after this answer, on any worker. Suspending it again changes nothing.
    """
    require_id(case_id, ids.CASE)
    media_type(JSON)
    asked, parameters = read_json(SuspensionAsked)
    parts = container()
    caller = actor()

    def act(units: SqlUnits) -> Moved:
        reason = suspension_of(asked)
        return suspend_case(case_id, reason, actor=caller, units=units, environment=parts.environment)

    return once(parts.units, parameters, act, _render)


@blueprint.post("/<case_id>/resumption")
@endpoint(_by_officer(body=ResumptionAsked))
def post_resumption(case_id: str) -> Response:
    """Put a suspended case in effect again, as an officer.

    While a challenge of it is open, it is `challenged`.
    """
    require_id(case_id, ids.CASE)
    media_type(JSON)
    asked, parameters = read_json(ResumptionAsked)
    parts = container()
    caller = actor()

    def act(units: SqlUnits) -> Moved:
        reason = resumption_of(asked)
        return resume_case(case_id, reason, actor=caller, units=units, environment=parts.environment)

    return once(parts.units, parameters, act, _render)


@blueprint.post("/<case_id>/renewal")
@endpoint(
    Endpoint(
        permission=Permission.CASE_VERIFY,
        budget=Budget.WRITES,
        answer=MovedAnswered,
        idempotent=True,
        problems=(400, 404, 409),
    )
)
def post_renewal(case_id: str) -> Response:
    """Put an expired case in effect again, as a verifier.

    It is then as it was before: suspended or challenged, if it was that.
    """
    require_id(case_id, ids.CASE)
    parts = container()
    caller = actor()

    def act(units: SqlUnits) -> Moved:
        return renew_case(case_id, actor=caller, units=units, environment=parts.environment)

    return once(parts.units, Parameters(fields=None), act, _render)


def _render(moved: Moved) -> Rendered:
    return Rendered(status=HTTPStatus.OK, model=MovedAnswered.of(moved))
