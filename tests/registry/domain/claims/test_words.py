"""Words: the same bits in both languages, wrong words named, and enough bits left."""

import os
from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.claims import words
from registry.domain.claims.words import LANGUAGES as ALL
from registry.domain.claims.words import SecretKind, as_words, from_words, new_secret, word_list
from registry.domain.consent import Language
from registry.errors import WordsInvalid

KINDS = st.sampled_from(SecretKind)
LANGUAGES = st.sampled_from(ALL)


@pytest.mark.parametrize(("language", "telling"), [(Language.EN, 4), (Language.KO, 2)])
def test_first_letters_tell_words_apart(language, telling):
    """2,048 words, no two with the same beginning."""
    assert len(word_list(language)) == len({word[:telling] for word in word_list(language)}) == 2048


@given(KINDS, LANGUAGES, st.data())
def test_words_are_read_back(kind, language, data):
    """However they are written: in capitals, numbered, with commas, shortened, in another language."""
    secret = data.draw(st.binary(min_size=kind.words, max_size=kind.words))
    said = as_words(kind, secret, language)
    shortened = " ".join(word[: 4 if language is Language.EN else 2] for word in said.split())
    numbered = "\n".join(f"{place}. {word}" for place, word in enumerate(said.split(), start=1))
    other = as_words(kind, secret, next(one for one in ALL if one is not language))
    for written in (said, said.upper(), said.replace(" ", ", "), shortened, numbered, other):
        assert from_words(kind, written) == secret


@given(LANGUAGES, st.integers(0, 8))
def test_an_unknown_word_is_named_by_its_place(language, place):
    """A word that is not in the list: its place is told, and nothing else."""
    written = as_words(SecretKind.SECRET, os.urandom(9), language).split()
    written[place] = "zzzz"
    with pytest.raises(WordsInvalid, match=f"word {place + 1} of 9") as caught:
        from_words(SecretKind.SECRET, " ".join(written))
    assert caught.value.places == (place + 1,)


def test_most_wrong_words_of_the_list_are_noticed():
    """Seven of eight words of the list cannot stand at a place; one of eight is another secret's."""
    written = as_words(SecretKind.SECRET, bytes(9), Language.EN).split()
    noticed = 0
    for word in word_list(Language.EN):
        try:
            from_words(SecretKind.SECRET, " ".join([word, *written[1:]]))
        except WordsInvalid:
            noticed += 1
    assert noticed == 2048 - 256


def test_recovery_words_are_not_the_secret():
    """The first nine recovery words are noticed as no secret: the check depends on the kind."""
    written = as_words(SecretKind.RECOVERY, bytes(range(12)), Language.EN).split()[:9]
    with pytest.raises(WordsInvalid):
        from_words(SecretKind.SECRET, " ".join(written))


@pytest.mark.parametrize("text", ["", "absent", "absent " * 8, "absent " * 10, "a" * 401, "\x00" * 9])
def test_another_number_of_words_is_refused(text):
    """Nine words, no more and no fewer."""
    with pytest.raises(WordsInvalid):
        from_words(SecretKind.SECRET, text)


@pytest.mark.parametrize(("kind", "least"), [(SecretKind.SECRET, 70), (SecretKind.RECOVERY, 94)])
def test_enough_bits_are_random(kind, least):
    """The bits that are left after the words which nobody should have to write."""
    left = [
        sum(words._index(kind, place, byte) not in words._avoided() for byte in range(256))
        for place in range(kind.words)
    ]
    assert sum(map(log2, left)) >= least


def test_new_secrets_have_no_avoided_word():
    """Neither in English nor in Korean."""
    avoided = set(words._read("avoided.txt"))
    assert avoided <= set(word_list(Language.EN)) | set(word_list(Language.KO))
    for _ in range(200):
        secret = new_secret(SecretKind.SECRET, os.urandom)
        said = {word for language in ALL for word in as_words(SecretKind.SECRET, secret, language).split()}
        assert not said & avoided
