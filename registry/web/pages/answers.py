"""What a person has answered so far, one question a page. The answers travel in the forms, and nothing is kept.

1. Every page has the earlier answers as hidden fields, so that going back, or changing the language, needs no typing.
2. No cookie and no session: whoever takes the phone later finds nothing, and no page times out.
3. What a form sends is checked again at each step. A missing answer leads back to its question.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum, unique
from typing import Final, Self

from index.verdict import ReferenceKind
from registry.domain.claims import (
    MAX_CONTACT_CHARACTERS,
    MAX_HOURS_CHARACTERS,
    MAX_WORDING_CHARACTERS,
    ContactKind,
)

NO_CONTACT: Final = "none"
CONTACTS: Final = (NO_CONTACT, *ContactKind)
KINDS: Final = (ReferenceKind.INTIMATE_ITEM.value, ReferenceKind.SOURCE_ORIGINAL.value)
MIN_VALUE_CHARACTERS: Final = 3
YES: Final = "yes"
NO: Final = "no"


@unique
class Step(StrEnum):
    """A page of the registration. The value is what a form's button sends."""

    AGE = "age"
    CONTACT = "contact"
    KIND = "kind"
    PICTURES = "pictures"
    UNDER_AGE = "under_age"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The answers so far; an empty text where there is none yet.

    Attributes:
        adult: whether the person in the picture is 18 or older.
        kind: what the pictures show, as the API names it.
        contact: how the person may be reached, or `NO_CONTACT`.
        message: whether a message may be left where others could find it.
    """

    adult: str = ""
    contact: str = ""
    value: str = ""
    message: str = ""
    hours: str = ""
    wording: str = ""
    kind: str = ""

    @classmethod
    def of_form(cls, form: Mapping[str, str]) -> Self:
        """Return the answers of a form. What no form of ours sends counts as not answered."""

        def one_of(name: str, *known: str) -> str:
            return form[name] if form.get(name) in known else ""

        def text(name: str, most: int) -> str:
            return " ".join(form.get(name, "").split())[:most]

        return cls(
            adult=one_of("adult", YES, NO),
            contact=one_of("contact", *CONTACTS),
            value=text("value", MAX_CONTACT_CHARACTERS),
            message=one_of("message", YES),
            hours=text("hours", MAX_HOURS_CHARACTERS),
            wording=text("wording", MAX_WORDING_CHARACTERS),
            kind=one_of("kind", *KINDS),
        )

    @property
    def fields(self) -> dict[str, str]:
        """The answers by the names of the form's fields."""
        return {name: value for name, value in asdict(self).items() if value}

    @property
    def lacks_value(self) -> bool:
        """Whether a way to be reached was chosen without saying where."""
        return self.contact not in {"", NO_CONTACT} and len(self.value) < MIN_VALUE_CHARACTERS


def open_step(answers: Answers, wanted: Step) -> Step:
    """Return the page to show: the wanted one, or the first question before it that has no answer."""
    if answers.adult == NO:
        return Step.UNDER_AGE
    if wanted is Step.AGE or answers.adult != YES:
        return Step.AGE
    if wanted is Step.CONTACT or not answers.contact or answers.lacks_value:
        return Step.CONTACT
    return Step.KIND if wanted is Step.KIND or not answers.kind else Step.PICTURES
