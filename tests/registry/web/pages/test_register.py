"""The pages of the registration, one question each, with JavaScript off."""

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest

EVERYTHING = {"adult": "yes", "contact": "email", "value": "a@example.org", "kind": "intimate_item"}


class Page(HTMLParser):
    """What stands in a page."""

    def __init__(self, response):
        super().__init__()
        self.text = response.get_data(as_text=True)
        self.fields, self.addresses, self.headings, self.links = {}, [], [], []
        self._in_heading = False
        self.feed(self.text)

    def handle_starttag(self, tag, attributes):
        """Keep what a tag says."""
        named = dict(attributes)
        self._in_heading = tag == "h1"
        if tag == "input" and named.get("type") == "hidden":
            self.fields[named["name"]] = named["value"]
        self.addresses += [named[name] for name in ("src", "action") if name in named]
        if tag == "link":
            self.addresses.append(named["href"])
        if tag == "a":
            self.links.append(named)

    def handle_data(self, data):
        """Keep headings."""
        if self._in_heading and data.strip():
            self.headings.append(data.strip())


def shown(person, step, language="en", **answers):
    response = person.post("/register", data={**answers, "step": step, "language": language})
    assert response.status_code == 200
    return Page(response)


def test_the_first_page_says_what_it_cannot_do(person):
    """Nobody is promised more than what holds."""
    page = Page(person.get("/"))
    assert "It cannot remove a picture from the whole internet." in page.text
    assert "<title>Form</title>" in page.text


@pytest.mark.parametrize(
    ("accepted", "language"), [("ko-KR,ko;q=0.9", "ko"), ("en-GB", "en"), ("fr", "en"), ("", "en")]
)
def test_a_page_is_in_the_browsers_language(person, accepted, language):
    """Korean for whoever reads Korean, English for all others; the language is stated for screen readers."""
    assert f'<html lang="{language}">' in person.get("/", headers={"Accept-Language": accepted}).text


def test_under_18_nothing_is_taken(person):
    """Whatever else is answered, the bodies that help are shown, and no way on."""
    for step in ("contact", "kind", "pictures"):
        page = shown(person, step, **{**EVERYTHING, "adult": "no"})
        assert "takeitdown.ncmec.org" in page.text
        assert 'type="file"' not in page.text


@pytest.mark.parametrize(
    ("missing", "heading"),
    [
        ("adult", "How old is the person in the picture?"),
        ("contact", "Is it safe for us to contact you?"),
        ("value", "Is it safe for us to contact you?"),
        ("kind", "What are the pictures that you register?"),
    ],
)
def test_a_missing_answer_leads_back_to_its_question(person, missing, heading):
    """The page of the pictures is reached by answering everything, whatever a form sends."""
    answers = {name: value for name, value in EVERYTHING.items() if name != missing}
    page = shown(person, "pictures", **answers)
    assert page.headings[0] == heading
    assert 'class="error"' in page.text


def test_answers_survive_going_back_and_the_switch_of_languages(person):
    """Nobody types anything twice."""
    page = shown(person, "pictures", **EVERYTHING)
    assert {name: page.fields[name] for name in EVERYTHING} == EVERYTHING
    page = shown(person, "kind", language="ko", **EVERYTHING)
    assert '<html lang="ko">' in page.text
    assert page.fields["value"] == "a@example.org"


@pytest.mark.parametrize("step", ["contact", "kind", "pictures"])
def test_what_is_typed_is_never_markup(person, step):
    """An answer is shown as it was typed."""
    page = shown(person, step, **{**EVERYTHING, "value": '"><script>alert(1)</script>'})
    assert "<script>alert" not in page.text


def test_nothing_is_loaded_from_elsewhere(person):
    """Every address that a page loads or sends to is its own."""
    for step in ("age", "contact", "kind", "pictures"):
        page = shown(person, step, **EVERYTHING)
        assert {urlsplit(address).netloc for address in page.addresses} == {""}


def test_what_a_page_loads_is_there(person):
    """Style, scripts and the device's code are served with exact types, and may be kept for ever."""
    page = shown(person, "pictures", **EVERYTHING)
    device = re.search(r'data-device="([^"]+)"', page.text)[1]
    for address in [*page.addresses, device]:
        if address.startswith("/") and "." in address:
            response = person.get(address)
            assert response.status_code == 200
            assert "immutable" in response.headers["Cache-Control"]


def test_pages_are_not_kept_and_allow_only_their_own_parts(person):
    """No page lies in a cache, sends an address on, or is framed; no picture can be shown."""
    headers = person.get("/").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["img-src"] == "data:"
    assert policy["frame-ancestors"] == "'none'"
    assert "Set-Cookie" not in headers


def test_the_exit_is_on_every_page(person):
    """It works without JavaScript, and tells the other page nothing."""
    pages = [Page(person.get("/")), Page(person.get("/help")), Page(person.get("/case"))]
    pages += [shown(person, step, **EVERYTHING) for step in ("age", "contact", "kind", "pictures")]
    for page in pages:
        (leaving,) = [link for link in page.links if link.get("id") == "exit"]
        assert set(leaving["rel"].split()) == {"nofollow", "noreferrer"}


def test_no_consent_is_ticked_beforehand(person):
    """Whoever agrees does so by a move of the own hand."""
    page = shown(person, "pictures", **EVERYTHING)
    boxes = re.findall(r'<input[^>]*type="checkbox"[^>]*>', page.text)
    assert boxes
    assert not any("checked" in box for box in boxes)
