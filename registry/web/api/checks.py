"""Endpoints of checks, which platforms send before they publish an upload."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response

from index.verdict import Context
from registry.domain import Check, CheckAsked, Spooled, ids
from registry.matching import Question, question_about, question_of_codes
from registry.permissions import Permission
from registry.security import Budget
from registry.storage.rows import SqlChecks, SqlUnits
from registry.usecases.checks import CheckView, check_upload, explain_check, read_check, record_decision
from registry.usecases.jobs import CheckResult
from registry.web.background import as_job
from registry.web.bodies import JSON, MULTIPART, Parameters, media_type, read_json, read_media
from registry.web.context import actor, container
from registry.web.endpoints import Endpoint, endpoint
from registry.web.idempotency import Rendered, once
from registry.web.identifiers import require_id
from registry.web.observing import count_verdict
from registry.web.schemas import (
    CheckAnswered,
    CheckByCodes,
    CheckFields,
    DecidedCheckAnswered,
    DecisionAsked,
    ExplanationAnswered,
    JobAnswered,
    context_of,
    decision_of,
    feedback_of,
    parse_codes,
)

blueprint: Final = Blueprint("checks", __name__, url_prefix="/v1/checks")


@blueprint.post("")
@endpoint(
    Endpoint(
        permission=Permission.CHECK_CREATE,
        budget=Budget.CHECKS,
        status=201,
        answer=CheckAnswered,
        body=CheckByCodes,
        media=CheckFields,
        job=JobAnswered,
        idempotent=True,
        problems=(400, 408, 413, 415, 422),
    )
)
def post_check() -> Response:
    """Check an upload before it is published.

    Send the file, or with `tenant:check:codes` codes that you computed. Only the verdict `allow` means that the upload
    may be published. An error (an unreadable file, a busy decoder, an index that is not ready) is not an `allow`. A
    clip is processed in the background: the answer is a job, and its `Location` gives the verdict once the job is done.
    """
    if media_type(JSON, MULTIPART) == MULTIPART:
        fields, upload, parameters = read_media(CheckFields)
        context = context_of(fields.context)
        if upload.is_clip:
            asked_job = partial(_asked, context, _uploader(fields.uploader))
            return as_job(upload, parameters, asked_job, _finished, CheckResult)
        return _check(parameters, lambda: _seen(upload.picture(), context), fields.uploader)
    asked, parameters = read_json(CheckByCodes)
    question = question_of_codes(parse_codes(asked.codes), context_of(asked.context))
    return _check(parameters, lambda: question, asked.uploader)


@blueprint.get("/<check_id>")
@endpoint(
    Endpoint(
        permission=Permission.CHECK_READ, budget=Budget.READS, answer=DecidedCheckAnswered, problems=(404,)
    )
)
def get_check(check_id: str) -> Response:
    """Read a check, with the decision if one was reported."""
    require_id(check_id, ids.CHECK)
    parts = container()
    view = read_check(check_id, actor=actor(), checks=parts.checks, units=parts.units)
    return Rendered(status=HTTPStatus.OK, model=DecidedCheckAnswered.of_view(view)).response()


@blueprint.get("/<check_id>/explanation")
@endpoint(
    Endpoint(
        permission=Permission.CHECK_EXPLAIN,
        budget=Budget.READS,
        answer=ExplanationAnswered,
        problems=(404,),
    )
)
def get_explanation(check_id: str) -> Response:
    """Read the full reasons, kinds and regions of a check, as a reviewer.

    The different checks that are explained within seven days count, and those near one registered item too. Beyond the
    budget the answer is 403 (`explanations-spent`).
    """
    require_id(check_id, ids.CHECK)
    parts = container()
    verdict = explain_check(
        check_id,
        actor=actor(),
        checks=parts.checks,
        budget=parts.explanations,
        units=parts.units,
        environment=parts.environment,
    )
    return Rendered(status=HTTPStatus.OK, model=ExplanationAnswered.of(check_id, verdict)).response()


@blueprint.post("/<check_id>/decision")
@endpoint(
    Endpoint(
        permission=Permission.DECISION_CREATE,
        budget=Budget.WRITES,
        answer=DecidedCheckAnswered,
        body=DecisionAsked,
        idempotent=True,
        problems=(400, 404, 408, 409, 413, 415, 422),
    )
)
def post_decision(check_id: str) -> Response:
    """Report the platform's decision about the upload.

    Repeating the same decision has no effect. A different decision is a conflict.
    """
    require_id(check_id, ids.CHECK)
    media_type(JSON)
    asked, parameters = read_json(DecisionAsked)
    parts = container()
    caller = actor()

    def act(units: SqlUnits) -> CheckView:
        return record_decision(
            check_id,
            decision_of(asked.decision),
            actor=caller,
            checks=parts.checks,
            units=units,
            environment=parts.environment,
            feedback=feedback_of(asked.feedback),
        )

    def render(result: CheckView) -> Rendered:
        return Rendered(status=HTTPStatus.OK, model=DecidedCheckAnswered.of_view(result))

    return once(parts.units, parameters, act, render)


def _seen(media: memoryview, context: Context) -> Question:
    parts = container()
    colours = parts.check_services.faces_for(actor()) is not None
    return question_about(media, context, parts.fingerprints, colours=colours)


def _check(parameters: Parameters, asked: Callable[[], Question], uploader: str | None) -> Response:
    parts = container()
    caller = actor()

    def act(checks: SqlChecks) -> Check:
        services = parts.check_services.keeping(checks)
        question = asked()
        check = check_upload(question, actor=caller, services=services, uploader=_uploader(uploader))
        count_verdict(check)
        return check

    return once(parts.checks, parameters, act, _render)


def _render(check: Check) -> Rendered:
    return Rendered(
        status=HTTPStatus.CREATED,
        model=CheckAnswered.of(check),
        location=f"/v1/checks/{check.id}",
    )


def _asked(context: Context, uploader: bytes | None, spooled: Spooled) -> CheckAsked:
    return CheckAsked(spooled=spooled, context=context, uploader=uploader)


def _uploader(name: str | None) -> bytes | None:
    """Return the keyed digest of the platform's name for its user."""
    return None if name is None else container().check_services.budget.uploader(actor().tenant_id, name)


def _finished(result: CheckResult) -> Rendered:
    return _render(result.check)
