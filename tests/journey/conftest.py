"""A server as a newcomer starts it, for the tests of this folder."""

import pytest

from tests.support.serving import running


@pytest.fixture
def serve():
    """Hands out `running`."""
    return running
