"""The code that runs on devices makes the server's codes of the same files, in a real browser."""

import base64

import numpy as np
import pytest

from benchmarks.browsers.chromium import shown
from benchmarks.browsers.site import served
from index.frames import pictures_within, without_page
from index.windows import reference_windows, windows_of_device
from tests.support.browsers.codes import codes_of, expected_codes, upright_plane

WITH_WINDOWS = (
    "jpeg-12-megapixels",
    "jpeg-420",
    "png-soft-alpha",
    "small-orientation-6",
    "avif",
    "png-97x83",
    "page-chat",
    "page-sheet",
)

# Browsers show a WebP as it lies, whatever its EXIF says; the server turns it. Both are found: uploads are asked in all
# eight forms.
SHOWN_AS_THEY_LIE = {f"webp-orientation-{orientation}" for orientation in range(2, 9)}

# Of 16 bits a browser keeps the upper 8; the server rounds grey ones, so some pixels differ by one level.
ROUNDED_OTHERWISE = "png-16-bit-grey"
FEW_BITS = 2


@pytest.fixture(scope="module")
def found(browser, files):
    """What the browser makes of each file."""
    with served(files) as site, shown(browser, site) as page:
        assert page.evaluate("open()") == "canvas"
        page.evaluate("names => load(names)", list(files))
        plain = page.evaluate("names => describe(names, { edits: false })", list(files))
        return plain | page.evaluate("names => describe(names)", list(WITH_WINDOWS))


def test_sixty_kinds_of_files_are_compared(files):
    """The pictures cover at least 60 kinds of files, all eight orientations, and 12 megapixels."""
    assert len(files) >= 60


def test_whole_codes_are_the_servers(found, files):
    """PDQ with its quality, dHash-128, pHash, SHA-256 and the canonical PDQ are equal, bit by bit."""
    differing = {
        name: codes_of(found[name]) for name in files if codes_of(found[name]) != expected_codes(files[name])
    }
    assert set(differing) - {ROUNDED_OTHERWISE} == SHOWN_AS_THEY_LIE


def test_16_bits_are_rounded_otherwise(found, files):
    """The codes of 16-bit grey differ by 2 bits at most."""
    made, expected = codes_of(found[ROUNDED_OTHERWISE]), expected_codes(files[ROUNDED_OTHERWISE])
    for algorithm in ("pdq", "dhash128", "phash", "canonical"):
        assert (int(made[algorithm][0], 16) ^ int(expected[algorithm][0], 16)).bit_count() <= FEW_BITS


@pytest.mark.parametrize("name", WITH_WINDOWS)
def test_windows_are_nearly_the_servers(found, files, name):
    """At least 95 of 100 windows lie where the server's lie, and their codes differ by 4 of 256 bits at most."""
    _, luma = upright_plane(files[name])
    expected = without_page(reference_windows(luma), pictures_within(luma), luma)
    made = windows_of_device(base64.b64decode(found[name]["windows"]))  # as POST /v1/claims reads them
    assert (made.width, made.height) == (expected.width, expected.height)
    apart = np.abs(made.places[:, None] - expected.places[None])
    apart[..., 3] = np.minimum(apart[..., 3], 2 * np.pi - apart[..., 3])
    same = (apart < (0.1, 0.1, 0.1, 0.02)).all(axis=2)
    rows, columns = np.nonzero(same)
    assert len(set(columns.tolist())) >= 0.95 * len(expected)
    differing = np.unpackbits(made.codes[rows] ^ expected.codes[columns], axis=1).sum(axis=1)
    assert differing.max() <= 4
    assert (made.flipped[rows] == expected.flipped[columns]).all()
