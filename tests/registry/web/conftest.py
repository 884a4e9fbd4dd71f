"""The service that all tests of the interface share, its people, fresh pictures, and one real browser."""

from contextlib import ExitStack

import pytest

from benchmarks.browsers.chromium import NoBrowser, chromium
from tests.support.web.fixtures import *  # noqa: F403 - all fixtures, which pytest finds by their names


@pytest.fixture(scope="session")
def browser():
    """A real Chromium; skips where this machine has none."""
    with ExitStack() as stack:
        try:
            started = stack.enter_context(chromium())
        except NoBrowser as absent:
            pytest.skip(str(absent))
        yield started
