"""The bodies that help people, as a data file (`helplines.toml`) in which every entry says when it was verified."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final

from registry.domain import Language

VALID_DAYS: Final = 180
"""Days after which an entry must be verified again. A test fails then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Helpline:
    """A body that helps, in one language.

    Attributes:
        phone, url: how to reach it; an empty text if there is none.
        for_minors: whether it helps people under 18, or about pictures of them.
        verified_on: the day on which the entry was compared with `source`.
    """

    language: Language
    name: str
    note: str
    phone: str
    url: str
    for_minors: bool
    verified_on: date
    source: str


@cache
def helplines(language: Language) -> tuple[Helpline, ...]:
    """Return all bodies, in the order of the file."""
    data = tomllib.loads((files(__package__) / "helplines.toml").read_text("utf-8"))
    return tuple(
        Helpline(
            language=language,
            **entry[language.value],
            phone=entry.get("phone", ""),
            url=entry.get("url", ""),
            for_minors=entry["for_minors"],
            verified_on=entry["verified_on"],
            source=entry["source"],
        )
        for entry in data["line"]
    )
