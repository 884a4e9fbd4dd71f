"""The elements of a request: each is in form, unknown ones are refused, and what is missing is named."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from registry.domain.takedowns.profile import Element, ElementKind, Profile, Texts
from registry.errors import ElementUnfit

ElementValue = str | bool

_EMAIL: Final = re.compile(r"[^\s@]{1,64}@[^\s@]+\.[^\s@.]{2,}")
_PHONE: Final = re.compile(r"\+?[\d ().-]+")
_MIN_DIGITS: Final = 7
_MIN_LETTERS: Final = 2
_BLANKS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters by category that show nothing: fillers of Hangul, and the Braille blank."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingElement:
    """A required element that is missing, and what to tell the claimant."""

    element: str
    group: str
    message: Texts


def parse_elements(profile: Profile, given: Mapping[str, ElementValue]) -> dict[str, ElementValue]:
    """Return the elements in form, without blank ones. The address is not among them (`addresses`).

    Raises:
        ElementUnfit: an element is unknown to the profile, has the wrong form, or is too long. The text names the
            element and the rule, never the value.
    """
    known = {element.id for element in profile.elements if element.kind is not ElementKind.ADDRESS}
    if set(given) - known:
        raise ElementUnfit(
            f"The profile {profile.id} has the elements {', '.join(sorted(known))}, no others."
        )
    found: dict[str, ElementValue] = {}
    for element in profile.elements:
        if element.id in given:
            value = _parsed(element, given[element.id])
            if value is not None:
                found[element.id] = value
    return found


def missing_elements(profile: Profile, elements: Mapping[str, ElementValue]) -> tuple[MissingElement, ...]:
    """Return the required elements that are missing, in the order of the profile. The address is never missing."""
    return tuple(
        MissingElement(element=element.id, group=element.group, message=element.missing)
        for element in profile.elements
        if element.is_required and element.kind is not ElementKind.ADDRESS and element.id not in elements
    )


def _parsed(element: Element, value: ElementValue) -> ElementValue | None:
    """Return the value in form; None if it says nothing."""
    if element.kind is ElementKind.STATEMENT:
        if not isinstance(value, bool):
            raise ElementUnfit(f"The element {element.id} is true or false.")
        return value or None
    if not isinstance(value, str):
        raise ElementUnfit(f"The element {element.id} is a text.")
    if element.kind is ElementKind.CHOICE:
        if value not in element.choices:
            raise ElementUnfit(f"The element {element.id} is one of {', '.join(element.choices)}.")
        return value
    if len(value) > element.max_characters:
        raise ElementUnfit(f"The element {element.id} has at most {element.max_characters} characters.")
    return _text(element, value)


def _text(element: Element, value: str) -> str | None:
    text = unicodedata.normalize("NFC", value).strip()
    if any(unicodedata.category(letter) in {"Cc", "Cs", "Co"} and letter not in "\n\t" for letter in text):
        raise ElementUnfit(f"The element {element.id} contains control characters.")
    letters = sum(unicodedata.category(letter)[0] in "LN" and letter not in _BLANKS for letter in text)
    if letters == 0:
        return None
    if element.kind is ElementKind.NAME and letters < _MIN_LETTERS:
        raise ElementUnfit(f"The element {element.id} is a name: at least {_MIN_LETTERS} letters.")
    if element.kind is ElementKind.CONTACT and not _reaches(text):
        raise ElementUnfit(f"The element {element.id} is an e-mail address or a telephone number.")
    return text


def _reaches(text: str) -> bool:
    digits = sum(letter.isdigit() for letter in text)
    return _EMAIL.fullmatch(text) is not None or (
        _PHONE.fullmatch(text) is not None and digits >= _MIN_DIGITS
    )
