"""The Flask application of one process."""

from typing import Any, Final

from flask import Flask, Response

from registry.bootstrap import Container
from registry.web.api import (
    break_glass,
    cases,
    challenges,
    checks,
    claims,
    consents,
    contacts,
    device,
    jobs,
    labels,
    mandates,
    notices,
    receipts,
    service,
    standing,
    takedowns,
)
from registry.web.bodies import PrivateRequest
from registry.web.context import EXTENSION
from registry.web.endpoints import require_statements
from registry.web.front import Front
from registry.web.guard import install_guard
from registry.web.observing import install_observing
from registry.web.pages import case as case_pages
from registry.web.pages import install_languages
from registry.web.pages import register as register_pages
from registry.web.problems import install_problems

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Application(Flask):
    """Flask application whose uploads lie in memory or in the encrypted spool."""

    request_class = PrivateRequest
    front: Front
    """The application's part in the server."""

    def log_exception(self, exc_info: Any) -> None:
        """Write no line: Flask's own line has the exception's text. The handler of problems writes ours."""


def create_app(container: Container) -> Application:
    """Return the application for the parts of a process.

    Raises:
        UndeclaredEndpoint: a route states no permission.
    """
    app = Application(__name__, static_folder=None)
    app.config.update(PROVIDE_AUTOMATIC_OPTIONS=False)
    # Answer a wrong path with a problem document, not with a redirect that repeats the input.
    app.url_map.merge_slashes = False
    app.extensions[EXTENSION] = container
    app.front = Front(container)
    install_problems(app)
    install_observing(app)
    install_guard(app)
    install_languages(app)
    for module in (
        break_glass,
        cases,
        challenges,
        checks,
        claims,
        consents,
        contacts,
        device,
        jobs,
        mandates,
        notices,
        labels,
        receipts,
        standing,
        takedowns,
        service,
        case_pages,
        register_pages,
    ):
        app.register_blueprint(module.blueprint)
    app.after_request(_security_headers)
    require_statements(app)
    return app


def _security_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)  # a view's own policy stays
    return response
