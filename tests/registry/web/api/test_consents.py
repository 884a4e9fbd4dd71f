"""GET /v1/cases/{case}/consents and POST /v1/cases/{case}/consents/withdrawal."""

import pytest

from tests.support.web.service import assert_problem


@pytest.fixture
def case(bob, picture):
    """A verified case with one picture, registered in Korean by paper."""
    return bob.opens(picture, level="V1", language="ko", consent_given="paper")["case"]


def test_the_consents_of_a_case_are_listed(bob, case):
    """Each says for what, by which text and language, and how it was given, and never who gave it."""
    (consent,) = bob.get(f"/v1/cases/{case}/consents").json["consents"]
    assert (consent["purpose"], consent["language"], consent["given"]) == ("fingerprints", "ko", "paper")
    assert (consent["text"], consent["withdrawn_at"]) == ("fingerprints-1", None)
    exported = bob.get(f"/v1/cases/{case}/export").json["consents"]
    assert exported == [consent]


def test_without_the_consent_to_fingerprints_the_case_ends(bob, dana, case, picture):
    """No check finds the picture any more; the second withdrawal changes nothing."""
    assert dana.checks(picture)["verdict"] == "block"
    path, asked = f"/v1/cases/{case}/consents/withdrawal", {"purpose": "fingerprints"}
    done = bob.post(path, json=asked)
    assert (done.status_code, done.json["state"]) == (200, "withdrawn")
    assert set(done.json["withdrawn"]) == {"fingerprints", "likeness"}
    assert dana.checks(picture)["verdict"] == "allow"
    again = bob.post(path, json=asked).json
    assert (again["withdrawn"], again["receipt"]) == ([], None)


def test_a_consent_that_was_never_given_leaves_all_as_it_is(bob, dana, case, picture):
    """Without a likeness there is nothing to withdraw of it."""
    done = bob.post(f"/v1/cases/{case}/consents/withdrawal", json={"purpose": "likeness"})
    assert (done.status_code, done.json["withdrawn"]) == (200, [])
    assert dana.checks(picture)["verdict"] == "block"


@pytest.mark.parametrize("asked", [{"purpose": "everything"}, {}, {"purpose": None}])
def test_another_purpose_is_refused(bob, case, asked):
    """The two purposes are named."""
    answer = bob.post(f"/v1/cases/{case}/consents/withdrawal", json=asked)
    assert_problem(answer, 422, "body-invalid")


def test_a_stranger_sees_and_ends_nothing(bob, charlie, case):
    """Another tenant's case is none."""
    assert_problem(charlie.get(f"/v1/cases/{case}/consents"), 404, "not-found")
    path = f"/v1/cases/{case}/consents/withdrawal"
    assert_problem(charlie.post(path, json={"purpose": "fingerprints"}), 404, "not-found")
    assert bob.get(f"/v1/cases/{case}").json["state"] != "withdrawn"


@pytest.mark.parametrize(("field", "value"), [("consent_given", "page"), ("language", "und")])
def test_what_only_the_registry_says_is_refused(bob, picture, field, value):
    """Nobody states by key that the subject agreed on the registry's own page."""
    answer = bob.post("/v1/cases", data={"media": (picture, "x.jpg"), field: value})
    assert answer.status_code == 422
