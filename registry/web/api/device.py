"""Endpoints with the code that fingerprints a victim's pictures on their own device (docs/device.md)."""

from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, abort

from registry.web.endpoints import Endpoint, endpoint
from registry.web.static_files import StaticFolder, static_folder

blueprint: Final = Blueprint("device", __name__)

_PUBLIC: Final = Endpoint(permission=None, budget=None, problems=(HTTPStatus.NOT_FOUND,))

WORKER_POLICY: Final = (
    "default-src 'none'; script-src 'self'; connect-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""Policy of the worker that sees pictures: it may load its own modules, and connect to nothing. The page hands it all
that it needs. A worker started from these files has this policy, whatever the page's own is."""


def device_folder() -> StaticFolder:
    """Return the files of the code that runs on devices."""
    return static_folder("device")


def device_address() -> str:
    """Return the address under which a page loads them: `device_address() + "device.js"`."""
    return f"/device/{device_folder().digest}/"


@blueprint.get("/device/<digest>/<name>")
@endpoint(_PUBLIC)
def device_file(digest: str, name: str) -> Response:
    """Read a file of the code that fingerprints pictures in a browser. Its address changes with any of the files."""
    return _answer(digest, name)


@blueprint.get("/device/<digest>/<room>/<name>")
@endpoint(_PUBLIC)
def device_module(digest: str, room: str, name: str) -> Response:
    """Read a module of that code."""
    return _answer(digest, f"{room}/{name}")


def _answer(digest: str, path: str) -> Response:
    folder = device_folder()
    if digest != folder.digest or path not in folder.files:
        abort(HTTPStatus.NOT_FOUND)
    response = folder.files[path].response()
    response.headers["Content-Security-Policy"] = WORKER_POLICY
    return response
