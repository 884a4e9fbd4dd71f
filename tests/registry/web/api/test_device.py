"""GET /device/…: the code that fingerprints pictures on a device, and its policy."""

import gzip
import re
import runpy

import pytest

from registry.web.api.device import device_address, device_folder
from registry.web.static_files import FOREVER
from tests.support.paths import ROOT
from tests.support.web.service import assert_problem

MAX_FIRST_LOAD = 150_000  # bytes, compressed


@pytest.fixture
def nobody(service):
    """Somebody without a key."""
    return service.with_key(None)


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("device.js", "text/javascript; charset=utf-8"),
        ("planes/linear.js", "text/javascript; charset=utf-8"),
        ("projection.bin", "application/octet-stream"),
        ("canary.png", "image/png"),
    ],
)
def test_files_have_exact_types_and_may_be_kept(nobody, name, content_type):
    """Each file has its type, and an address that changes with it, so a browser may keep it for ever."""
    answer = nobody.get(device_address() + name)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == content_type
    assert answer.headers.getlist("Cache-Control") == [FOREVER]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.data == device_folder().files[name].content


def test_files_are_compressed_where_that_is_accepted(nobody):
    """A browser that accepts gzip gets it, and a cache in between is told."""
    answer = nobody.get(device_address() + "device.js", headers={"Accept-Encoding": "br, gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(answer.data) == device_folder().files["device.js"].content


def test_the_worker_may_connect_to_nothing(nobody):
    """The worker has a policy of its own: no connection, no source but this address."""
    (policy,) = nobody.get(device_address() + "worker.js").headers.getlist("Content-Security-Policy")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["connect-src"] == "'none'"
    assert rules["script-src"] == "'self'"


@pytest.mark.parametrize(
    "path", ["/device/0000000000000000/device.js", "nothing.js", "planes/nothing.js", "planes/..%2fdevice.js"]
)
def test_everything_else_is_not_found(nobody, path):
    """An address of another version, or of no file, is no file."""
    address = path if path.startswith("/") else device_address() + path
    assert_problem(nobody.get(address), 404, "no-such-endpoint")


def test_the_first_load_is_small():
    """Everything that a page loads before the first picture has at most 150 KB, compressed."""
    assert sum(len(file.compressed) for file in device_folder().files.values()) <= MAX_FIRST_LOAD


def test_constants_are_those_of_python():
    """The exported constants are what scripts/make_device_constants writes."""
    made = runpy.run_path(str(ROOT / "scripts" / "make_device_constants"))["made"]()
    assert {name: device_folder().files[name].content for name in made} == made


def test_modules_import_nothing_else():
    """Every import is a relative one of a file that is served: no library, no other address."""
    for path, file in device_folder().files.items():
        if not path.endswith(".js"):
            continue
        room = path.split("/")[:-1]
        for target in re.findall(r'from "([^"]+)"', file.content.decode()):
            steps = list(room)
            for step in target.split("/"):
                if step == "..":
                    steps.pop()
                elif step != ".":
                    steps.append(step)
            assert "/".join(steps) in device_folder().files, (path, target)
