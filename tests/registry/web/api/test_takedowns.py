"""The endpoints of takedown requests: a journey of agency and platform, and every bad input of the issue."""

from typing import get_args

import pytest

from registry.domain.roles import Role
from registry.domain.takedowns import (
    EVENT_REASONS,
    EVENT_SIDES,
    Side,
    TakedownEvent,
    TakedownReason,
    TakedownState,
)
from registry.web.schemas.takedowns import EventName, ReasonName, TakedownStateName
from tests.support.takedowns import CONTACT, PROFILES, SEEDED, TARGET, takedown_body, without
from tests.support.web.service import assert_problem


@pytest.fixture
def agency(service):
    return service.newcomer(Role.AGENCY)


@pytest.fixture
def platform(service):
    return service.newcomer(Role.PLATFORM)


def opened(person, case=None, **changes):
    case = case or person.opens()["case"]
    answer = person.post("/v1/takedowns", json=takedown_body(case, **changes))
    assert answer.status_code == 201, answer.text
    return answer


def says(person, takedown, event, reason=None, **more):
    asked = {"event": event, **({} if reason is None else {"reason": reason}), **more}
    return person.post(f"/v1/takedowns/{takedown}/events", json=asked)


def read(person, takedown):
    answer = person.get(f"/v1/takedowns/{takedown}")
    assert answer.status_code == 200, answer.text
    return answer.json


def test_a_request_from_its_opening_to_its_end(agency, platform):
    """Opened, sent, acknowledged, removed, verified, swept and closed, each side with its own key."""
    answer = opened(agency, platform=platform.tenant_id)
    takedown = answer.json["takedown"]
    assert answer.headers["Location"] == f"/v1/takedowns/{takedown}"
    assert (answer.json["state"], answer.json["due_at"], answer.json["missing"]) == ("validated", None, [])
    assert_problem(platform.get(f"/v1/takedowns/{takedown}"), 404, "not-found")
    assert_problem(says(platform, takedown, "acknowledge"), 404, "not-found")
    sent = says(agency, takedown, "send")
    assert (sent.status_code, sent.json["state"]) == (201, "sent")
    seen = read(platform, takedown)
    assert (seen["side"], seen["case"], seen["basis"]) == (["platform"], None, "law")
    assert (seen["target"], seen["elements"]["signature"]) == (TARGET, SEEDED)
    assert "not legal advice" in seen["not_legal_advice"]["en"]
    assert seen["due_at"] == sent.json["due_at"]
    for person, event, reason in [
        (platform, "acknowledge", None),
        (platform, "remove", "law"),
        (platform, "verify_gone", None),
        (platform, "sweep_copies", "no_copies"),
        (agency, "close", None),
    ]:
        done = says(person, takedown, event, reason)
        assert done.status_code == 201, done.text
    final = read(agency, takedown)
    assert (final["state"], final["executed"], final["overdue"]) == ("closed", True, False)
    assert [(event["event"], event["by"]) for event in final["events"]] == [
        ("validate", "registry"),
        ("send", "claimant"),
        ("acknowledge", "platform"),
        ("remove", "platform"),
        ("verify_gone", "platform"),
        ("sweep_copies", "platform"),
        ("close", "claimant"),
    ]
    receipt = agency.get(f"/v1/receipts/{sent.json['receipt']}")
    assert receipt.status_code == 200


