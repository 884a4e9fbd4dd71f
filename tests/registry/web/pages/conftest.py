"""The pages as a person without an account opens them, with a browser or without JavaScript."""

import threading
from contextlib import contextmanager

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.support.web.service import running


class _Quiet(WSGIRequestHandler):
    def log_request(self, *_arguments):
        pass


@contextmanager
def _served(app):
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """A service of these tests' own."""
    with running(tmp_path_factory.mktemp("pages")) as started:
        yield started


@pytest.fixture(scope="module")
def address(service):
    """Where a browser finds the service."""
    with _served(service.app) as at:
        yield at


@pytest.fixture
def person(service):
    """Somebody with a browser and no key."""
    return service.app.test_client()
