"""Endpoints of mandates: agents propose, somebody else confirms, and the subject ends them without a key."""

from functools import partial
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response

from registry.domain import Language, Mandate, ids
from registry.errors import NotFound
from registry.permissions import Permission
from registry.security import Budget, DigestPurpose
from registry.storage.rows import SqlUnits
from registry.usecases.mandates import (
    Revoked,
    confirm_mandate,
    list_expiring_mandates,
    list_mandates,
    propose_mandate,
    revoke_by_subject,
    revoke_mandate,
)
from registry.web.addresses import client_address
from registry.web.bodies import JSON, Parameters, media_type, read_json, read_query
from registry.web.context import actor, container
from registry.web.endpoints import Endpoint, endpoint
from registry.web.idempotency import Rendered, once
from registry.web.schemas import (
    ConfirmedAnswered,
    ExpiringAsked,
    MandateAnswered,
    MandateAsked,
    MandateConfirmationAsked,
    MandatesAnswered,
    RevokedAnswered,
    SubjectsRevocationAsked,
)

blueprint: Final = Blueprint("mandates", __name__, url_prefix="/v1")


@blueprint.post("/cases/<case_id>/mandates")
@endpoint(
    Endpoint(
        permission=Permission.CASE_CREATE,
        budget=Budget.WRITES,
        status=201,
        answer=MandateAnswered,
        body=MandateAsked,
        idempotent=True,
        problems=(400, 404, 408, 409, 413, 415, 422),
    )
)
def post_mandate(case_id: str) -> Response:
    """Propose a mandate for a case.

    It allows nothing until somebody else confirms it who has heard the subject.
    """
    _require(case_id, ids.CASE)
    media_type(JSON)
    asked, parameters = read_json(MandateAsked)
    parts = container()
    caller = actor()

    def act(units: SqlUnits) -> Mandate:
        return propose_mandate(
            case_id, asked.scope, asked.expires_at, actor=caller, units=units, environment=parts.environment
        )

    def render(mandate: Mandate) -> Rendered:
        return Rendered(status=HTTPStatus.CREATED, model=MandateAnswered.of(mandate))

    return once(parts.units, parameters, act, render)


@blueprint.get("/cases/<case_id>/mandates")
@endpoint(
    Endpoint(permission=Permission.CASE_READ, budget=Budget.READS, answer=MandatesAnswered, problems=(404,))
)
def get_mandates(case_id: str) -> Response:
    """List the mandates of a case, in the order in which they were proposed."""
    _require(case_id, ids.CASE)
    found = list_mandates(case_id, actor=actor(), units=container().units)
    return Rendered(status=HTTPStatus.OK, model=MandatesAnswered.of(found)).response()


@blueprint.get("/mandates")
@endpoint(
    Endpoint(
        permission=Permission.CASE_LIST,
        budget=Budget.READS,
        answer=MandatesAnswered,
        query=ExpiringAsked,
        problems=(422,),
    )
)
def get_expiring_mandates() -> Response:
    """List the tenant's mandates in force that expire before a time, the first to expire first; 500 at most."""
    asked = read_query(ExpiringAsked)
    parts = container()
    before = asked.before(parts.environment.now())
    found = list_expiring_mandates(before, actor=actor(), units=parts.units)
    return Rendered(status=HTTPStatus.OK, model=MandatesAnswered.of(found)).response()


@blueprint.post("/mandates/<mandate_id>/confirmation")
@endpoint(
    Endpoint(
        permission=Permission.CASE_VERIFY,
        budget=Budget.WRITES,
        status=201,
        answer=ConfirmedAnswered,
        body=MandateConfirmationAsked,
        problems=(400, 404, 408, 409, 413, 415, 422),
    )
)
def post_confirmation(mandate_id: str) -> Response:
    """Confirm a mandate, after the subject was heard through a channel that does not lead through the agent.

    The key that proposed it or opened the case cannot confirm it (`own-case`). The answer has the subject's secret. A
    case that had expired is in effect again.
    """
    _require(mandate_id, ids.MANDATE)
    media_type(JSON)
    asked, _ = read_json(MandateConfirmationAsked)
    parts = container()
    done = confirm_mandate(
        mandate_id,
        Language(asked.language),
        actor=actor(),
        units=parts.units,
        environment=parts.environment,
        digest=partial(parts.keys.digest, DigestPurpose.MANDATE),
    )
    return Rendered(status=HTTPStatus.CREATED, model=ConfirmedAnswered.of(done)).response()


@blueprint.post("/mandates/<mandate_id>/revocation")
@endpoint(
    Endpoint(
        permission=Permission.CASE_WITHDRAW,
        budget=Budget.WRITES,
        answer=RevokedAnswered,
        idempotent=True,
        problems=(400, 404),
    )
)
def post_revocation(mandate_id: str) -> Response:
    """Revoke a mandate as the agent.

    If no other mandate of the case is in force, its references stop matching with this answer, on every worker.
    """
    _require(mandate_id, ids.MANDATE)
    parts = container()
    caller = actor()

    def act(units: SqlUnits) -> Revoked:
        return revoke_mandate(mandate_id, actor=caller, units=units, environment=parts.environment)

    def render(done: Revoked) -> Rendered:
        return Rendered(status=HTTPStatus.OK, model=RevokedAnswered.of(done))

    return once(parts.units, Parameters(fields=None), act, render)


@blueprint.post("/mandates/revocation")
@endpoint(
    Endpoint(
        permission=None,
        budget=None,
        is_for_claimants=True,
        answer=RevokedAnswered,
        body=SubjectsRevocationAsked,
        problems=(400, 404, 408, 413, 415, 422, 429),
    )
)
def post_subjects_revocation() -> Response:
    """Revoke every mandate of a case as its subject, by the secret that she was given. No key is needed.

    The references of the case stop matching with this answer, on every worker. The agent needs her again. Nobody learns
    whether a mandate exists: an unknown one and a wrong secret are answered alike.
    """
    media_type(JSON)
    asked, _ = read_json(SubjectsRevocationAsked)
    parts = container()
    try:
        done = revoke_by_subject(
            asked.mandate,
            asked.secret,
            units=parts.units,
            environment=parts.environment,
            digest=partial(parts.keys.digest, DigestPurpose.MANDATE),
        )
    except NotFound:
        # Counted after the secret was found wrong: nobody can lock the subject out.
        parts.rate_limits.draw(Budget.FAILURES, client_address())
        raise
    return Rendered(status=HTTPStatus.OK, model=RevokedAnswered.of(done)).response()


def _require(name: str, prefix: str) -> None:
    """Raise `NotFound` for an id that cannot exist."""
    if not ids.is_id(name, prefix):
        raise NotFound
