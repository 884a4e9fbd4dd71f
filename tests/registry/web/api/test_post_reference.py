"""POST /v1/cases/{case}/references."""

import io

import pytest
from PIL import Image

from registry.demo.pictures import drawn
from tests.support.web.media import (
    PICTURE_SIZE,
    SCREEN,
    SHOWN_AT,
    codes,
    codes_of,
    dim,
    faint,
    made_up_pdq,
    saved,
    screenshot,
)
from tests.support.web.service import assert_problem

ANSWER = {"case", "reference", "outcome", "kind", "enrolled_at", "found_by", "inner", "receipt"}
EVERYTHING = ["file", "copies", "edits"]


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


def test_of_somebody_under_18_nothing_is_taken(service, bob, dana, case, picture):
    """By file or codes, in a case or with a new one, nothing is written, and the bodies that help are named."""
    before = service.rows()
    asked = {"codes": codes(made_up_pdq(31)), "is_adult": False}
    for answer in (
        bob.send(f"/v1/cases/{case}/references", picture, is_adult="false"),
        bob.send("/v1/cases", picture, is_adult="false"),
        bob.post(f"/v1/cases/{case}/references", json=asked),
        bob.post("/v1/cases", json={"reference": asked}),
    ):
        assert "takeitdown.ncmec.org" in assert_problem(answer, 422, "under-age")["detail"]
    assert service.rows() == before
    assert dana.checks(picture)["verdict"] == "allow"


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


@pytest.mark.parametrize("kind", ["Likeness", "excluded_interval", "Intimate_item", ""])
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


def crop(media):
    """Cuts three quarters out of the middle of a picture."""
    image = Image.open(io.BytesIO(media))
    wide, high = image.size
    return saved(image.crop((wide // 8, high // 8, wide * 7 // 8, high * 7 // 8)), "PNG")


def windows_of(service, answer):
    """Counts the rows of windows of an answered reference."""
    rows = service.rows()
    (key,) = [row[0] for row in rows["registry.case_references"] if answer.json["reference"] in row]
    return [row for row in rows["registry.anchored_windows"] if row[0] == key]


def test_a_file_is_found_in_edits_too(bob, dana, case):
    """Unless the claimant says otherwise crops are found, and the answer says so."""
    picture = drawn(
        971, PICTURE_SIZE
    )  # one drawn picture in 150 has too few windows for its crop to be found
    answer = bob.send(f"/v1/cases/{case}/references", picture)
    assert answer.json["found_by"] == EVERYTHING
    found = dana.checks(crop(picture))
    assert (found["verdict"], found["kinds"]) == ("review", ["partial_copy"])


@pytest.mark.parametrize("edits", ["true", "false"])
def test_the_claimant_chooses(service, bob, case, picture, edits):
    """`edits` decides whether windows are kept at all, and the answer and the case say what was chosen."""
    found_by = EVERYTHING if edits == "true" else EVERYTHING[:2]
    answer = bob.send(f"/v1/cases/{case}/references", picture, edits=edits)
    assert answer.json["found_by"] == found_by
    assert len(windows_of(service, answer)) == (edits == "true")
    assert bob.get(f"/v1/cases/{case}").json["references"][0]["found_by"] == found_by


def test_copies_only_finds_copies_only(bob, dana, case, picture):
    """Without windows the whole picture blocks, and a crop of it is allowed."""
    bob.send(f"/v1/cases/{case}/references", picture, edits="false")
    assert dana.checks(picture)["verdict"] == "block"
    assert dana.checks(crop(picture))["verdict"] == "allow"


@pytest.mark.parametrize("edits", ["True", "FALSE", "1", "0", "yes", "", " true", "false\n", "null"])
def test_a_choice_has_one_spelling(service, bob, case, picture, edits):
    """A value that is neither `true` nor `false` is refused, and nothing is written."""
    before = service.rows()
    assert_problem(bob.send(f"/v1/cases/{case}/references", picture, edits=edits), 422, "body-invalid")
    assert service.rows() == before


@pytest.mark.parametrize("edits", [True, False, "true"])
def test_codes_have_no_choice(service, bob, case, edits):
    """Codes have no windows: who sends `edits` with them is told that the field does nothing here."""
    before = service.rows()
    body = {"codes": codes(made_up_pdq(5)), "edits": edits}
    assert_problem(bob.post(f"/v1/cases/{case}/references", json=body), 422, "body-invalid")
    assert service.rows() == before


def test_codes_are_found_in_copies(bob, case):
    """A reference of a PDQ alone is found in copies, and says so."""
    answer = bob.post(f"/v1/cases/{case}/references", json={"codes": codes(made_up_pdq(6))})
    assert (answer.json["found_by"], answer.json["inner"]) == (["copies"], [])


def test_a_poor_picture_is_found_in_edits_and_not_in_copies(service, bob, dana, case):
    """A picture too poor for whole codes is registered by its windows and its bytes, and the answer says so."""
    poor = dim(drawn(972, PICTURE_SIZE))
    answer = bob.send(f"/v1/cases/{case}/references", poor)
    assert (answer.status_code, answer.json["found_by"]) == (201, ["file", "edits"])
    assert bob.get(f"/v1/cases/{case}").json["references"][0]["algorithms"] == ["sha256"]
    assert len(windows_of(service, answer)) == 1
    assert dana.checks(poor)["verdict"] == "block"
    assert dana.checks(crop(poor))["verdict"] == "review"


def test_a_poor_picture_that_would_be_found_by_nothing_is_refused(service, bob, case, picture):
    """Without windows, by choice or for want of points, a poor picture is refused, and nothing is written."""
    before = service.rows()
    for poor, edits in ((dim(picture), "false"), (faint(), "true")):
        answer = bob.send(f"/v1/cases/{case}/references", poor, edits=edits)
        assert_problem(answer, 422, "media-low-quality")
    assert service.rows() == before


def test_a_screenshot_proposes_the_picture_in_it(bob, case):
    """Where a picture lies within a page is proposed first, exactly enough to be cropped."""
    inner = bob.send(f"/v1/cases/{case}/references", screenshot(drawn(970, PICTURE_SIZE))).json["inner"]
    assert 1 <= len(inner) <= 9
    edges = [
        round(inner[0][side] * whole)
        for side, whole in zip(("left", "top", "right", "bottom"), SCREEN * 2, strict=True)
    ]
    wanted = [*SHOWN_AT, *(at + size for at, size in zip(SHOWN_AT, PICTURE_SIZE, strict=True))]
    assert edges == pytest.approx(wanted, abs=4)


def test_a_duplicate_says_what_stands(bob, case, picture):
    """The same file again keeps what was chosen first, says so, and proposes the same pictures."""
    page = screenshot(picture)
    first = bob.send(f"/v1/cases/{case}/references", page, edits="false").json
    again = bob.send(f"/v1/cases/{case}/references", page, edits="true").json
    assert again == first | {"outcome": "duplicate", "receipt": None}
    assert again["found_by"] == ["file", "copies"]
    assert again["inner"]
