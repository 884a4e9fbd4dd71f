"""Break-glass: a case of another tenant is read with a reason, by one key, for a while, and visibly to its owner."""

from dataclasses import replace
from datetime import timedelta

import pytest

from registry.domain.break_glass import GRANT_LASTS
from registry.domain.roles import Role
from registry.errors import NotFound
from registry.usecases.cases.breaking_glass import read_by_grant
from tests.support.web.service import assert_problem

WHY = {"reason": "complaint", "ticket": "T-2041"}


@pytest.fixture(scope="module")
def officer(service):
    """An officer of the operator's own tenant."""
    return service.newcomer(Role.OFFICER)


@pytest.fixture
def case(alice):
    """A case of Alice's with a picture's codes."""
    return alice.opens()["case"]


def granted(person, case, **why):
    """Breaks the glass, which must succeed, and returns the grant's name."""
    answer = person.post(f"/v1/cases/{case}/break-glass", json=WHY | why)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/v1/break-glass/{answer.json['grant']}"
    return answer.json["grant"]


def test_nobody_reads_a_case_of_another_tenant_otherwise(service, frank, officer, case):
    """Keys of every role in other tenants, operator's and officer's included, get what an unknown id gets."""
    strangers = [frank, officer, *(service.newcomer(role) for role in Role)]
    for person in strangers:
        for path in (f"/v1/cases/{case}", f"/v1/cases/{case}/export"):
            answer, unknown = person.get(path), person.get(path.replace(case, f"case_{'0' * 16}"))
            assert answer.status_code in {403, 404}
            assert answer.data == unknown.data
        assert case not in person.get("/v1/cases").text


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.OFFICER])
def test_a_reason_opens_one_case_to_one_key(service, alice, case, role):
    """The grant shows what the owner sees, each time; another key, even of the same tenant, cannot use it."""
    person = service.newcomer(role)
    grant = granted(person, case)
    answer = person.get(f"/v1/break-glass/{grant}")
    assert answer.status_code == 200
    owners = alice.get(f"/v1/cases/{case}").json
    assert answer.json == owners
    other = service.newcomer(role, tenant_id=person.tenant_id)
    unknown = person.get(f"/v1/break-glass/{'0' * 64}")
    refused = other.get(f"/v1/break-glass/{grant}")
    assert_problem(refused, 404, "not-found")
    assert refused.data == unknown.data
    assert person.get(f"/v1/cases/{case}").status_code == 404


def test_the_subject_sees_every_grant_and_every_reading(alice, officer, case):
    """Reason, ticket and times stand in the case and in its export, and an unread grant too; nobody else's."""
    assert alice.get(f"/v1/cases/{case}").json["reads"] == []
    first = granted(officer, case)
    for _ in range(2):
        officer.get(f"/v1/break-glass/{first}")
    granted(officer, case, reason="legal_order", ticket="AZ-2026-7")
    reads = alice.get(f"/v1/cases/{case}").json["reads"]
    assert [(one["reason"], one["ticket"], len(one["read_at"])) for one in reads] == [
        ("complaint", "T-2041", 2),
        ("legal_order", "AZ-2026-7", 0),
    ]
    acts = [act["event"] for act in alice.get(f"/v1/cases/{case}/export").json["acts"]]
    assert acts.count("case.glass_broken") == 2
    assert acts.count("case.read_by_grant") == 2
    assert alice.get(f"/v1/cases/{alice.opens()['case']}").json["reads"] == []


def test_a_withdrawn_case_still_tells_who_read_it(alice, officer, case):
    """What others saw stays visible after the withdrawal, and the reading after it is seen as well."""
    grant = granted(officer, case)
    alice.post(f"/v1/cases/{case}/withdrawal")
    assert officer.get(f"/v1/break-glass/{grant}").json["references"] == []
    (read,) = alice.get(f"/v1/cases/{case}").json["reads"]
    assert len(read["read_at"]) == 1


def test_a_grant_ends(service, officer, case):
    """At its end the grant is nothing, as if it had never been; before its time too, should the clock go back."""
    parts = service.container
    grant = bytes.fromhex(granted(officer, case))
    actor = parts.authenticator.actor(f"Bearer {officer.key}")
    now = parts.environment.now()
    for moment in (now + GRANT_LASTS + timedelta(seconds=1), now - timedelta(hours=1)):
        environment = replace(parts.environment, now=lambda moment=moment: moment)
        with pytest.raises(NotFound):
            read_by_grant(grant, actor=actor, units=parts.units, environment=environment)
    assert read_by_grant(grant, actor=actor, units=parts.units, environment=parts.environment).case.id == case


@pytest.mark.parametrize(
    "ticket",
    ["alice@example.org", "Alice", "ANNA", "0821047114711", "T 1", "", "T-1\n", "١٢٣", "T" * 30 + "123"],
)
def test_a_ticket_tells_nothing_of_anybody(service, officer, case, ticket):
    """Tickets that could be an address, a name or a telephone number are refused, and nothing is granted."""
    before = service.rows()
    answer = officer.post(f"/v1/cases/{case}/break-glass", json=WHY | {"ticket": ticket})
    assert answer.status_code == 422
    assert service.rows() == before


def test_there_is_no_grant_without_a_known_reason(officer, case):
    """A reason that is not on the list is none."""
    for why in ({"reason": "curiosity", "ticket": "T-1"}, {"ticket": "T-1"}, {"reason": "complaint"}):
        assert_problem(officer.post(f"/v1/cases/{case}/break-glass", json=why), 422, "body-invalid")


def test_the_operator_is_told(service, officer, case):
    """Each grant is a line of the log that the operator should look at, with ids alone."""
    began = len(service.log.getvalue())
    granted(officer, case)
    lines = [line for line in service.log.getvalue()[began:].splitlines() if "case.glass_broken" in line]
    assert len(lines) == 1
    assert case in lines[0]
    assert officer.credential_id in lines[0]
    assert "T-2041" not in lines[0]
