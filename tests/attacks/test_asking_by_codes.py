"""An ordinary platform key that asks by codes, so as to choose every bit of its questions."""

import pytest

from registry.demo.pictures import drawn
from registry.domain.roles import OPTIONAL_PERMISSIONS, ROLE_PERMISSIONS, Role
from registry.permissions import Permission
from tests.support.web.media import PICTURE_SIZE, codes_of
from tests.support.web.service import BY_CODES, assert_problem, running


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with running(tmp_path_factory.mktemp("service")) as started:
        yield started


@pytest.fixture(scope="module")
def picture():
    return drawn(71_900, PICTURE_SIZE)


def test_an_ordinary_key_does_not_ask_by_codes(service, picture):
    """The refusal says what to do, and comes before anything was looked up, counted or stored; files are answered."""
    service.operator.opens(picture)
    asking = service.newcomer(Role.PLATFORM)
    refused = assert_problem(
        asking.post("/v1/checks", json={"codes": codes_of(picture)}), 403, "not-permitted"
    )
    for advice in ("tenant:check:codes", "Send the file itself", "--allow tenant:check:codes"):
        assert advice in refused["detail"]
    assert asking.tenant_id not in str(
        [service.rows()[table] for table in ("checks.checks", "checks.probes")]
    )
    assert asking.checks(picture)["kinds"] == ["copy"]
    assert asking.tenant_id in str(service.rows()["checks.checks"])


def test_a_key_that_was_given_the_permission_does(service, picture):
    """Named when the key is made, the permission lets codes be asked."""
    asking = service.newcomer(Role.PLATFORM, allowed=BY_CODES)
    assert asking.checks(codes=codes_of(picture))["check_id"]


def test_keys_that_exist_lose_it(service, picture):
    """A key that was made before the permission existed has its list of permissions stored, without it."""
    before = ROLE_PERMISSIONS[Role.PLATFORM] - BY_CODES
    older = service.newcomer(Role.PLATFORM, permissions=before)
    assert_problem(older.post("/v1/checks", json={"codes": codes_of(picture)}), 403, "not-permitted")


def test_nobody_has_the_permission_unasked():
    """No role but the operator's includes it, and only platforms may be given it."""
    holders = {role for role, held in ROLE_PERMISSIONS.items() if Permission.CHECK_CODES in held}
    named = {role for role, more in OPTIONAL_PERMISSIONS.items() if Permission.CHECK_CODES in more}
    assert (holders, named) == ({Role.OPERATOR}, {Role.PLATFORM})
