"""`POST /v1/cases/{case_id}/verification`, and `GET /v1/cases`: what others say of a case takes effect at once."""

from datetime import UTC, datetime, timedelta

import pytest

from registry.domain.roles import Role
from registry.web.api import cases as view
from tests.support.web.service import assert_problem

V1 = {"level": "V1", "evidence": "contact_confirmed"}
ANSWER = {"case", "state", "level", "claimed_level", "record", "awaits_second", "receipt"}


@pytest.fixture(scope="module")
def agency(service):
    return service.newcomer(Role.AGENCY)


@pytest.fixture(scope="module")
def vera(service, agency):
    """A verifier of the agency's tenant."""
    return service.newcomer(Role.VERIFIER, tenant_id=agency.tenant_id)


@pytest.fixture(scope="module")
def victor(service, agency):
    """Another one."""
    return service.newcomer(Role.VERIFIER, tenant_id=agency.tenant_id)


def states(person, case, **asked):
    return person.post(f"/v1/cases/{case}/verification", json=asked or V1)


def test_the_effect_follows_the_answer(agency, vera, dana, picture):
    """V0 is for review, from a verifier's answer on the upload is blocked, and after a refutation it is not."""
    case = agency.send("/v1/cases", picture, level="V1").json["case"]
    assert dana.checks(picture)["verdict"] == "review"
    answer = states(vera, case)
    assert answer.status_code == 201
    assert set(answer.json) == ANSWER
    assert (answer.json["level"], answer.json["state"], answer.json["awaits_second"]) == (
        "V1",
        "active",
        False,
    )
    assert dana.checks(picture)["verdict"] == "block"
    lowered = states(vera, case, level="V0", evidence="claim_refuted")
    assert (lowered.json["level"], lowered.json["state"]) == ("V0", "active")
    assert dana.checks(picture)["verdict"] == "review"
    read = agency.get(f"/v1/cases/{case}").json
    assert [(one["level"], one["evidence"], one["credential"]) for one in read["records"]] == [
        ("V1", "contact_confirmed", vera.credential_id),
        ("V0", "claim_refuted", vera.credential_id),
    ]
    assert read["records"][0]["record"] == answer.json["record"]


def test_v3_needs_two_people(agency, vera, victor):
    """The first statement waits, the same person cannot be the second, and the second raises the case."""
    case = agency.post("/v1/cases", json={"level": "V3"}).json["case"]
    asked = {"level": "V3", "evidence": "mandate_and_consent"}
    assert_problem(states(vera, case, **asked), 409, "mandate-missing")
    until = (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
    wanted = {"kinds": ["intimate_item"], "expires_on": until}
    mandate = agency.post(f"/v1/cases/{case}/mandates", json=wanted).json["mandate"]
    assert vera.post(f"/v1/mandates/{mandate}/confirmation", json={}).status_code == 201
    first = states(vera, case, **asked)
    assert (first.json["level"], first.json["awaits_second"], first.json["state"]) == (
        "V0",
        True,
        "verifying",
    )
    again = states(vera, case, **asked)
    assert (again.status_code, again.json["receipt"], again.json["level"]) == (200, None, "V0")
    second = states(victor, case, **asked)
    assert (second.json["level"], second.json["awaits_second"], second.json["state"]) == (
        "V3",
        False,
        "active",
    )


def test_who_may_not_verify(service, agency, vera, picture):
    """The opener, a stranger, and whoever lacks the permission change nothing."""
    case = agency.opens(picture)["case"]
    operator = service.newcomer(Role.OPERATOR)
    own = operator.opens()["case"]
    officer = service.newcomer(Role.OFFICER, tenant_id=agency.tenant_id)
    before = service.rows()
    assert_problem(states(agency, case), 403, "not-permitted")
    assert_problem(states(operator, own), 409, "own-case")
    assert_problem(states(operator, case), 404, "not-found")
    assert_problem(states(vera, own), 404, "not-found")
    assert_problem(states(officer, case), 403, "not-permitted")
    assert service.rows() == before


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"level": "V2", "evidence": "contact_confirmed"}, "evidence-unfit"),
        ({"level": "V0", "evidence": "public_body"}, "evidence-unfit"),
        ({"level": "V0", "evidence": "evidence_lapsed"}, "evidence-unfit"),
        ({"level": "V1", "evidence": "before_records"}, "body-invalid"),
        ({"level": "V1", "evidence": "a passport, number 123"}, "body-invalid"),
        ({"level": "V1"}, "body-invalid"),
        ({"evidence": "contact_confirmed"}, "body-invalid"),
    ],
    ids=str,
)
def test_what_is_no_statement_is_refused(service, agency, vera, asked, code):
    """Evidence has a closed list, fits its level, and only lowers where there is something to lower."""
    case = agency.opens()["case"]
    before = service.rows()
    assert_problem(states(vera, case, **asked), 422, code)
    assert service.rows() == before


def test_a_statement_is_json(agency, vera):
    """A body of another type is told which type is taken."""
    case = agency.opens()["case"]
    answer = vera.post(f"/v1/cases/{case}/verification", data=b"{}", content_type="text/plain")
    assert_problem(answer, 415, "unsupported-media-type")


def test_a_withdrawn_case_is_verified_no_more(agency, vera):
    """The end of a case is the end of its records."""
    case = agency.opens()["case"]
    agency.post(f"/v1/cases/{case}/withdrawal")
    assert_problem(states(vera, case), 409, "case-withdrawn")


def test_cases_are_listed_page_by_page(service, monkeypatch):
    """Each of the tenant's own cases is in one page, with level and claim, and nobody else's."""
    monkeypatch.setattr(view, "MAX_PAGE", 2)
    agency, other = service.newcomer(Role.AGENCY), service.newcomer(Role.AGENCY)
    opened = [agency.post("/v1/cases", json={"level": "V2"}).json["case"] for _ in range(5)]
    foreign = other.opens()["case"]
    found, cursor = [], None
    while True:
        answer = agency.get("/v1/cases", query_string={} if cursor is None else {"cursor": cursor})
        assert answer.status_code == 200
        found += answer.json["cases"]
        cursor = answer.json["next"]
        if cursor is None:
            break
    assert [one["case"] for one in found] == opened
    assert {(one["level"], one["claimed_level"], one["state"]) for one in found} == {
        ("V0", "V2", "verifying")
    }
    assert foreign not in str(found)
    assert_problem(agency.get("/v1/cases", query_string={"cursor": foreign}), 422, "body-invalid")


@pytest.mark.parametrize(
    "query", [{"cursor": "nonsense"}, {"tenant": "ten_1"}, {"cursor": ["a", "b"]}], ids=str
)
def test_a_query_has_one_meaning(agency, query):
    """An unknown name, a value that is no id and a name twice are refused without being repeated."""
    assert_problem(agency.get("/v1/cases", query_string=query), 422, "body-invalid")
