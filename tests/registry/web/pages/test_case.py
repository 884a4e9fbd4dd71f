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
from registry.errors import RateLimited
from registry.security import Budget
from registry.web import uploads
from tests.support.media.pictures import saved, scene
from tests.support.web.clips import new_clip

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


def added(person, proof, media, **fields):
    proven = {"case": proof["case"], "secret": proof["secret"], "language": "en"}
    return person.post(
        "/case/added",
        data={
            **proven,
            "kind": "source_original",
            "consent": "fingerprints",
            **fields,
            "media": (io.BytesIO(media), "second.jpg"),
        },
        content_type="multipart/form-data",
    )


def test_the_longest_form_is_taken(person, media):
    """Whoever answered every question without JavaScript is not told that the file is too large."""
    contact = {
        "contact": "email",
        "value": "a@example.org",
        "message": "yes",
        "hours": "9-10",
        "wording": "work",
    }
    assert sent(person, media, **contact).status_code == 201


def test_a_clip_is_refused_in_words_and_reaches_no_disk(person, proof, service, monkeypatch):
    """Nobody without an account fills the spool."""
    monkeypatch.setattr(service.container.spool, "create", lambda: pytest.fail("spooled"))
    for response in (sent(person, new_clip(seconds=1)), added(person, proof, new_clip(seconds=1))):
        assert response.status_code == 422
        assert "Videos cannot be registered here yet." in response.text


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        (b"ID3\x04" + bytes(400), {}),
        (b"x", {f"field{place}": "" for place in range(20)}),
        (bytes(400_000), {}),
    ],
    ids=["sound", "fields", "bytes"],
)
def test_a_form_that_is_not_read_to_its_end_is_told_in_words(person, proof, content, fields, monkeypatch):
    """The page that tells it does not stumble over the rest of the form."""
    monkeypatch.setattr(uploads, "MAX_IN_MEMORY", 300_000)
    for response in (sent(person, content, **fields), added(person, proof, content, **fields)):
        assert response.status_code in {413, 422}
        assert "The picture was not taken" in response.text


def test_failed_tries_are_counted_and_the_refusal_is_a_page(person, media, service, monkeypatch):
    """Whoever sends pictures that cannot be registered does not have us decode them without end."""
    limits = service.container.rate_limits
    drawn, real = [], limits.draw
    monkeypatch.setattr(limits, "draw", lambda budget, key: (drawn.append(budget), real(budget, key))[1])
    assert sent(person, saved(scene(1, 64, 64), "jpeg")[:300]).status_code == 422
    assert drawn == [Budget.CLAIMS]

    def spent(*_):
        raise RateLimited(retry_after_s=60)

    monkeypatch.setattr(limits, "require", spent)
    refused = sent(person, media)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"]
    assert "There are too many requests at the moment." in refused.text


def test_the_switch_of_languages_leads_somewhere_from_every_error(person, media):
    """The link on a page that answers a form opens a page, not the form's own address."""
    page = added(person, {"case": "x", "secret": "y"}, media)
    assert page.status_code == 422
    page = told(person, "/case/withdraw", {"case": "x", "secret": "y"})
    assert 'href="/case?language=ko"' in page.text


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
    response = added(person, proof, saved(scene(8, 640, 480), "jpeg"))
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
