"""One Chromium for all tests of the code that runs on devices, and pictures of all kinds."""

from contextlib import ExitStack

import pytest

from benchmarks.browsers.chromium import NoBrowser, chromium
from tests.support.browsers.vectors import drawn_files


@pytest.fixture(scope="session")
def browser():
    """A real Chromium; skips where this machine has none."""
    with ExitStack() as stack:
        try:
            started = stack.enter_context(chromium())
        except NoBrowser as absent:
            pytest.skip(str(absent))
        yield started


@pytest.fixture(scope="session")
def files():
    """Picture files of all kinds by their names."""
    return drawn_files()
