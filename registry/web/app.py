"""Makes the application of one process."""

from typing import Final

from apiflask import APIFlask
from flask import Response

from registry import __version__
from registry.bootstrap import Container
from registry.web import openapi
from registry.web.api import cases, checks, jobs, service
from registry.web.bodies import PrivateRequest
from registry.web.context import EXTENSION
from registry.web.endpoints import require_statements
from registry.web.guard import install_guard
from registry.web.observing import install_observing
from registry.web.problems import install_problems

_DESCRIPTION: Final = (
    "Victims, or agencies acting for them, register fingerprints of images and clips; platforms ask about each upload "
    "before they publish it. Media is never kept."
)
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Application(APIFlask):
    """Flask whose uploads lie in memory or in the encrypted spool."""

    request_class = PrivateRequest


def create_app(container: Container) -> Application:
    """Makes the application around a process's parts.

    Raises:
        UndeclaredEndpoint: a route states no permission.
    """
    app = Application(
        __name__,
        title="Takedown Registry",
        version=__version__,
        spec_path=None,
        docs_path=None,
        static_folder=None,  # type: ignore[arg-type]  # Flask takes None, APIFlask only says otherwise
        json_errors=False,
    )
    app.config.update(
        DESCRIPTION=_DESCRIPTION,
        OPENAPI_VERSION="3.1.0",
        AUTO_OPERATION_ID=True,
        AUTO_SERVERS=False,  # it would keep the Host header of whoever reads the document first
        PROVIDE_AUTOMATIC_OPTIONS=False,
        AUTO_404_RESPONSE=False,
        AUTO_VALIDATION_ERROR_RESPONSE=False,
        AUTO_AUTH_ERROR_RESPONSE=False,
    )
    # A wrong path is a problem document, not a redirect that repeats what was sent.
    app.url_map.merge_slashes = False
    app.extensions[EXTENSION] = container
    install_problems(app)
    install_observing(app)
    install_guard(app)
    for module in (cases, checks, jobs, service):
        app.register_blueprint(module.blueprint)
    app.after_request(_security_headers)
    app.spec_processor(lambda document: openapi.complete(app, document))
    require_statements(app)
    return app


def _security_headers(response: Response) -> Response:
    response.headers.extend(_HEADERS)
    return response
