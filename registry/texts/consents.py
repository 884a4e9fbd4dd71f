"""The texts of the two consents (`consents.toml`).

A published text is never changed: consents name its version. A changed text is a new version, in both languages, after
the one that it replaces.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from registry.domain import ConsentPurpose, Language

LANGUAGES: Final = (Language.KO, Language.EN)
"""The languages in which every text stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentText:
    """One version of a consent's text in one language.

    Attributes:
        version: name of the version, the same in all languages.
        agree: the sentence that the subject agrees to.
        kept, why, until, withdrawal: what is kept, why, how long, and how the consent is withdrawn.
    """

    purpose: ConsentPurpose
    version: str
    language: Language
    agree: str
    kept: str
    why: str
    until: str
    withdrawal: str


@cache
def consent_texts() -> tuple[ConsentText, ...]:
    """Return all versions of all texts, of each purpose the oldest first."""
    data = tomllib.loads((files(__package__) / "consents.toml").read_text("utf-8"))
    return tuple(
        ConsentText(
            purpose=ConsentPurpose(entry["purpose"]),
            version=entry["version"],
            language=language,
            **entry[language.value],
        )
        for entry in data["text"]
        for language in LANGUAGES
    )


def current_text(purpose: ConsentPurpose, language: Language = Language.EN) -> ConsentText:
    """Return the newest version of a purpose's text."""
    *_, newest = (text for text in consent_texts() if text.purpose is purpose and text.language is language)
    return newest
