"""Pictures of all kinds."""

import pytest

from tests.support.browsers.vectors import drawn_files


@pytest.fixture(scope="session")
def files():
    """Picture files of all kinds by their names."""
    return drawn_files()
