"""Challenges over HTTP: in effect with the answer, decided by two, equal answers by check, bounded, listed."""

import pytest

from registry.domain.roles import Role
from tests.support.web.service import assert_problem

MADE = {
    "challenge",
    "case",
    "reference",
    "reason",
    "state",
    "in_effect",
    "case_state",
    "challenged_at",
    "standing",
    "receipt",
}
DECIDED = MADE - {"standing"} | {"by_check", "decided_at", "statements", "people_missing"}


@pytest.fixture
def agency(service):
    return service.newcomer(Role.AGENCY)


@pytest.fixture
def officers(service, agency):
    return [service.newcomer(Role.OFFICER, tenant_id=agency.tenant_id) for _ in range(3)]


def challenges(person, case, reason="not_agreed", **asked):
    return person.post(f"/v1/cases/{case}/challenges", json={"reason": reason, **asked})


def states(person, challenge, outcome="uphold", **asked):
    return person.post(f"/v1/challenges/{challenge}/decisions", json={"outcome": outcome, **asked})


def test_a_challenge_is_for_review_until_two_have_decided(agency, officers, dana, picture):
    """Blocked, challenged and for review, upheld by two and blocked again, denied by two and allowed."""
    case = agency.opens(picture, level="V1")["case"]
    assert dana.checks(picture)["verdict"] == "block"
    made = challenges(officers[2], case)
    assert (made.status_code, set(made.json)) == (201, MADE)
    assert (made.json["case_state"], made.json["standing"], made.json["in_effect"]) == (
        "challenged",
        "clear",
        True,
    )
    assert challenges(officers[2], case).json["challenge"] == made.json["challenge"]
    assert challenges(officers[2], case).status_code == 200
    assert dana.checks(picture)["verdict"] == "review"
    first = states(officers[0], made.json["challenge"])
    assert (first.status_code, set(first.json)) == (201, DECIDED)
    assert (first.json["state"], first.json["people_missing"], first.json["case_state"]) == (
        "open",
        1,
        "challenged",
    )
    assert states(officers[0], made.json["challenge"]).status_code == 200
    second = states(officers[1], made.json["challenge"])
    assert (second.json["state"], second.json["people_missing"], second.json["case_state"]) == (
        "upheld",
        0,
        "active",
    )
    assert dana.checks(picture)["verdict"] == "block"
    again = challenges(officers[2], case, "no_mandate").json["challenge"]
    for officer in officers[:2]:
        told = states(officer, again, "deny")
    assert told.json["case_state"] == "suspended"
    assert dana.checks(picture)["verdict"] == "allow"


def test_disagreement_needs_a_third(agency, officers):
    """Both statements stand, and a third person decides; nobody states twice or after the decision."""
    challenge = challenges(agency, agency.opens()["case"]).json["challenge"]
    states(officers[0], challenge)
    differs = states(officers[1], challenge, "deny", bad_faith=True)
    assert (differs.json["state"], differs.json["people_missing"]) == ("open", 1)
    assert_problem(states(officers[0], challenge, "deny"), 409, "already-stated")
    done = states(officers[2], challenge, "deny").json
    assert done["state"] == "denied"
    assert [(one["outcome"], one["bad_faith"]) for one in done["statements"]] == [
        ("uphold", False),
        ("deny", True),
        ("deny", False),
    ]


def test_own_and_decided(service, agency, officers):
    """The challenger decides nothing, nor does anybody after the decision."""
    challenge = challenges(officers[0], agency.opens()["case"]).json["challenge"]
    assert_problem(states(officers[0], challenge), 409, "own-challenge")
    for officer in officers[1:]:
        states(officer, challenge)
    late = service.newcomer(Role.OFFICER, tenant_id=agency.tenant_id)
    assert_problem(states(late, challenge), 409, "challenge-decided")


def test_one_reference(agency, officers, dana, new_picture):
    """A dispute of one picture leaves the other, and the case shows which it is."""
    one, other = new_picture(), new_picture()
    case = agency.opens(one, level="V1")["case"]
    second = agency.send(f"/v1/cases/{case}/references", other).json["reference"]
    made = challenges(officers[2], case, "not_intimate", reference=second)
    assert (made.json["case_state"], made.json["reference"]) == ("active", second)
    assert (dana.checks(one)["verdict"], dana.checks(other)["verdict"]) == ("block", "review")
    assert [one["state"] for one in agency.get(f"/v1/cases/{case}").json["references"]] == [
        "indexed",
        "disputed",
    ]
    cleared = officers[0].post(f"/v1/references/{second}/clearance")
    assert_problem(cleared, 409, "state-forbids")
    for officer in officers[:2]:
        states(officer, made.json["challenge"], "deny")
    assert (dana.checks(one)["verdict"], dana.checks(other)["verdict"]) == ("block", "allow")
    assert_problem(challenges(officers[2], case, reference="ref_" + "0" * 16), 404, "not-found")


