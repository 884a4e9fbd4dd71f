"""Endpoints of labels, the tenant's own words on its cases and checks, and of lists of checks."""

from datetime import datetime
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response

from registry.domain import ids
from registry.permissions import Permission
from registry.ports import CheckPlace
from registry.security import Budget
from registry.usecases.cases import label_case, unlabel_case
from registry.usecases.checks import MAX_CHECKS, label_check, list_checks, unlabel_check
from registry.web.bodies import read_query
from registry.web.context import actor, container
from registry.web.cursors import cursor_of, place_of
from registry.web.endpoints import Endpoint, endpoint
from registry.web.idempotency import Rendered
from registry.web.identifiers import require_id
from registry.web.schemas import ChecksAnswered, ChecksAsked, LabelsAnswered

blueprint: Final = Blueprint("labels", __name__, url_prefix="/v1")

_CASES: Final = Endpoint(
    permission=Permission.CASE_LABEL,
    budget=Budget.WRITES,
    answer=LabelsAnswered,
    problems=(404, 409, 422),
)
_CHECKS: Final = Endpoint(
    permission=Permission.CHECK_LABEL, budget=Budget.WRITES, answer=LabelsAnswered, problems=(404, 422)
)


@blueprint.get("/checks")
@endpoint(
    Endpoint(
        permission=Permission.CHECK_LIST,
        budget=Budget.READS,
        answer=ChecksAnswered,
        query=ChecksAsked,
        problems=(422,),
    )
)
def get_checks() -> Response:
    """List the tenant's checks, the newest first, up to 200 a page.

    `next` is the `cursor` of the page that follows. A list tells of a check what its own answer told.
    """
    asked = read_query(ChecksAsked)
    after = _place(place_of(asked, asked.cursor))
    page = list_checks(asked.filter(), after, MAX_CHECKS, actor=actor(), lists=container().check_lists)
    following = cursor_of(asked, None if page.next is None else _text(page.next))
    return Rendered(status=HTTPStatus.OK, model=ChecksAnswered.of(page, following)).response()


@blueprint.put("/cases/<case_id>/labels/<label>")
@endpoint(_CASES)
def put_case_label(case_id: str, label: str) -> Response:
    """Add a label of your own to a case; one that is there stays. Labels hold no personal data."""
    require_id(case_id, ids.CASE)
    return _labels(label_case(case_id, label, actor=actor(), units=container().units))


@blueprint.delete("/cases/<case_id>/labels/<label>")
@endpoint(_CASES)
def delete_case_label(case_id: str, label: str) -> Response:
    """Remove a label of a case, if it is there."""
    require_id(case_id, ids.CASE)
    return _labels(unlabel_case(case_id, label, actor=actor(), units=container().units))


@blueprint.put("/checks/<check_id>/labels/<label>")
@endpoint(_CHECKS)
def put_check_label(check_id: str, label: str) -> Response:
    """Add a label of your own to a check; one that is there stays. Labels hold no personal data."""
    require_id(check_id, ids.CHECK)
    return _labels(label_check(check_id, label, actor=actor(), lists=container().check_lists))


@blueprint.delete("/checks/<check_id>/labels/<label>")
@endpoint(_CHECKS)
def delete_check_label(check_id: str, label: str) -> Response:
    """Remove a label of a check, if it is there."""
    require_id(check_id, ids.CHECK)
    return _labels(unlabel_check(check_id, label, actor=actor(), lists=container().check_lists))


def _labels(labels: tuple[str, ...]) -> Response:
    return Rendered(status=HTTPStatus.OK, model=LabelsAnswered(labels=list(labels))).response()


def _text(place: CheckPlace) -> str:
    return f"{place.checked_at.isoformat()} {place.check_id}"


def _place(text: str | None) -> CheckPlace | None:
    if text is None:
        return None
    moment, _, check_id = text.partition(" ")
    return CheckPlace(checked_at=datetime.fromisoformat(moment), check_id=check_id)
