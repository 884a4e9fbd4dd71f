"""POST /v1/cases."""

import re

import pytest

from tests.support.web.media import codes, flat, made_up_pdq, screenshot
from tests.support.web.service import assert_problem

ANSWER = {
    "case",
    "outcome",
    "state",
    "level",
    "claimed_level",
    "opened_at",
    "reference",
    "found_by",
    "inner",
    "receipt",
}


def test_an_empty_case_opens_at_v0(alice):
    """A claimant opens a case without anything in it, unverified."""
    answer = alice.post("/v1/cases", json={})
    case = answer.json
    assert answer.status_code == 201
    assert set(case) == ANSWER
    assert (case["outcome"], case["state"], case["level"], case["reference"]) == (
        "opened",
        "active",
        "V0",
        None,
    )
    assert (case["found_by"], case["inner"]) == ([], [])
    assert answer.headers["Location"] == f"/v1/cases/{case['case']}"


def test_a_file_comes_along(alice, picture):
    """A case opened with a file holds it as its first reference."""
    case = alice.opens(picture)
    assert case["outcome"] == "enrolled"
    read = alice.get(f"/v1/cases/{case['case']}").json
    assert [item["reference"] for item in read["references"]] == [case["reference"]]


def test_codes_come_along(alice):
    """A case opened with codes holds them as its first reference."""
    answer = alice.post("/v1/cases", json={"reference": {"codes": codes(made_up_pdq(1))}})
    assert answer.status_code == 201
    read = alice.get(answer.headers["Location"]).json
    assert [item["algorithms"] for item in read["references"]] == [["pdq"]]


@pytest.mark.parametrize(
    ("fields", "found_by"),
    [
        ({}, ["file", "copies", "edits"]),
        ({"edits": "true"}, ["file", "copies", "edits"]),
        ({"edits": "false"}, ["file", "copies"]),
    ],
)
def test_the_claimant_chooses_what_it_is_found_in(alice, picture, fields, found_by):
    """A first reference is found in edits too unless the claimant says otherwise; the answer and a duplicate say so."""
    assert alice.opens(picture, **fields)["found_by"] == found_by
    assert alice.send("/v1/cases", picture).json["found_by"] == found_by


def test_a_screenshot_proposes_pictures(alice, picture):
    """The pictures within a first reference are proposed, to who sends it again too."""
    page = screenshot(picture)
    first = alice.opens(page)
    assert set(first["inner"][0]) == {"left", "top", "right", "bottom"}
    assert alice.send("/v1/cases", page).json["inner"] == first["inner"]


def test_an_opening_by_codes_has_no_choice(service, alice):
    """`edits` is no field of a case, nor of codes: windows are made from the media alone."""
    before = service.rows()
    reference = {"codes": codes(made_up_pdq(7))}
    for body in ({"reference": reference | {"edits": False}}, {"reference": reference, "edits": False}):
        assert_problem(alice.post("/v1/cases", json=body), 422, "body-invalid")
    assert service.rows() == before


def test_the_receipt_is_the_ledgers_last_digest(service, alice, picture):
    """The receipt proves the entry that the enrolment wrote in the ledger."""
    case = alice.opens(picture)
    with service.container.units.read() as unit:
        entry = next(entry for entry in unit.ledger.entries() if entry.digest.hex() == case["receipt"])
    assert (entry.act.case_id, entry.act.reference_id) == (case["case"], case["reference"])


def test_times_are_utc_to_the_millisecond(alice):
    """Moments are RFC 3339 in UTC, to the millisecond."""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", alice.opens()["opened_at"])


def test_the_same_media_opens_nothing(service, alice, picture):
    """A file that the tenant has registered already names the case that holds it, and writes nothing."""
    first = alice.opens(picture)
    before = service.rows()
    again = alice.send("/v1/cases", picture)
    assert again.status_code == 200
    assert again.json == first | {"outcome": "duplicate", "receipt": None}
    assert service.rows() == before


def test_the_same_codes_open_nothing(alice):
    """Codes that the tenant has registered already name the case that holds them."""
    body = {"reference": {"codes": codes(made_up_pdq(2))}}
    first = alice.post("/v1/cases", json=body)
    again = alice.post("/v1/cases", json=body)
    assert (again.status_code, again.json["outcome"]) == (200, "duplicate")
    assert again.json["case"] == first.json["case"]


def test_another_tenants_media_is_new(alice, charlie, picture):
    """A stranger's registration is not reported as a duplicate, so nobody learns of it."""
    first, second = alice.opens(picture), charlie.opens(picture)
    assert second["outcome"] == "enrolled"
    assert second["case"] != first["case"]


def test_withdrawn_media_is_new(alice, picture):
    """Withdrawn media can be registered again, in a new case."""
    first = alice.opens(picture)
    alice.post(f"/v1/cases/{first['case']}/withdrawal")
    second = alice.opens(picture)
    assert second["outcome"] == "enrolled"
    assert second["case"] != first["case"]


def test_another_kind_is_new(alice, picture):
    """The same file as a reference of another kind is no duplicate."""
    alice.opens(picture)
    assert alice.opens(picture, kind="source_original")["outcome"] == "enrolled"


@pytest.mark.parametrize("level", ["V0", "V1", "V2", "V3", "V4"])
def test_an_opener_claims_a_level(alice, bob, new_picture, level):
    """Whatever an opener claims, with a file or without, the case is at V0 and waits for somebody else."""
    state = "active" if level == "V0" else "verifying"
    for person in (alice, bob):
        for answer in (
            person.post("/v1/cases", json={"level": level}),
            person.send("/v1/cases", new_picture(), level=level),
        ):
            assert answer.status_code == 201
            told = (answer.json["level"], answer.json["claimed_level"], answer.json["state"])
            assert told == ("V0", level, state)


def test_a_known_picture_claims_the_level_that_is_asked(alice, picture):
    """A known picture with a higher level is a claim in the case that has it; a lower one changes nothing."""
    first = alice.opens(picture)
    again = alice.send("/v1/cases", picture, level="V2")
    assert again.status_code == 200
    assert again.json["case"] == first["case"]
    assert (again.json["outcome"], again.json["level"], again.json["claimed_level"]) == (
        "duplicate",
        "V0",
        "V2",
    )
    assert again.json["receipt"] is not None
    less = alice.send("/v1/cases", picture, level="V1").json
    assert (less["claimed_level"], less["receipt"]) == ("V2", None)


def test_a_refused_file_opens_no_case(service, alice):
    """Case and first reference come together or not at all."""
    before = service.rows()
    assert_problem(alice.send("/v1/cases", flat()), 422, "media-low-information")
    assert service.rows() == before


@pytest.mark.parametrize("level", ["V5", "v1", "", "1", "V1\n"])
def test_a_level_has_one_spelling(service, bob, level):
    """A level that is none is refused, and nothing is written."""
    before = service.rows()
    assert_problem(bob.post("/v1/cases", json={"level": level}), 422, "body-invalid")
    assert service.rows() == before
