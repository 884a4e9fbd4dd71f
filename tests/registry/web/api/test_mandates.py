"""The endpoints of mandates: propose, confirm, list, and end with or without a key."""

from datetime import UTC, datetime, timedelta

import pytest

from registry.domain.roles import Role
from tests.support.web.service import assert_problem


@pytest.fixture
def agency(service):
    """An agency of its own, with a colleague who verifies."""
    return service.newcomer(Role.AGENCY)


@pytest.fixture
def verifier(service, agency):
    return service.newcomer(Role.VERIFIER, tenant_id=agency.tenant_id)


def later(days):
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


def asked(**changes):
    return {"kinds": ["intimate_item"], "expires_on": later(100), "time_zone": "Asia/Seoul"} | changes


@pytest.fixture
def case(agency, picture):
    return agency.opens(picture, level="V1")["case"]


@pytest.fixture
def confirmed(agency, verifier, case):
    """A mandate in force, with the subject's secret."""
    mandate = agency.post(f"/v1/cases/{case}/mandates", json=asked()).json["mandate"]
    return verifier.post(f"/v1/mandates/{mandate}/confirmation", json={"language": "ko"}).json


def test_a_mandate_is_proposed_listed_and_confirmed(agency, verifier, case):
    """The answer of the confirmation alone has the secret."""
    answer = agency.post(f"/v1/cases/{case}/mandates", json=asked(platforms=["example.com"]))
    assert answer.status_code == 201
    mandate = answer.json["mandate"]
    assert (answer.json["state"], answer.json["platforms"]) == ("proposed", ["example.com"])
    assert answer.json["expires_at"].endswith("T15:00:00.000Z")  # midnight in Seoul
    done = verifier.post(f"/v1/mandates/{mandate}/confirmation", json={})
    assert (done.status_code, done.json["mandate"]["state"]) == (201, "confirmed")
    (listed,) = agency.get(f"/v1/cases/{case}/mandates").json["mandates"]
    assert listed == done.json["mandate"]
    assert done.json["secret"] not in agency.get(f"/v1/cases/{case}/export").text
    before = f"{later(200)}T00:00:00Z"
    assert [
        one["mandate"] for one in agency.get(f"/v1/mandates?expires_before={before}").json["mandates"]
    ] == [mandate]


def test_the_subject_ends_it_without_a_key(service, agency, dana, picture, confirmed):
    """No key, the number and the secret: from the answer on no check finds the picture."""
    assert dana.checks(picture)["verdict"] == "block"
    body = {"mandate": confirmed["mandate"]["mandate"], "secret": confirmed["secret"]}
    answer = service.with_key(None).post("/v1/mandates/revocation", json=body)
    assert (answer.status_code, answer.json["state"]) == (200, "expired")
    assert dana.checks(picture)["verdict"] == "allow"
    case = answer.json["case"]
    assert_problem(agency.send(f"/v1/cases/{case}/references", picture), 409, "state-forbids")


def test_wrong_words_look_the_same_and_lock_nobody_out(service, confirmed):
    """Unknown and wrong are one answer; after many wrong tries the right secret still works."""
    nobody = service.with_key(None)
    mandate = confirmed["mandate"]["mandate"]
    wrong = nobody.post("/v1/mandates/revocation", json={"mandate": mandate, "secret": "a" * 32})
    unknown = nobody.post(
        "/v1/mandates/revocation", json={"mandate": "man_0000000000000000", "secret": confirmed["secret"]}
    )
    assert (wrong.status_code, unknown.status_code) == (404, 404)
    assert wrong.json == unknown.json
    statuses = {
        nobody.post("/v1/mandates/revocation", json={"mandate": mandate, "secret": f"{number}"}).status_code
        for number in range(100)
    }
    assert statuses <= {404, 429}
    body = {"mandate": mandate, "secret": confirmed["secret"]}
    assert nobody.post("/v1/mandates/revocation", json=body).status_code == 200


def test_the_agent_ends_it_by_key(agency, dana, picture, confirmed):
    """The case has no other mandate, so it expires."""
    answer = agency.post(f"/v1/mandates/{confirmed['mandate']['mandate']}/revocation")
    assert (answer.status_code, answer.json["state"]) == (200, "expired")
    assert dana.checks(picture)["verdict"] == "allow"


def test_the_agent_confirms_nothing(service, agency, case):
    """Not by the agency's key, and not by a verifier of another tenant."""
    mandate = agency.post(f"/v1/cases/{case}/mandates", json=asked()).json["mandate"]
    assert_problem(agency.post(f"/v1/mandates/{mandate}/confirmation", json={}), 403, "not-permitted")
    stranger = service.newcomer(Role.VERIFIER)
    assert_problem(stranger.post(f"/v1/mandates/{mandate}/confirmation", json={}), 404, "not-found")


@pytest.mark.parametrize(
    "changes",
    [
        {"expires_on": "2027-02-29"},
        {"expires_on": "01.02.2027"},
        {"expires_on": "9999-12-31"},
        {"expires_on": "2020-01-01"},
        {"expires_on": 1},
        {"time_zone": "Seoul"},
        {"time_zone": "../etc/passwd"},
        {"time_zone": "/etc/passwd"},
        {"time_zone": ""},
        {"kinds": []},
        {"kinds": ["everything"]},
        {"platforms": ["Alice Kim"]},
        {"platforms": ["example.com"] * 21},
        {"unknown": 1},
    ],
    ids=str,
)
def test_what_is_no_mandate_is_refused(agency, case, changes):
    """Days, zones, kinds and host names have one spelling."""
    assert agency.post(f"/v1/cases/{case}/mandates", json=asked(**changes)).status_code == 422


@pytest.mark.parametrize(
    "before", ["", "2027", "2027-01-01", "2027-02-30T00:00:00Z", "9999-12-31T23:59:59-12:00", "tomorrow"]
)
def test_what_is_no_time_is_refused(agency, before):
    """A time has an offset from UTC."""
    assert agency.get(f"/v1/mandates?expires_before={before.replace('+', '%2B')}").status_code == 422


def test_v3_is_refused_without_a_mandate(agency, verifier, case):
    """The answer says what to do."""
    asked_level = {"level": "V3", "evidence": "mandate_and_consent"}
    answer = verifier.post(f"/v1/cases/{case}/verification", json=asked_level)
    assert_problem(answer, 409, "mandate-missing")
