"""The code that runs on devices, served on this machine with a page and files beside it."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from flask import Flask, Response, abort, request
from werkzeug.serving import WSGIRequestHandler, make_server

from registry.web.api.device import blueprint, device_address, device_folder

POLICY: Final = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'"
"""What a page of the product has: everything from its own address, and nothing else."""

_PAGE: Final = (
    '<!doctype html><meta charset="utf-8"><title>Notes</title><script type="module" src="/page.js"></script>'
)
_SCRIPT: Final = """
import {{ DeviceError, openDevice }} from "{address}device.js";

window.load = async (names) => {{
  window.files = {{}};
  for (const name of names) {{
    const response = await fetch("/files/" + name);
    window.files[name] = new File([await response.blob()], name, {{ type: "image/jpeg" }});
  }}
}};

window.open = async () => {{
  try {{
    window.device = await openDevice();
    return window.device.way;
  }} catch (error) {{
    return error instanceof DeviceError ? error.code : String(error);
  }}
}};

window.describe = async (names, wanted) => {{
  const found = {{}};
  for (const name of names) {{
    try {{
      found[name] = await window.device.fingerprint(window.files[name], wanted);
    }} catch (error) {{
      found[name] = {{ error: error instanceof DeviceError ? error.code : String(error) }};
    }}
  }}
  return found;
}};

window.fetched = (address) => fetch(address, {{ cache: "no-store" }}).then(() => "answered", (error) => error.name);

window.call = async (asked) => {{
  const [name, given] = JSON.parse(asked);
  return JSON.stringify((await window[name](...given)) ?? null);
}};

window.isReady = true;
"""


@dataclass
class Site:
    """An address, files that its page may load, and the requests made.

    Attributes:
        address: address of the page.
        files: files by their names.
        asked: method and path of each request.
        before_worker: code that is put before the worker's own.
    """

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    before_worker: str = ""


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""


@contextmanager
def served(files: Mapping[str, bytes]) -> Iterator[Site]:
    """Serve the device's code, a page that loads it, and files under /files/."""
    site = Site(files=dict(files))
    server = make_server("127.0.0.1", 0, _app(site), threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    site.address = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _app(site: Site) -> Flask:
    app = Flask(__name__, static_folder=None)
    app.register_blueprint(blueprint)

    @app.before_request
    def note() -> None:
        site.asked.append(f"{request.method} {request.path}")

    @app.after_request
    def put_before(response: Response) -> Response:
        if request.path.endswith("/worker.js") and site.before_worker:
            response.set_data(site.before_worker + device_folder().files["worker.js"].content.decode())
            response.headers.pop("Content-Encoding", None)
        return response

    @app.get("/")
    def page() -> Response:
        return Response(_PAGE, headers={"Content-Security-Policy": POLICY})

    @app.get("/page.js")
    def script() -> Response:
        return Response(_SCRIPT.format(address=device_address()), content_type="text/javascript")

    @app.get("/files/<name>")
    def file(name: str) -> Response:
        if name not in site.files:
            abort(HTTPStatus.NOT_FOUND)
        return Response(site.files[name], content_type="application/octet-stream")

    return app
