"""Secrets as words that people can copy: nine words are the secret of a case, twelve its recovery words.

1. A word is one of 2,048 (11 bits). Eight bits are random, and three are a check that anybody can compute: the first
   bits of the SHA-256 of the kind of secret, the word's place and its eight bits. So each word says by itself whether
   it is wrong, and the answer tells nothing of the secret. A wrong word of the list passes once in eight times.
2. Words that would hurt (`word_lists/avoided.txt`) are drawn again. The secret has at least 70 random bits then, the
   recovery words at least 94 (a test computes it).
3. Both lists have the same order: the same bits are words in English or in Korean, and either is read.
4. Reading ignores case, blanks, hyphens, commas and numbering, and needs the first four letters of an English word or
   the first two syllables of a Korean one, which tell it from all others.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable
from enum import Enum, unique
from functools import cache
from importlib.resources import files
from typing import Final

from registry.domain.consent import Language
from registry.errors import WordsInvalid

MAX_WORDS_CHARACTERS: Final = 400
_CHECK_BITS: Final = 3
_SEPARATORS: Final = re.compile(r"[\s,;.\-0-9]+")
_HANGUL: Final = re.compile("[\uac00-\ud7a3]")


@unique
class SecretKind(Enum):
    """A kind of secret. The value is its label in the check bits."""

    SECRET = b"secret"
    RECOVERY = b"recovery"

    @property
    def words(self) -> int:
        """Number of words, each with one random byte."""
        return {SecretKind.SECRET: 9, SecretKind.RECOVERY: 12}[self]


_LISTS: Final = {Language.EN: "english.txt", Language.KO: "korean.txt"}
LANGUAGES: Final = tuple(_LISTS)
"""The languages of the words."""

_TELLING: Final = {Language.EN: 4, Language.KO: 2}
"""Number of first characters that tell a word from all others of its list."""


def new_secret(kind: SecretKind, random: Callable[[int], bytes]) -> bytes:
    """Return the random bytes of a new secret, one for each word."""
    return bytes(_new_byte(kind, place, random) for place in range(kind.words))


def as_words(kind: SecretKind, secret: bytes, language: Language) -> str:
    """Return a secret as words, separated by blanks."""
    words = word_list(language)
    return " ".join(words[_index(kind, place, byte)] for place, byte in enumerate(secret))


def from_words(kind: SecretKind, text: str) -> bytes:
    """Return the secret that words stand for.

    Raises:
        WordsInvalid: the number of words is wrong, or some words are; `places` names them, counted from 1.
    """
    if len(text) > MAX_WORDS_CHARACTERS:
        raise WordsInvalid(f"There are {kind.words} words, of {MAX_WORDS_CHARACTERS} characters at most.")
    written = [word for word in _SEPARATORS.split(unicodedata.normalize("NFC", text).lower()) if word]
    if len(written) != kind.words:
        raise WordsInvalid(f"There are {kind.words} words, and {len(written)} were sent.")
    found = [_byte(kind, place, word) for place, word in enumerate(written)]
    secret = bytes(byte for byte in found if byte is not None)
    if len(secret) == len(found):
        return secret
    wrong = tuple(place for place, byte in enumerate(found, start=1) if byte is None)
    raise WordsInvalid(
        f"There is a typing error in word {', '.join(map(str, wrong))} of {kind.words}.", places=wrong
    )


def _new_byte(kind: SecretKind, place: int, random: Callable[[int], bytes]) -> int:
    """Return a random byte whose word is kind in every language."""
    while True:
        (byte,) = random(1)
        if _index(kind, place, byte) not in _avoided():
            return byte


@cache
def _avoided() -> frozenset[int]:
    """Return the numbers of words that no new secret has."""
    avoided = set(_read("avoided.txt"))
    return frozenset(
        number for language in LANGUAGES for number, word in enumerate(word_list(language)) if word in avoided
    )


def _read(name: str) -> tuple[str, ...]:
    return tuple(files("registry.domain.claims").joinpath("word_lists", name).read_text("utf-8").split())


@cache
def word_list(language: Language) -> tuple[str, ...]:
    """Return the 2,048 words of a language, in their order."""
    return _read(_LISTS[language])


@cache
def _numbers(language: Language) -> dict[str, int]:
    """Return the numbers of a language's words by the first characters that tell them."""
    telling = _TELLING[language]
    return {word[:telling]: number for number, word in enumerate(word_list(language))}


def _byte(kind: SecretKind, place: int, word: str) -> int | None:
    """Return the byte of a word at this place; None if the word is unknown, or is none that stands there."""
    language = Language.KO if _HANGUL.search(word) else Language.EN
    number = _numbers(language).get(word[: _TELLING[language]])
    if number is None or not _is_beginning(word, word_list(language)[number]):
        return None
    byte = number >> _CHECK_BITS
    return byte if _index(kind, place, byte) == number else None


def _is_beginning(written: str, word: str) -> bool:
    """Return whether this is the word or its beginning: `absent` is not read as `absentee`."""
    return word.startswith(written)


def _index(kind: SecretKind, place: int, byte: int) -> int:
    """Return the number of the word that stands for a byte at a place."""
    labelled = b"takedown words 1\0%s\0%d\0%d" % (kind.value, place, byte)
    check = hashlib.sha256(labelled).digest()[0] >> (8 - _CHECK_BITS)
    return byte << _CHECK_BITS | check
