"""The pages as a person without an account opens them."""

import pytest

from tests.support.web.service import running


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """A service of these tests' own."""
    with running(tmp_path_factory.mktemp("pages")) as started:
        yield started


@pytest.fixture
def person(service):
    """Somebody with a browser and no key."""
    return service.app.test_client()
