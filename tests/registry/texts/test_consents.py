"""The texts of consents: both purposes, both languages, in words that anybody reads."""

import pytest

from registry.domain.consent import ConsentPurpose, Language
from registry.texts.consents import LANGUAGES, consent_texts, current_text

PARTS = ("agree", "kept", "why", "until", "withdrawal")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("purpose", ConsentPurpose)
def test_every_purpose_has_a_text_in_both_languages(purpose, language):
    """What is kept, why, how long and how it is withdrawn stands in Korean and in English."""
    text = current_text(purpose, language)
    assert (text.purpose, text.language) == (purpose, language)
    for part in PARTS:
        words = getattr(text, part)
        is_korean = any("가" <= letter <= "힣" for letter in words)
        assert words.endswith(".")
        assert is_korean == (language is Language.KO)


def test_a_version_is_the_same_in_both_languages():
    """A consent names the version; the language stands beside it."""
    versions = {(text.purpose, text.version, text.language) for text in consent_texts()}
    named = {(purpose, version) for purpose, version, _ in versions}
    assert versions == {(*name, language) for name in named for language in LANGUAGES}
    assert len({version for _, version in named}) == len(named)


@pytest.mark.parametrize("word", ["revenge", "alleged", "victim", "리벤지", "야동"])
def test_no_text_blames(word):
    """The texts speak of pictures and of the person who chooses them."""
    for text in consent_texts():
        assert not any(word in getattr(text, part).lower() for part in PARTS)
