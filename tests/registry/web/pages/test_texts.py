"""The texts of the pages: every string stands in both languages, and says the same."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

WEB = Path(__file__).parents[4] / "registry" / "web"
PLACE = re.compile(r"%\(\w+\)s")
BLAMING = re.compile(r"revenge|alleged|nude|victim|abuser", re.IGNORECASE)


def english():
    """Returns the texts of the templates."""
    found = extract_from_dir(
        str(WEB / "templates"),
        method_map=[("**.html", "jinja2")],
        options_map={"**.html": {"newstyle_gettext": "true"}},
        keywords={"_": None, "gettext": None},
    )
    return {text for _, _, text, _, _ in found}


@pytest.fixture(scope="module")
def korean():
    """The Korean texts by the English ones."""
    catalog = read_po(BytesIO((WEB / "translations" / "ko.po").read_bytes()), abort_invalid=True)
    return {message.id: message for message in catalog if message.id}


def test_every_text_stands_in_both_languages(korean):
    """No text is missing, and none is left over."""
    assert set(korean) == english()
    assert [text for text, message in korean.items() if not message.string or message.fuzzy] == []


def test_what_is_filled_in_is_the_same(korean):
    """A Korean text has the places of the English one."""
    for text, message in korean.items():
        assert sorted(PLACE.findall(text)) == sorted(PLACE.findall(message.string)), text


def test_korean_texts_are_korean(korean):
    """No English text was left in place of a translation."""
    assert [text for text, message in korean.items() if not re.search("[가-힣]", message.string)] == []


def test_the_pages_blame_nobody():
    """No word blames the person in the picture, or names the harm as somebody's property."""
    assert [text for text in english() if BLAMING.search(text)] == []
