"""The same in a real Firefox, which decodes with other libraries; and with its protection against fingerprinting."""

import pytest

from benchmarks.browsers.site import served
from tests.support.browsers.codes import codes_of, expected_codes
from tests.support.browsers.firefox import firefox
from tests.support.media.pictures import saved, scene

# Firefox multiplies colours by a soft transparency and back, and rounds 16-bit colours: a few bits.
FEW_BITS = 2
NEARLY = {"png-soft-alpha", "webp-alpha", "png-16-bit-rgb", "png-16-bit-grey"}
COMPARED = (
    "large-orientation-6",
    *(f"small-orientation-{orientation}" for orientation in range(1, 9)),
    "jpeg-12-megapixels",
    "jpeg-420",
    "jpeg-progressive",
    "jpeg-grey",
    "jpeg-cmyk",
    "jpeg-strange-profile",
    "png-strange-profile",
    "png-palette-transparent",
    "png-hard-alpha",
    "png-linear",
    "webp-lossy",
    "avif",
    "gif",
    "bmp",
    *sorted(NEARLY),
)


@pytest.fixture(scope="module")
def found(files):
    """What Firefox makes of the files, all without a network, and what became of a request."""
    with served(files) as site, firefox() as window:
        window.goto(site.address)
        assert window.call("open") == "canvas"
        window.call("load", COMPARED)
        window.set_offline(True)
        asked = len(site.asked)
        made = window.call("describe", COMPARED, {"edits": False})
        windows = window.call("describe", ["jpeg-420"])["jpeg-420"]
        refused = window.call("fetched", "/page.js")
        assert len(site.asked) == asked
    return made, windows, refused


def test_whole_codes_are_the_servers(found, files):
    """All whole codes are equal, or differ in two bits where Firefox rounds otherwise; the network was off."""
    made, _, refused = found
    assert refused == "TypeError"
    for name in COMPARED:
        own, expected = codes_of(made[name]), expected_codes(files[name])
        if name not in NEARLY:
            assert own == expected, name
            continue
        for algorithm in ("pdq", "dhash128", "phash", "canonical"):
            differing = int(own[algorithm][0], 16) ^ int(expected[algorithm][0], 16)
            assert differing.bit_count() <= FEW_BITS, (name, algorithm)


def test_windows_are_made(found):
    """A photograph has windows in Firefox too."""
    _, windows, _ = found
    assert windows["windowCount"] > 50


def test_its_protection_is_noticed():
    """With resistFingerprinting a canvas returns noise: it is noticed, and video frames give exact codes."""
    files = {"one": saved(scene(1, 480, 360), "jpeg", quality=90), "two": saved(scene(2, 480, 360), "png")}
    with served(files) as site, firefox(**{"privacy.resistFingerprinting": True}) as window:
        window.goto(site.address)
        assert window.call("open") == "frame"
        window.call("load", list(files))
        made = window.call("describe", list(files), {"edits": False})
    assert {name: codes_of(made[name]) for name in files} == {
        name: expected_codes(files[name]) for name in files
    }