@pytest.mark.parametrize("profile", PROFILES)
def test_what_is_missing_is_named_in_both_languages(agency, profile):
    """Without any element every required one is named, and supplying them makes the request complete."""
    answer = opened(agency, profile=profile, elements={})
    required = {element.id for element in PROFILES[profile].elements if element.is_required} - {"target"}
    assert answer.json["state"] == "draft"
    assert {one["element"] for one in answer.json["missing"]} == required
    assert all(set(one["message"]) == {"ko", "en"} for one in answer.json["missing"])
    takedown = answer.json["takedown"]
    assert_problem(says(agency, takedown, "send"), 409, "takedown-forbids")
    whole = takedown_body("", profile)["elements"]
    half = says(agency, takedown, "supply", elements={"contact": whole["contact"]})
    assert {one["element"] for one in half.json["missing"]} == required - {"contact"}
    done = says(agency, takedown, "supply", elements=without(whole, "contact"))
    assert (done.json["state"], done.json["missing"]) == ("validated", [])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"profile": "MOON-1"}, "profile-unknown"),
        ({"target": "ftp://video.example/"}, "address-unfit"),
        ({"target": "video.example/watch"}, "address-unfit"),
        ({"target": "https://seeded:word@video.example/"}, "address-unfit"),
        ({"target": "https://video.example/seeded@mail.example"}, "address-unfit"),
        ({"target": "https://video.example/" + "a" * 10_000}, "address-unfit"),
        ({"target": None}, "body-invalid"),
        ({"platform": "ten_0000000000000000"}, "platform-unknown"),
        ({"platform": "seeded"}, "body-invalid"),
        ({"language": "fr"}, "body-invalid"),
        ({"elements": {"seeded": "x"}}, "element-unfit"),
        ({"elements": {"signature": ["seeded"]}}, "element-unfit"),
        ({"elements": {"signature": {"seeded": 1}}}, "element-unfit"),
        ({"elements": {"signature": "S\u0000eeded"}}, "element-unfit"),
        ({"elements": {"signature": "\ud800seeded"}}, "element-unfit"),
        ({"elements": {"contact": "seeded"}}, "element-unfit"),
        ({"elements": ["seeded"]}, "body-invalid"),
        ({"seeded": 1}, "body-invalid"),
    ],
)
def test_bad_input_is_refused_and_never_repeated(service, agency, changes, code):
    """Each is told by its rule, without a word of what was sent, and nothing is written."""
    case = agency.opens()["case"]
    before = service.rows()
    answer = agency.post("/v1/takedowns", json=takedown_body(case, **changes))
    assert_problem(answer, 422, code)
    assert "seeded" not in answer.text.lower()
    assert service.rows() == before


def test_the_same_address_is_the_same_request(agency):
    """Two clocks on one address: one for each profile, never two for one."""
    case = agency.opens()["case"]
    first = opened(agency, case).json
    again = agency.post("/v1/takedowns", json=takedown_body(case, target="https://VIDEO.example/watch/1"))
    assert (again.status_code, again.json["outcome"]) == (200, "duplicate")
    assert again.json["takedown"] == first["takedown"]
    assert opened(agency, case, profile="EU-DSA-16").json["takedown"] != first["takedown"]


def test_an_idempotency_key_repeats_the_answer_and_no_personal_data(service, agency):
    """The stored answer has ids, states and messages; the elements are not among them."""
    case = agency.opens()["case"]
    asked = {"json": takedown_body(case), "headers": {"Idempotency-Key": "same"}}
    first, second = agency.post("/v1/takedowns", **asked), agency.post("/v1/takedowns", **asked)
    assert first.data == second.data
    assert second.headers["Idempotent-Replayed"] == "true"
    for told in (SEEDED, CONTACT, "video.example"):
        assert told not in first.text
    moved = [
        says(agency, first.json["takedown"], "send"),
        says(agency, first.json["takedown"], "retract", "mistake"),
    ]
    assert all(SEEDED not in answer.text and "video.example" not in answer.text for answer in moved)


@pytest.mark.parametrize(
    ("event", "reason", "problem"),
    [
        ("remove", "law", (403, "not-permitted")),
        ("acknowledge", None, (403, "not-permitted")),
        ("retract", "case_withdrawn", (422, "body-invalid")),
        ("retract", None, (422, "reason-unfit")),
        ("retract", "law", (422, "reason-unfit")),
        ("miss_deadline", None, (422, "body-invalid")),
        ("escalate", "deadline_passed", (409, "takedown-forbids")),
        ("close", None, (409, "takedown-forbids")),
    ],
)
def test_events_that_a_claimant_cannot_cause(agency, platform, event, reason, problem):
    """A claimant does not decide for a platform with a key, nor name a reason that the event does not have."""
    takedown = opened(agency, platform=platform.tenant_id).json["takedown"]
    says(agency, takedown, "send")
    assert_problem(says(agency, takedown, event, reason), *problem)


