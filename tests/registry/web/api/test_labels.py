"""Labels of cases and checks, and lists of checks: the tenant's own, page by page, and nothing that was not told."""

import pytest

from registry.domain.labels import MAX_LABELS
from registry.domain.roles import Role
from registry.web.api import labels as view
from tests.support.web.media import codes, made_up_pdq
from tests.support.web.service import BY_CODES, assert_problem

LISTED = {"check_id", "verdict", "reason", "checked_at", "labels"}


@pytest.fixture
def platform(service):
    """A platform of its own for each test."""
    return service.newcomer(Role.PLATFORM, allowed=BY_CODES)


@pytest.fixture
def case(alice):
    """A case of Alice's."""
    return alice.opens()["case"]


def asks(platform, seed):
    """Asks about codes that are near nothing, and returns the check's id."""
    return platform.checks(codes=codes(made_up_pdq(90_000 + seed)))["check_id"]


def pages(platform, **query):
    """Reads all pages of a list of checks."""
    found, cursor = [], None
    while True:
        answer = platform.get(
            "/v1/checks", query_string=query | ({} if cursor is None else {"cursor": cursor})
        )
        assert answer.status_code == 200, answer.text
        found.append([one["check_id"] for one in answer.json["checks"]])
        cursor = answer.json["next"]
        if cursor is None:
            return found


def test_checks_are_listed_page_by_page(service, platform, monkeypatch):
    """Each of the tenant's own checks is in one page, the newest first, and nobody else's."""
    monkeypatch.setattr(view, "MAX_CHECKS", 2)
    asked = [asks(platform, seed) for seed in range(5)]
    asks(service.newcomer(Role.PLATFORM, allowed=BY_CODES), 9)
    assert pages(platform) == [asked[4:2:-1], asked[2:0:-1], asked[:1]]
    colleague = service.newcomer(Role.REVIEWER, tenant_id=platform.tenant_id)
    assert [check for page in pages(colleague) for check in page] == asked[::-1]


def test_a_list_tells_what_the_answer_told(bob, platform, picture):
    """A listed check is as it was answered, also after the match was withdrawn, and has no case and no reference."""
    case = bob.opens(picture, level="V1")["case"]
    check = platform.checks(picture)
    before = platform.get("/v1/checks").json
    bob.post(f"/v1/cases/{case}/withdrawal")
    assert platform.get("/v1/checks").json == before
    (listed,) = before["checks"]
    assert set(listed) == LISTED
    assert (
        (listed["verdict"], listed["reason"])
        == (check["verdict"], check["reason"])
        == ("block", "tight_match")
    )


def test_checks_are_filtered(bob, platform, picture):
    """By verdict, by label, and by time; filters hold together, and over all pages."""
    bob.opens(picture, level="V1")
    blocked, allowed = platform.checks(picture)["check_id"], [asks(platform, seed) for seed in (20, 21)]
    for check in (blocked, allowed[0]):
        assert platform.ask("PUT", f"/v1/checks/{check}/labels/wave-3").json == {"labels": ["wave-3"]}
    assert pages(platform, verdict="block") == [[blocked]]
    assert pages(platform, label="wave-3") == [[allowed[0], blocked]]
    assert pages(platform, label="wave-3", verdict="allow") == [[allowed[0]]]
    moment = platform.get("/v1/checks").json["checks"][0]["checked_at"]
    assert pages(platform, since="2020-01-01T00:00:00Z", until="2020-01-02T00:00:00Z") == [[]]
    assert len(pages(platform, since=moment)[0]) == 1
    for query in (
        {"since": "yesterday"},
        {"since": "2020-01-01T00:00:00"},
        {"verdict": "maybe"},
        {"case": "c"},
    ):
        assert_problem(platform.get("/v1/checks", query_string=query), 422, "body-invalid")


def altered(cursor, place):
    """Returns a cursor with another character at a place."""
    characters = list(cursor)
    characters[place] = "B" if characters[place] == "A" else "A"
    return "".join(characters)


