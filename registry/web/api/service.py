"""Endpoints about the service: health, readiness, metrics and documentation."""

from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, current_app, render_template
from prometheus_client import CONTENT_TYPE_LATEST

from registry.permissions import Permission
from registry.security import Budget
from registry.web import observing
from registry.web.bodies import JSON
from registry.web.context import container
from registry.web.endpoints import Endpoint, endpoint
from registry.web.idempotency import Rendered
from registry.web.openapi import document_of, pages_of
from registry.web.schemas import HealthAnswered, ReadyAnswered

blueprint: Final = Blueprint("service", __name__)

_PUBLIC: Final = Endpoint(permission=None, budget=None)


@blueprint.get("/healthz")
@endpoint(Endpoint(permission=None, budget=None, answer=HealthAnswered))
def healthz() -> Response:
    """Test whether the process answers."""
    return Rendered(status=HTTPStatus.OK, model=HealthAnswered(status="ok")).response()


@blueprint.get("/readyz")
@endpoint(Endpoint(permission=None, budget=None, answer=ReadyAnswered))
def readyz() -> Response:
    """Test whether checks are answered: the indexes of all code families must reflect the database.

    Anybody may ask, so the answer has no number: positions would count other people's registrations and withdrawals as
    they happen. The metrics have them.
    """
    container().indexes.require_ready()
    return Rendered(status=HTTPStatus.OK, model=ReadyAnswered(ready=True)).response()


@blueprint.get("/metrics")
@endpoint(Endpoint(permission=Permission.METRICS_READ, budget=Budget.READS))
def metrics() -> Response:
    """Read the metrics of all workers in Prometheus' text format."""
    return Response(observing.exposition(), content_type=CONTENT_TYPE_LATEST)


@blueprint.get("/openapi.json")
@endpoint(_PUBLIC)
def openapi() -> Response:
    """Read this interface's OpenAPI 3.1 document."""
    return Response(document_of(current_app), content_type=JSON)


@blueprint.get("/docs")
@endpoint(_PUBLIC)
def docs() -> str:
    """Read this interface's description as an HTML page."""
    return render_template("docs.html", document=pages_of(current_app))


@blueprint.get("/docs.css")
@endpoint(_PUBLIC)
def stylesheet() -> Response:
    """Read the page's style sheet. The page loads nothing from other servers."""
    return Response(render_template("docs.css"), content_type="text/css; charset=utf-8")
