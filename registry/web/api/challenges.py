"""Endpoints that challenge cases and checks, and decide and list challenges."""

from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response

from registry.domain import ChallengeState, DecisionOutcome, ids
from registry.permissions import Permission
from registry.security import Budget
from registry.storage.rows import SqlUnits
from registry.usecases.challenges import (
    Challenged,
    CheckChallenged,
    Cleared,
    Decided,
    Statement,
    challenge_case,
    challenge_check,
    clear_reference,
    decide_challenge,
    list_challenges,
)
from registry.web.bodies import JSON, Parameters, media_type, read_json, read_query
from registry.web.context import actor, container
from registry.web.endpoints import Endpoint, endpoint
from registry.web.idempotency import Rendered, once
from registry.web.identifiers import require_id
from registry.web.schemas import (
    ChallengeAsked,
    ChallengedAnswered,
    ChallengeDecisionAsked,
    ChallengesAnswered,
    ChallengesAsked,
    CheckChallengeAsked,
    CheckChallengedAnswered,
    ClearedAnswered,
    DecidedAnswered,
    challenge_reason_of,
)

blueprint: Final = Blueprint("challenges", __name__, url_prefix="/v1")


@blueprint.post("/cases/<case_id>/challenges")
@endpoint(
    Endpoint(
        permission=Permission.CASE_CHALLENGE,
        budget=Budget.WRITES,
        status=201,
        answer=ChallengedAnswered,
        body=ChallengeAsked,
        idempotent=True,
        problems=(400, 404, 408, 409, 413, 415, 422),
    )
)
def post_challenge(case_id: str) -> Response:
    """Challenge a case, or one reference of it.

    With this answer the case or the reference is for review at most, on every worker, until two officers have decided.
    The same challenge again changes nothing.
    """
    require_id(case_id, ids.CASE)
    media_type(JSON)
    asked, parameters = read_json(ChallengeAsked)
    parts = container()
    caller = actor()

    def act(units: SqlUnits) -> Challenged:
        return challenge_case(
            case_id,
            challenge_reason_of(asked.reason),
            reference_id=asked.reference,
            actor=caller,
            units=units,
            environment=parts.environment,
        )

    return once(parts.units, parameters, act, _render_challenged)


@blueprint.post("/checks/<check_id>/challenge")
@endpoint(
    Endpoint(
        permission=Permission.CASE_CHALLENGE,
        budget=Budget.WRITES,
        status=201,
        answer=CheckChallengedAnswered,
        body=CheckChallengeAsked,
        idempotent=True,
        problems=(400, 404, 408, 413, 415, 422),
    )
)
def post_check_challenge(check_id: str) -> Response:
    """Challenge whatever a check matched, as the platform or for its user.

    The answer is the same if the check matched nothing. A check is challenged once: again, the first challenge is told.
    """
    require_id(check_id, ids.CHECK)
    media_type(JSON)
    asked, parameters = read_json(CheckChallengeAsked)
    parts = container()
    caller = actor()

    def act(units: SqlUnits) -> CheckChallenged:
        return challenge_check(
            check_id,
            challenge_reason_of(asked.reason),
            actor=caller,
            checks=parts.checks,
            units=units,
            environment=parts.environment,
        )

    def render(result: CheckChallenged) -> Rendered:
        status = HTTPStatus.CREATED if result.is_new else HTTPStatus.OK
        return Rendered(status=status, model=CheckChallengedAnswered.of(result))

    return once(parts.units, parameters, act, render)


@blueprint.post("/challenges/<challenge_id>/decisions")
@endpoint(
    Endpoint(
        permission=Permission.CASE_DECIDE,
        budget=Budget.WRITES,
        status=201,
        answer=DecidedAnswered,
        body=ChallengeDecisionAsked,
        idempotent=True,
        problems=(400, 404, 408, 409, 413, 415, 422),
    )
)
def post_decision(challenge_id: str) -> Response:
    """State whether a claim stands against a challenge.

    The first statement waits (`people_missing`). Two officers who say the same decide; where two disagree, a third is
    needed. Whoever opened the case or the challenge decides nothing (`own-challenge`).
    """
    require_id(challenge_id, ids.CHALLENGE)
    media_type(JSON)
    asked, parameters = read_json(ChallengeDecisionAsked)
    statement = Statement(outcome=DecisionOutcome(asked.outcome), is_bad_faith=asked.bad_faith)
    parts = container()
    caller = actor()

    def act(units: SqlUnits) -> Decided:
        return decide_challenge(
            challenge_id, statement, actor=caller, units=units, environment=parts.environment
        )

    def render(result: Decided) -> Rendered:
        status = HTTPStatus.OK if result.receipt is None else HTTPStatus.CREATED
        return Rendered(status=status, model=DecidedAnswered.of_decided(result))

    return once(parts.units, parameters, act, render)


@blueprint.get("/challenges")
@endpoint(
    Endpoint(
        permission=Permission.CASE_DECIDE,
        budget=Budget.READS,
        answer=ChallengesAnswered,
        query=ChallengesAsked,
        problems=(404, 422),
    )
)
def get_challenges() -> Response:
    """List the challenges of the tenant's cases, as an officer.

    A page has up to 100 challenges, in the order in which they were made. `next` is the `cursor` of the page after it.
    """
    asked = read_query(ChallengesAsked)
    page = list_challenges(
        asked.cursor,
        actor=actor(),
        units=container().units,
        state=None if asked.state is None else ChallengeState(asked.state),
    )
    return Rendered(status=HTTPStatus.OK, model=ChallengesAnswered.of(page)).response()


@blueprint.post("/references/<reference_id>/clearance")
@endpoint(
    Endpoint(
        permission=Permission.CASE_DECIDE,
        budget=Budget.WRITES,
        answer=ClearedAnswered,
        idempotent=True,
        problems=(400, 404, 409),
    )
)
def post_clearance(reference_id: str) -> Response:
    """End the quarantine of a reference, as an officer who has looked.

    A reference of which a challenge is open stays disputed until the challenge is decided.
    """
    require_id(reference_id, ids.REFERENCE)
    parts = container()
    caller = actor()

    def act(units: SqlUnits) -> Cleared:
        return clear_reference(reference_id, actor=caller, units=units, environment=parts.environment)

    def render(result: Cleared) -> Rendered:
        return Rendered(status=HTTPStatus.OK, model=ClearedAnswered.of(result))

    return once(parts.units, Parameters(fields=None), act, render)


def _render_challenged(challenged: Challenged) -> Rendered:
    return Rendered(
        status=HTTPStatus.OK if challenged.receipt is None else HTTPStatus.CREATED,
        model=ChallengedAnswered.of(challenged),
    )
