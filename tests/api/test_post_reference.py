"""POST /v1/cases/{case}/references."""

import pytest
from api_media import codes, codes_of, made_up_pdq
from api_service import assert_problem

ANSWER = {"case", "reference", "outcome", "kind", "enrolled_at", "receipt"}


@pytest.fixture
def case(bob):
    """A verified, empty case."""
    return bob.opens(level="V1")["case"]


def test_a_file_is_registered(bob, case, picture):
    """A file becomes a reference of the case, and the answer says which."""
    answer = bob.send(f"/v1/cases/{case}/references", picture)
    assert answer.status_code == 201
    assert set(answer.json) == ANSWER
    assert (answer.json["case"], answer.json["outcome"], answer.json["kind"]) == (
        case,
        "enrolled",
        "intimate_item",
    )
    assert answer.headers["Location"] == f"/v1/cases/{case}"


def test_codes_are_registered(bob, case):
    """Codes made on the claimant's device become a reference."""
    answer = bob.post(f"/v1/cases/{case}/references", json={"codes": codes(made_up_pdq(3))})
    assert (answer.status_code, answer.json["outcome"]) == (201, "enrolled")


def test_what_is_registered_is_found_at_once(bob, dana, case, picture):
    """The first check after the answer finds the reference."""
    bob.send(f"/v1/cases/{case}/references", picture)
    assert dana.checks(picture)["verdict"] == "block"


def test_registered_codes_are_found_by_the_picture(bob, dana, case, picture):
    """Codes of the claimant's device are found by the picture that they were made from."""
    bob.post(f"/v1/cases/{case}/references", json={"codes": codes_of(picture)})
    assert dana.checks(picture)["verdict"] == "block"


def test_the_same_media_is_a_duplicate(service, bob, case, picture):
    """The same file in the same case is the reference that is there, and writes nothing."""
    first = bob.send(f"/v1/cases/{case}/references", picture)
    before = service.rows()
    again = bob.send(f"/v1/cases/{case}/references", picture)
    assert again.status_code == 200
    assert again.json == first.json | {"outcome": "duplicate", "receipt": None}
    assert service.rows() == before


def test_another_case_may_hold_it_too(bob, case, picture):
    """The same file in another case of the tenant is a reference of its own."""
    first = bob.opens(picture)
    second = bob.send(f"/v1/cases/{case}/references", picture)
    assert (second.status_code, second.json["outcome"]) == (201, "enrolled")
    assert second.json["reference"] != first["reference"]


@pytest.mark.parametrize("kind", ["intimate_item", "source_original", "official_release"])
def test_each_kind_is_kept(bob, case, picture, kind):
    """A reference is what it was registered as."""
    assert bob.send(f"/v1/cases/{case}/references", picture, kind=kind).json["kind"] == kind
    assert bob.get(f"/v1/cases/{case}").json["references"][0]["kind"] == kind


@pytest.mark.parametrize("kind", ["likeness", "excluded_interval", "Intimate_item", ""])
def test_no_other_kind_is(service, bob, case, picture, kind):
    """A kind that this version does not register is refused, and nothing is written."""
    before = service.rows()
    assert_problem(bob.send(f"/v1/cases/{case}/references", picture, kind=kind), 422, "body-invalid")
    assert service.rows() == before


def test_nothing_joins_a_withdrawn_case(service, bob, case, picture):
    """A withdrawn case takes nothing more."""
    bob.post(f"/v1/cases/{case}/withdrawal")
    before = service.count("case_references")
    assert_problem(bob.send(f"/v1/cases/{case}/references", picture), 409, "case-withdrawn")
    assert service.count("case_references") == before


def test_a_stranger_adds_nothing(service, bob, charlie, case, picture):
    """Another tenant's case is not there."""
    before = service.rows()
    assert_problem(charlie.send(f"/v1/cases/{case}/references", picture), 404, "not-found")
    assert service.rows() == before
    assert bob.get(f"/v1/cases/{case}").json["references"] == []
