"""Somebody who watches answers while other people register and withdraw, and would count them."""

import pytest

from registry.domain.roles import Role
from tests.support.web.media import codes, made_up_pdq
from tests.support.web.service import BY_CODES, running

ASKED = {"codes": codes(made_up_pdq(83_000))}


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with running(tmp_path_factory.mktemp("service")) as started:
        yield started


def shown(service, platform):
    """Returns all that a stranger and a platform are told, without what is drawn or measured for each request."""
    check = platform.checks(codes=ASKED["codes"])
    read = platform.get(f"/v1/checks/{check['check_id']}").json
    nobody = service.with_key(None)
    told = [nobody.get(path) for path in ("/readyz", "/healthz")]
    headers = [{name: value for name, value in answer.headers if name != "X-Request-Id"} for answer in told]
    for answer in (check, read):
        del answer["check_id"]
    return check, read, [answer.data for answer in told], headers


def test_answers_do_not_count_what_others_do(service):
    """Whatever others register and withdraw, a platform and a stranger are told exactly the same."""
    platform, agency = service.newcomer(Role.PLATFORM, allowed=BY_CODES), service.newcomer(Role.AGENCY)
    before = shown(service, platform)
    opened = [
        agency.opens(reference={"kind": "intimate_item", "codes": codes(made_up_pdq(83_001 + number))})
        for number in range(3)
    ]
    assert shown(service, platform) == before
    agency.post(f"/v1/cases/{opened[0]['case']}/withdrawal")
    assert shown(service, platform) == before


def test_two_receipts_count_nobody_as_it_happens(service):
    """A claimant's receipts hold no number until a checkpoint covers them; then they count what others did."""
    claimant, agency = service.newcomer(Role.CLAIMANT), service.newcomer(Role.AGENCY)
    receipts = [claimant.opens()["receipt"]]
    for _ in range(3):
        agency.opens()
    receipts.append(claimant.opens()["receipt"])
    told = [claimant.get(f"/v1/receipts/{receipt}").json for receipt in receipts]
    assert [{**one, "receipt": ""} for one in told] == [{**told[0], "receipt": ""}] * 2
    service.container.checkpointer.make()
    first, second = (claimant.get(f"/v1/receipts/{receipt}").json["entry"] for receipt in receipts)
    assert second["number"] - first["number"] == 4


def test_numbers_are_for_who_reads_metrics(service):
    """The positions that were public are in the metrics, which an ordinary key does not read."""
    assert b"takedown_index_position" in service.newcomer(Role.MONITOR).get("/metrics").data
    for role in (Role.PLATFORM, Role.AGENCY, Role.CLAIMANT):
        assert service.newcomer(role).get("/metrics").status_code == 403
