"""What the worker that sees pictures may do, and what a page is told where it cannot see them."""

import struct
import zlib

import pytest
from playwright.sync_api import Error

from benchmarks.browsers.chromium import shown
from benchmarks.browsers.site import served
from tests.support.browsers.codes import codes_of, expected_codes
from tests.support.media.bombs import png_chunk
from tests.support.media.pictures import saved, scene

# What a canvas returns is changed a little, as private modes do: one level of every fourth pixel.
NOISY_CANVAS = """
const read = OffscreenCanvasRenderingContext2D.prototype.getImageData;
OffscreenCanvasRenderingContext2D.prototype.getImageData = function (...place) {
  const image = read.apply(this, place);
  for (let i = 0; i < image.data.length; i += 16) image.data[i] ^= 1;
  return image;
};
"""
NO_FRAMES = "delete self.VideoFrame;\n"

SOCKET = """
new Promise((done) => {
  try {
    const socket = new WebSocket("ws://" + location.host);
    socket.onopen = () => done("open");
    socket.onerror = () => done("refused");
  } catch {
    done("refused");
  }
})
"""

PHOTOGRAPHS = ("one.jpg", "two.jpg")


def _of_no_pixels(width, height):
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    body = png_chunk(b"IHDR", head) + png_chunk(b"IDAT", zlib.compress(b"")) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.fixture(scope="module")
def site():
    """A site with two photographs, and files that cannot be registered."""
    photograph = saved(scene(1), "jpeg", quality=90)
    files = {
        "one.jpg": photograph,
        "two.jpg": saved(scene(2), "png", compress_level=1),
        "empty.jpg": b"",
        "letter.jpg": b"This is a letter, whatever its name says.",
        "cut.jpg": photograph[: len(photograph) // 2],
        "damaged.jpg": photograph[:200],
        "phone.jpg": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100),
        "scan.jpg": b"II*\0" + bytes(100),
        "flat.jpg": saved(scene(3).point(lambda _: 128), "jpeg"),
        "vast.jpg": _of_no_pixels(30_000, 30_000),
    }
    with served(files) as started:
        yield started


@pytest.fixture
def page(browser, site):
    """A page whose worker is ready, and which has all files."""
    with shown(browser, site) as opened:
        opened.evaluate("names => load(names)", list(site.files))
        assert opened.evaluate("open()") == "canvas"
        yield opened


def test_it_works_offline(page, site):
    """After "ready" two photographs are fingerprinted without a network and without one request."""
    page.context.set_offline(True)
    before = len(site.asked)
    with pytest.raises(Error, match="Failed to fetch"):
        page.evaluate("fetch('/files/one.jpg')")
    found = page.evaluate("names => describe(names)", list(PHOTOGRAPHS))
    assert all(found[name]["windowCount"] > 0 for name in PHOTOGRAPHS)
    assert len(site.asked) == before


def test_its_own_requests_are_refused(page, site):
    """The worker can fetch nothing, from nowhere, not even from its own address."""
    (worker,) = page.workers
    before = len(site.asked)
    for ask in ("fetch('/files/one.jpg')", "fetch('/files/one.jpg', { method: 'POST', body: 'x' })"):
        assert worker.evaluate(f"{ask}.then(() => 'answered', error => error.name)") == "TypeError"
    assert worker.evaluate(SOCKET) == "refused"
    assert len(site.asked) == before


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("empty.jpg", "empty"),
        ("letter.jpg", "unknown_format"),
        ("damaged.jpg", "damaged"),
        ("cut.jpg", "damaged"),
        ("phone.jpg", "undecodable_here"),
        ("scan.jpg", "undecodable_here"),
        ("flat.jpg", "flat"),
        ("vast.jpg", "too_large"),
    ],
)
def test_errors_have_names(page, name, code):
    """A file that cannot be registered has an error by which a page can tell why, and the next file is still read."""
    found = page.evaluate("names => describe(names)", [name, "one.jpg"])
    assert found[name] == {"error": code}
    assert "error" not in found["one.jpg"]


def test_a_distorted_canvas_is_not_used(browser, site):
    """Where a canvas returns noise, pixels are read from video frames, and the codes are exact."""
    site.before_worker = NOISY_CANVAS
    try:
        with shown(browser, site) as page:
            page.evaluate("names => load(names)", list(PHOTOGRAPHS))
            assert page.evaluate("open()") == "frame"
            found = page.evaluate("names => describe(names, { edits: false })", list(PHOTOGRAPHS))
    finally:
        site.before_worker = ""
    for name in PHOTOGRAPHS:
        assert codes_of(found[name]) == expected_codes(site.files[name])


def test_without_another_way_the_page_is_told(browser, site):
    """Where a canvas returns noise and there are no video frames, no picture is hashed, and the page is told why."""
    site.before_worker = NOISY_CANVAS + NO_FRAMES
    try:
        with shown(browser, site) as page:
            assert page.evaluate("open()") == "canvas_distorted"
    finally:
        site.before_worker = ""
