"""The application's pages, served on this machine with a page and files of the tests beside them."""

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import Flask, Response, abort, request
from werkzeug.serving import WSGIRequestHandler, make_server

from registry.web.api.device import blueprint, device_address, device_folder

# What a page of the product has: everything from its own address, and nothing else.
POLICY = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'"

PAGE = (
    '<!doctype html><meta charset="utf-8"><title>Notes</title><script type="module" src="/page.js"></script>'
)
SCRIPT = """
import {{ DeviceError, openDevice }} from "{address}device.js";

window.openDevice = openDevice;

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
    const start = performance.now();
    try {{
      found[name] = await window.device.fingerprint(window.files[name], wanted);
      found[name].ms = performance.now() - start;
    }} catch (error) {{
      found[name] = {{ error: error instanceof DeviceError ? error.code : String(error) }};
    }}
  }}
  return found;
}};

window.isReady = true;
"""


@dataclass
class Site:
    """An address, files that its page may load, the requests made, and what a test puts before the worker's code."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    before_worker: str = ""


class _Quiet(WSGIRequestHandler):
    def log_request(self, *_arguments):
        pass


@contextmanager
def served(files=None):
    """Serves the device's code, a page that loads it, and files under /files/."""
    site = Site(files=dict(files or {}))
    app = Flask(__name__, static_folder=None)
    app.register_blueprint(blueprint)

    @app.before_request
    def note():
        site.asked.append(f"{request.method} {request.path}")

    @app.after_request
    def put_before(response):
        if request.path.endswith("/worker.js") and site.before_worker:
            response.set_data(site.before_worker + device_folder().files["worker.js"].content.decode())
            response.headers.pop("Content-Encoding", None)
        return response

    @app.get("/")
    def page():
        return Response(PAGE, headers={"Content-Security-Policy": POLICY})

    @app.get("/page.js")
    def script():
        return Response(SCRIPT.format(address=device_address()), content_type="text/javascript")

    @app.get("/files/<name>")
    def file(name):
        if name not in site.files:
            abort(404)
        return Response(site.files[name], content_type="application/octet-stream")

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    site.address = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