def test_a_cursor_belongs_to_one_list(service, platform, monkeypatch):
    """A cursor of another tenant, of other filters or another list, an altered one and an id are refused alike."""
    monkeypatch.setattr(view, "MAX_CHECKS", 1)
    for seed in (30, 31):
        asks(platform, seed)
    cursor = platform.get("/v1/checks").json["next"]
    other = service.newcomer(Role.PLATFORM, allowed=BY_CODES)
    refused = [
        other.get("/v1/checks", query_string={"cursor": cursor}),
        platform.get("/v1/checks", query_string={"cursor": cursor, "verdict": "allow"}),
        service.newcomer(Role.AGENCY, tenant_id=platform.tenant_id).get(
            "/v1/cases", query_string={"cursor": cursor}
        ),
        *(
            platform.get("/v1/checks", query_string={"cursor": text})
            for text in (altered(cursor, -2), altered(cursor, 0), cursor + "A", "A" * 20, "chk_" + "0" * 16)
        ),
    ]
    for answer in refused:
        assert_problem(answer, 422, "body-invalid")
    assert len({answer.data for answer in refused[:-1]}) == 1


def test_a_label_of_a_case_ends_with_it(service, alice, case):
    """Labels are added, removed and listed by; the withdrawal deletes them, and no new one is taken."""
    path = f"/v1/cases/{case}/labels"
    assert alice.ask("PUT", f"{path}/urgent").json == {"labels": ["urgent"]}
    assert alice.ask("PUT", f"{path}/urgent").json == {"labels": ["urgent"]}
    assert alice.ask("PUT", f"{path}/a-2026-11").json == {"labels": ["a-2026-11", "urgent"]}
    assert alice.ask("DELETE", f"{path}/a-2026-11").json == {"labels": ["urgent"]}
    assert alice.ask("DELETE", f"{path}/a-2026-11").json == {"labels": ["urgent"]}
    assert alice.get(f"/v1/cases/{case}").json["labels"] == ["urgent"]
    assert alice.get(f"/v1/cases/{case}/export").json["labels"] == ["urgent"]
    listed = alice.get("/v1/cases", query_string={"label": "urgent"}).json["cases"]
    assert [one["case"] for one in listed] == [case]
    alice.post(f"/v1/cases/{case}/withdrawal")
    assert alice.get(f"/v1/cases/{case}").json["labels"] == []
    assert alice.get("/v1/cases", query_string={"label": "urgent"}).json["cases"] == []
    assert_problem(alice.ask("PUT", f"{path}/urgent"), 409, "case-withdrawn")
    assert case not in str(service.rows()["registry.case_labels"])


@pytest.mark.parametrize(
    "label",
    [
        *("alice@example.org", "Alice", "a_b", "a.b", "-a", "a" * 33, "ä", "a b", "a%0A"),
        *("010-4711-4711", "00821047114711", "alice-at-example-com", "alice-gmail"),
    ],
)
def test_a_label_that_could_be_somebodys_is_refused(service, alice, platform, label):
    """Addresses, telephone numbers and other characters are no labels: refused, and not repeated."""
    case, check = alice.opens()["case"], asks(platform, 50)
    before = service.rows()
    for person, path in ((alice, f"/v1/cases/{case}"), (platform, f"/v1/checks/{check}")):
        for method in ("PUT", "DELETE"):
            answer = person.ask(method, f"{path}/labels/{label}")
            assert_problem(answer, 422, "label-refused")
            assert label not in answer.text
    query = {"label": label}
    assert platform.get("/v1/checks", query_string=query).status_code == 422
    assert alice.get("/v1/cases", query_string=query).status_code == 422
    assert service.rows() == before


def test_labels_are_few(alice, platform, case):
    """A case and a check have a bounded number of labels, each; one that is there is no further one."""
    for person, path in ((alice, f"/v1/cases/{case}"), (platform, f"/v1/checks/{asks(platform, 60)}")):
        for number in range(MAX_LABELS):
            assert person.ask("PUT", f"{path}/labels/l-{number}").status_code == 200
        assert person.ask("PUT", f"{path}/labels/l-0").status_code == 200
        assert_problem(person.ask("PUT", f"{path}/labels/more"), 422, "label-refused")


def test_labels_are_the_tenants_own(service, alice, case, platform):
    """Another tenant's case and check cannot be labelled, and look like unknown ones."""
    check = asks(platform, 70)
    for person, path in (
        (service.newcomer(Role.AGENCY), f"/v1/cases/{case}"),
        (service.newcomer(Role.PLATFORM), f"/v1/checks/{check}"),
    ):
        unknown = path[:-16] + "0" * 16
        for method in ("PUT", "DELETE"):
            answers = [person.ask(method, f"{one}/labels/mine") for one in (path, unknown)]
            assert_problem(answers[0], 404, "not-found")
            assert answers[0].data == answers[1].data
