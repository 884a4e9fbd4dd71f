"""GET /v1/checks/{check}."""

from registry.domain.roles import Role
from tests.support.web.media import codes, made_up_pdq
from tests.support.web.service import assert_problem


def test_a_check_reads_back(bob, dana, picture):
    """A check reads back as it was answered, without a decision yet."""
    bob.opens(picture, level="V1")
    check = dana.checks(picture)
    answer = dana.get(f"/v1/checks/{check['check_id']}")
    assert answer.status_code == 200
    assert answer.json == check | {"decision": None}
    assert answer.json["boxes"] == [{"left": 0.0, "top": 0.0, "right": 1.0, "bottom": 1.0}]


def test_it_says_what_was_answered_then(bob, dana, picture):
    """A later withdrawal does not change what was answered."""
    case = bob.opens(picture, level="V1")["case"]
    check = dana.checks(picture)
    bob.post(f"/v1/cases/{case}/withdrawal")
    assert dana.get(f"/v1/checks/{check['check_id']}").json["verdict"] == "block"


def test_colleagues_share_a_check(service, dana):
    """A check belongs to the tenant: another key of the same tenant reads it."""
    check = dana.checks(codes=codes(made_up_pdq(7)))
    colleague = service.newcomer(Role.PLATFORM, tenant_id=dana.tenant_id)
    assert colleague.get(f"/v1/checks/{check['check_id']}").status_code == 200


def test_another_platform_finds_nothing(dana, erin, frank):
    """Another tenant's check is not there, whoever asks."""
    path = f"/v1/checks/{dana.checks(codes=codes(made_up_pdq(8)))['check_id']}"
    for stranger in (erin, frank):
        assert_problem(stranger.get(path), 404, "not-found")