def test_a_platform_challenges_by_its_check(agency, officers, dana, erin, new_picture):
    """The answers with and without a match are equal but for id and time, and name no case, and officers no check."""
    held, free = new_picture(), new_picture()
    case = agency.opens(held, level="V1")["case"]
    matched, empty = dana.checks(held)["check_id"], dana.checks(free)["check_id"]
    asked = {"reason": "wrong_match"}
    answers = [dana.post(f"/v1/checks/{check}/challenge", json=asked) for check in (matched, empty)]
    assert [answer.status_code for answer in answers] == [201, 201]
    told = [answer.json for answer in answers]
    assert all(set(one) == {"check_id", "reason", "challenged_at", "standing"} for one in told)
    assert case not in answers[0].text
    assert {(one["reason"], one["standing"]) for one in told} == {("wrong_match", "clear")}
    assert len({len(answer.data) for answer in answers}) == 1
    assert dana.checks(held)["verdict"] == "review"
    assert_problem(erin.post(f"/v1/checks/{matched}/challenge", json=asked), 404, "not-found")
    again = dana.post(f"/v1/checks/{matched}/challenge", json=asked)
    assert (again.status_code, again.json) == (200, told[0])
    page = officers[0].get("/v1/challenges?state=open")
    (listed,) = page.json["challenges"]
    assert (listed["case"], listed["by_check"], listed["in_effect"]) == (case, True, True)
    assert matched not in page.text
    assert dana.tenant_id not in page.text
    for officer in officers[:2]:
        states(officer, listed["challenge"])
    assert dana.checks(held)["verdict"] == "block"
    assert officers[0].get("/v1/challenges?state=open").json == {"challenges": [], "next": None}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"reason": "because"},
        {"reason": "not_agreed", "text": "her name is"},
        {"reason": "not_agreed", "reference": "ref_1"},
        {"reason": ["not_agreed"]},
    ],
)
def test_free_text_is_refused(agency, body):
    """There is no field for a person's words, and no refusal repeats what was sent."""
    answer = agency.post(f"/v1/cases/{agency.opens()['case']}/challenges", json=body)
    assert_problem(answer, 422, "body-invalid")
    assert "her name" not in answer.text


def test_one_key_has_few_open_challenges(agency):
    """The eleventh is refused with 429 and how many there may be."""
    for _ in range(10):
        assert challenges(agency, agency.opens()["case"]).status_code == 201
    answer = challenges(agency, agency.opens()["case"])
    assert_problem(answer, 429, "too-many-challenges")
    assert "10 open challenges" in answer.json["detail"]
    assert int(answer.headers["Retry-After"]) == 3600


def test_suspended_resumed_expired_renewed(service, agency, officers, dana, picture):
    """Each move has its effect with the answer, and what is impossible says what could be done."""
    case = agency.opens(picture, level="V1")["case"]
    path = f"/v1/cases/{case}"
    suspended = officers[0].post(f"{path}/suspension", json={"reason": "legal_order"})
    assert (suspended.status_code, suspended.json["state"]) == (200, "suspended")
    assert dana.checks(picture)["verdict"] == "allow"
    again = officers[0].post(f"{path}/suspension", json={"reason": "abuse"})
    assert again.json == {**suspended.json, "receipt": None}
    assert_problem(challenges(agency, case), 409, "state-forbids")
    resumed = officers[0].post(f"{path}/resumption", json={"reason": "order_ended"})
    assert resumed.json["state"] == "active"
    assert dana.checks(picture)["verdict"] == "block"
    vera = service.newcomer(Role.VERIFIER, tenant_id=agency.tenant_id)
    assert_problem(vera.post(f"{path}/renewal"), 409, "state-forbids")
    service.expire(agency.tenant_id, case)
    assert dana.checks(picture)["verdict"] == "allow"
    assert vera.post(f"{path}/renewal").json["state"] == "active"
    assert dana.checks(picture)["verdict"] == "block"