def test_a_reviewer_decides_and_a_narrowed_key_does_not(service, agency, platform):
    """A platform's reviewer decides; a key of the platform without the permission only reads."""
    takedown = opened(agency, platform=platform.tenant_id).json["takedown"]
    says(agency, takedown, "send")
    reader = service.newcomer(
        Role.PLATFORM, tenant_id=platform.tenant_id, permissions=frozenset({"tenant:takedown:read"})
    )
    assert read(reader, takedown)["state"] == "sent"
    assert_problem(says(reader, takedown, "remove", "law"), 403, "not-permitted")
    reviewer = service.newcomer(Role.REVIEWER, tenant_id=platform.tenant_id)
    assert says(reviewer, takedown, "remove", "terms").json["state"] == "removed"


def test_lists_have_states_and_times_only(agency, platform):
    """Both sides list their requests; a page holds no address, no name and no contact."""
    case = agency.opens()["case"]
    made = [
        opened(agency, case, platform=platform.tenant_id, target=f"{TARGET}?n={n}").json for n in range(3)
    ]
    for one in made[:2]:
        says(agency, one["takedown"], "send")
    mine, theirs = agency.get("/v1/takedowns"), platform.get("/v1/takedowns")
    assert [one["takedown"] for one in mine.json["takedowns"]] == [one["takedown"] for one in made]
    assert [one["takedown"] for one in theirs.json["takedowns"]] == [one["takedown"] for one in made[:2]]
    assert {one["case"] for one in theirs.json["takedowns"]} == {None}
    for text in (mine.text, theirs.text):
        assert SEEDED not in text
        assert "video.example" not in text
    soon = platform.get("/v1/takedowns?due_before=2099-01-01T00:00:00Z").json
    assert len(soon["takedowns"]) == 2
    assert platform.get("/v1/takedowns?due_before=2001-01-01T00:00:00%2B09:00").json["takedowns"] == []
    assert len(agency.get("/v1/takedowns?state=validated").json["takedowns"]) == 1


@pytest.mark.parametrize(
    "query",
    [
        "due_before=yesterday",
        "due_before=2026-12-01",
        "due_before=2026-13-01T00:00:00Z",
        "due_before=2026-12-01T00:00:00",
        "due_before=1764547200",
        "state=seeded",
        "cursor=seeded",
        "cursor=case_0000000000000000",
        "seeded=1",
        "state=sent&state=draft",
    ],
)
def test_a_query_of_another_form_is_refused(agency, query):
    """A time without a zone, a state or a cursor of another form is told by its rule."""
    answer = agency.get(f"/v1/takedowns?{query}")
    assert_problem(answer, 422, "body-invalid")
    assert "seeded" not in answer.text


def test_a_foreign_cursor_is_not_found(agency, platform):
    """A cursor of somebody else's request tells nothing of it."""
    takedown = opened(agency).json["takedown"]
    assert_problem(platform.get(f"/v1/takedowns?cursor={takedown}"), 404, "not-found")
    assert agency.get(f"/v1/takedowns?cursor={takedown}").json == {"takedowns": [], "next": None}


def test_a_withdrawn_case_forgets_what_its_requests_said(agency, platform):
    """After the withdrawal both sides read states and times, and no address and no element."""
    case = agency.opens()["case"]
    takedown = opened(agency, case, platform=platform.tenant_id).json["takedown"]
    says(agency, takedown, "send")
    agency.post(f"/v1/cases/{case}/withdrawal")
    for person in (agency, platform):
        seen = read(person, takedown)
        assert (seen["state"], seen["target"], seen["elements"]) == ("retracted", None, None)
        assert seen["events"][-1]["reason"] == "case_withdrawn"
        assert seen["erased_at"] is not None
    assert_problem(agency.post("/v1/takedowns", json=takedown_body(case)), 409, "case-withdrawn")


def test_the_names_are_those_of_the_tables():
    """The schema offers every event that somebody causes by hand, with every reason that they can name."""
    by_hand = {event for event in TakedownEvent if EVENT_SIDES[event] - {Side.REGISTRY}}
    assert set(get_args(EventName)) == {event.value for event in by_hand}
    reasons = {reason for event in by_hand for reason in EVENT_REASONS[event]}
    assert set(get_args(ReasonName)) == {reason.value for reason in reasons - {TakedownReason.CASE_WITHDRAWN}}
    assert set(get_args(TakedownStateName)) == {state.value for state in TakedownState}
