"""The service that the tests of the HTTP interface share, its users, and pictures that are not registered yet."""

import itertools
import os

import pytest

from registry.demo.pictures import drawn
from registry.domain.roles import Role
from tests.support.web.clips import work_off
from tests.support.web.media import PICTURE_SIZE
from tests.support.web.service import BY_CODES, EXPLAINS, Person, Service, running

_seeds = itertools.count(1_000)


@pytest.fixture(scope="session", autouse=True)
def plain_environment():
    """Remove the settings of this machine from the environment variables."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("TAKEDOWN_", "PROMETHEUS_"))]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def service(tmp_path_factory, plain_environment):
    """The service that most tests share; each test uses pictures and cases of its own."""
    with running(tmp_path_factory.mktemp("service")) as started:
        yield started


@pytest.fixture
def idle(service):
    """Run the jobs that other tests left waiting."""
    while work_off(service):
        continue


@pytest.fixture
def new_picture():
    """Draws a picture that no other test uses."""
    return lambda: drawn(next(_seeds), PICTURE_SIZE)


@pytest.fixture
def picture(new_picture):
    """A JPEG that no other test uses."""
    return new_picture()


@pytest.fixture(scope="session")
def alice(service: Service) -> Person:
    """A claimant."""
    return service.newcomer(Role.CLAIMANT)


@pytest.fixture(scope="session")
def bob(service: Service) -> Person:
    """An agency, which may verify."""
    return service.newcomer(Role.AGENCY)


@pytest.fixture(scope="session")
def charlie(service: Service) -> Person:
    """A claimant of another tenant: a stranger to Alice."""
    return service.newcomer(Role.CLAIMANT)


@pytest.fixture(scope="session")
def dana(service: Service) -> Person:
    """A platform that may ask by codes, and has reviewers."""
    return service.newcomer(Role.PLATFORM, allowed=BY_CODES | EXPLAINS)


@pytest.fixture(scope="session")
def erin(service: Service) -> Person:
    """Another platform that may ask by codes, and has reviewers."""
    return service.newcomer(Role.PLATFORM, allowed=BY_CODES | EXPLAINS)


@pytest.fixture(scope="session")
def frank(service: Service) -> Person:
    """The operator."""
    return service.operator


@pytest.fixture(scope="session")
def monica(service: Service) -> Person:
    """A monitor: reads metrics and nothing else."""
    return service.newcomer(Role.MONITOR)
