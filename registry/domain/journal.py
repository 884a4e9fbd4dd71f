"""The withdrawal journal: what was withdrawn, in a file outside of the database, to compare a restored backup with.

    header  =  "takedown-withdrawals 1 REGISTRY JOURNAL" | " " | d(0)
    line n  =  "n TIME KIND ID"                          | " " | d(n)
    d(0)    =  MAC(header)           d(n)  =  MAC(d(n - 1) | line n)

1. A line holds ids and a time only. The MAC is keyed by the deployment's pepper, so that nobody without it adds a line.
2. The header binds the chain to one registry, and to one file of it.
3. Lines are only appended. A chain that does not fit from some line on is damaged there; a chain that is cut short
   still fits, so the database remembers how long it was (`JournalPlace`).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum, unique
from typing import Final

Mac = Callable[[bytes], bytes]
"""The keyed digest of the chain, 32 bytes."""

_MAGIC: Final = "takedown-withdrawals 1"
_HEADER: Final = re.compile(rf"({_MAGIC} ([0-9a-f]{{32}}) ([0-9a-f]{{32}})) ([0-9a-f]{{64}})", re.ASCII)
_LINE: Final = re.compile(
    r"((\d{1,18}) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00) ([a-z]{1,16}) ([a-z]{1,8}_[0-9a-z]{1,20}))"
    r" ([0-9a-f]{64})",
    re.ASCII,
)


@unique
class JournalKind(StrEnum):
    """What was withdrawn."""

    CASE = "case"
    """The case with this id."""
    FACES = "faces"
    """The consent to a search by face in the case with this id; its other references stay."""
    REFERENCE = "reference"
    """The reference with this id alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """What a line says."""

    kind: JournalKind
    id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalPlace:
    """A place in a journal.

    Attributes:
        journal_id: id of the file, 32 hexadecimal digits.
        lines: number of lines up to here.
        digest: digest of the last of them, or of the header; 32 bytes.
    """

    journal_id: str
    lines: int
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLine:
    """A line that fits the chain.

    Attributes:
        place: the place after the line.
    """

    withdrawal: Withdrawal
    place: JournalPlace


def header_of(registry_id: str, journal_id: str, mac: Mac) -> str:
    """Return the first line of a journal."""
    text = f"{_MAGIC} {registry_id} {journal_id}"
    return f"{text} {mac(text.encode('ascii')).hex()}"


def parse_header(line: str, mac: Mac) -> tuple[str, JournalPlace]:
    """Return the registry's id and the place after the header; raise `ValueError`."""
    found = _HEADER.fullmatch(line)
    if found is None or mac(found[1].encode("ascii")).hex() != found[4]:
        raise ValueError("it is no withdrawal journal of this registry's secret")
    return found[2], JournalPlace(journal_id=found[3], lines=0, digest=bytes.fromhex(found[4]))


def line_of(withdrawal: Withdrawal, after: JournalPlace, mac: Mac) -> str:
    """Return the line that follows a place."""
    at = withdrawal.at.astimezone(UTC).isoformat(timespec="microseconds")
    text = f"{after.lines + 1} {at} {withdrawal.kind.value} {withdrawal.id}"
    return f"{text} {mac(after.digest + text.encode('ascii')).hex()}"


def parse_lines(text: str, after: JournalPlace, mac: Mac) -> Iterator[JournalLine]:
    """Yield the whole lines of a text that follow a place; raise `ValueError` at the first that does not fit."""
    place = after
    for line in text.splitlines():
        found = _LINE.fullmatch(line)
        number = place.lines + 1
        if found is None or int(found[2]) != number:
            raise ValueError(f"line {number} is damaged")
        digest = mac(place.digest + found[1].encode("ascii"))
        if digest.hex() != found[6]:
            raise ValueError(f"line {number} does not follow the one before")
        place = JournalPlace(journal_id=place.journal_id, lines=number, digest=digest)
        withdrawal = Withdrawal(kind=JournalKind(found[4]), id=found[5], at=datetime.fromisoformat(found[3]))
        yield JournalLine(withdrawal=withdrawal, place=place)
