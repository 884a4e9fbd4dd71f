"""One Chromium for all tests of the code that runs on devices, and pictures of all kinds."""

import pytest

from tests.support.browsers.chromium import chromium
from tests.support.browsers.vectors import drawn_files


@pytest.fixture(scope="session")
def browser():
    """A real Chromium; skips where this machine has none."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def files():
    """Picture files of all kinds by their names."""
    return drawn_files()
