"""Index files that are overwritten under a running service: unready, rebuilt and matching again, no lasting 500."""

import os

import pytest

from registry.domain.family import Family
from registry.domain.roles import Role
from tests.support.web.media import codes, made_up_pdq
from tests.support.web.service import BY_CODES, assert_problem, built, running, until

REGISTERED = 5


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with running(tmp_path_factory.mktemp("service"), reconcile_seconds=3600) as started:
        yield started


@pytest.fixture(scope="module")
def registered(service):
    return enrolled(service, REGISTERED)


def enrolled(service, count):
    """Registers codes in cases of their own, and returns them."""
    agency = service.newcomer(Role.AGENCY)
    asked = [codes(pdq=made_up_pdq(71_000 + number)) for number in range(count)]
    for one in asked:
        agency.opens(level="V1", reference={"kind": "intimate_item", "codes": one})
    return asked


def files_of(service):
    return service.container.settings.data / "index" / Family.WHOLE.value


def overwritten(path):
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.write(b"\xff" * size)


def removed(path):
    path.unlink()


def exchanged(path):
    copy = path.with_name("another")
    copy.write_bytes(os.urandom(path.stat().st_size))
    copy.replace(path)


@pytest.mark.parametrize("name", ["*.snapshot", "manifest.json"])
@pytest.mark.parametrize("damage", [overwritten, removed, exchanged])
def test_a_damaged_file_is_built_anew(service, registered, name, damage):
    """Every answer is a check or a problem of ours, and all matches are there again without anybody's help."""
    platform = service.newcomer(Role.PLATFORM, allowed=BY_CODES)
    until(lambda: platform.get("/readyz").status_code == 200)
    service.container.keepers[Family.WHOLE].compact()
    [path] = files_of(service).glob(name)
    before = service.log.getvalue().count("index.damaged")
    damage(path)

    def is_noticed():
        answer = platform.post("/v1/checks", json={"codes": registered[0]})
        if answer.status_code != 201:
            assert_problem(answer, 503, "index-not-ready")
        return service.log.getvalue().count("index.damaged") > before

    until(is_noticed)
    until(lambda: platform.get("/readyz").status_code == 200)
    assert all(platform.checks(codes=one)["verdict"] != "allow" for one in registered)


def test_unready_is_told_until_the_index_is_built_anew(tmp_path):
    """From the question that meets nonsense until the index is built anew, `/readyz` says no."""
    with built(tmp_path) as service:
        service.container.indexes.begin()
        asked = enrolled(service, 3)
        platform = service.newcomer(Role.PLATFORM, allowed=BY_CODES)
        assert platform.get("/readyz").status_code == 200
        service.container.keepers[Family.WHOLE].compact()
        [path] = files_of(service).glob("*.snapshot")
        with path.open("r+b") as file:
            file.truncate(1000)
        assert_problem(platform.post("/v1/checks", json={"codes": asked[0]}), 503, "index-not-ready")
        assert_problem(platform.get("/readyz"), 503, "index-not-ready")
        service.container.upkeep.once()
        assert platform.get("/readyz").status_code == 200
        assert all(platform.checks(codes=one)["verdict"] != "allow" for one in asked)
