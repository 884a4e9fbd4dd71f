"""The pages of somebody's own case, with JavaScript off."""

import io
import os
import re

import pytest

from registry.domain import ids
from registry.domain.claims.case_numbers import case_number
from registry.domain.claims.words import SecretKind, as_words, new_secret
from registry.domain.consent import Language
from registry.domain.roles import Role
from tests.support.media.pictures import saved, scene

ANSWERS = {"adult": "yes", "contact": "none", "kind": "intimate_item", "language": "en"}
AGREED = {"consent": "fingerprints", "mine": "yes"}


def sent(person, media, name="holiday.jpg", **fields):
    return person.post(
        "/register/server",
        data={**ANSWERS, **AGREED, **fields, "media": (io.BytesIO(media), name)},
        content_type="multipart/form-data",
    )


@pytest.fixture(scope="module")
def media():
    """A picture of this module."""
    return saved(scene(4, 640, 480), "jpeg", quality=90)


def registered(person, media):
    """Returns the number and the words of a case that was registered without JavaScript."""
    response = sent(person, media)
    assert response.status_code == 201
    number, secret, recovery = re.findall(r'<dd class="secret">([^<]+)</dd>', response.text)
    return {"case": number, "secret": secret, "recovery_words": recovery}


@pytest.fixture(scope="module")
def proof(service, media):
    """A case of this module, which stays."""
    return registered(service.app.test_client(), media)


def told(person, address, proof, **fields):
    return person.post(address, data={"case": proof["case"], "secret": proof["secret"], **fields})


def test_a_case_tells_its_state(person, proof):
    """What happens to uploads stands there in words; the number is forgiving."""
    page = told(person, "/case", {**proof, "case": f" {proof['case'].lower().replace('-', ' ')} "}).text
    assert "in force" in page
    assert "No upload has matched it so far." in page
    assert "Picture 1, registered on" in page


@pytest.mark.parametrize("unticked", ["mine", "consent"])
def test_nothing_is_registered_without_both_consents(person, media, unticked):
    """A form without a tick is refused, whatever sent it."""
    assert sent(person, media, **{unticked: ""}).status_code == 422


def test_an_answer_that_is_missing_leads_back(person, media):
    """The server's way has the same questions."""
    response = sent(person, media, adult="no")
    assert "takeitdown.ncmec.org" in response.text
    assert 'class="secret"' not in response.text


@pytest.mark.parametrize(
    ("content", "told_as"),
    [
        (b"hello, this is a text", "The file is not a picture."),
        (saved(scene(1, 64, 64), "jpeg")[:300], "The file is damaged."),
        (b"", "The file is empty."),
    ],
)
def test_a_file_that_cannot_be_registered_is_told_in_words(person, content, told_as):
    """The page says what was wrong and what to do, and nothing of the file."""
    response = sent(person, content)
    assert response.status_code >= 400
    assert told_as in response.text
    assert "holiday" not in response.text


def test_a_typing_error_names_the_word(person, proof):
    """The checksums of the words are public, so a typing error is told without a guess being helped."""
    words = proof["secret"].split()
    page = told(person, "/case", {**proof, "secret": " ".join([*words[:3], "xxxx", *words[4:]])})
    assert page.status_code == 422
    assert "There is a typing error in these words (counted from the first): 4." in page.text


def test_an_unknown_case_and_wrong_words_have_one_page(person, proof):
    """Nobody learns whether a number exists."""
    unknown = case_number(ids.new_id(ids.CASE, os.urandom))
    wrong_words = as_words(SecretKind.SECRET, new_secret(SecretKind.SECRET, os.urandom), Language.EN)
    pages = [
        told(person, "/case", {"case": proof["case"], "secret": wrong_words}),
        told(person, "/case", {"case": unknown, "secret": wrong_words}),
    ]
    assert [page.status_code for page in pages] == [404, 404]
    assert pages[0].text.replace(proof["case"], "") == pages[1].text.replace(unknown, "")


def test_a_picture_is_added(person, proof):
    """A second picture stands in the same case."""
    response = person.post(
        "/case/added",
        data={
            "case": proof["case"],
            "secret": proof["secret"],
            "language": "en",
            "kind": "source_original",
            "consent": "fingerprints",
            "media": (io.BytesIO(saved(scene(8, 640, 480), "jpeg")), "second.jpg"),
        },
        content_type="multipart/form-data",
    )
    assert "Picture 2, registered on" in response.text


def test_everything_that_is_held_is_saved_under_a_name_that_tells_nothing(person, proof):
    """The export is a file of its own."""
    response = told(person, "/case/export", proof)
    assert response.headers["Content-Disposition"] == 'attachment; filename="notes.json"'
    assert response.json


def test_a_secret_is_never_in_an_address(person, proof):
    """All forms post; a case is never shown to a request that only reads."""
    assert person.get("/case", query_string=proof).text.count(proof["secret"]) == 0


def test_lost_words_are_replaced_and_the_case_is_withdrawn(person):
    """The old words open nothing; the new ones withdraw, and the page tells the receipt."""
    proof = registered(person, saved(scene(5, 640, 480), "jpeg"))
    page = person.post(
        "/case/recovery", data={"case": proof["case"], "recovery_words": proof["recovery_words"]}
    ).text
    secret = re.findall(r'<dd class="secret">([^<]+)</dd>', page)[1]
    assert told(person, "/case", proof).status_code == 404
    new = {**proof, "secret": secret}
    assert "cannot be undone" in told(person, "/case/withdraw", new).text
    withdrawn = told(person, "/case/withdrawn", new).text
    assert re.search(r'<dd class="secret">[0-9a-f]{64}</dd>', withdrawn)
    assert "<dd>withdrawn" in told(person, "/case", new).text  # erased in a moment


def test_somebody_elses_case_is_disputed(service, person, proof):
    """The number leads to a review at most; a typing error and an unknown number are told."""
    agency = service.newcomer(Role.AGENCY)
    other = case_number(agency.post("/v1/cases", json={}).json["case"])
    asked = {"challenged": other, "reason": "not_agreed"}
    assert "Number of the case that you dispute" in told(person, "/case/challenge", proof).text
    assert "typing error" in told(person, "/case/challenged", proof, **{**asked, "challenged": "1234"}).text
    absent = case_number(ids.new_id(ids.CASE, os.urandom))
    refused = told(person, "/case/challenged", proof, **{**asked, "challenged": absent})
    assert (refused.status_code, "that you can dispute" in refused.text) == (404, True)
    assert "The case is disputed" in told(person, "/case/challenged", proof, **asked).text
    case_id = agency.get("/v1/cases").json["cases"][0]["case"]
    assert agency.get(f"/v1/cases/{case_id}").json["state"] == "challenged"


def test_a_contact_is_deleted(person):
    """Whoever gave a contact takes it back by one button."""
    fields = {"contact": "email", "value": "a@example.org"}
    page = sent(person, saved(scene(6, 640, 480), "jpeg"), **fields).text
    number, secret, _ = re.findall(r'<dd class="secret">([^<]+)</dd>', page)
    own = {"case": number, "secret": secret}
    assert "There is one. It is sealed." in told(person, "/case", own).text
    assert "None. We do not contact you." in told(person, "/case/contact", own).text
