"""A recorded answer as a line of JSON, and the difference of two files of such lines."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from benchmarks.common.answer import Told


class MalformedRecords(Exception):
    """A file is absent, or has a line that is no record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One upload and the answer about it.

    Attributes:
        media: `picture` or `clip`.
        kind: kind of re-upload.
        source: registered picture or clip that the upload was made from.
        number: place of the upload among those of its kind.
    """

    media: str
    kind: str
    source: str
    number: int
    told: Told

    def as_line(self) -> str:
        """Return the record as a line of JSON, its end of line with it."""
        named = {"media": self.media, "kind": self.kind, "source": self.source, "number": self.number}
        return json.dumps({**named, **self.told.as_json()}, separators=(",", ":")) + "\n"


def write(path: Path, records: Iterable[Record]) -> int:
    """Write records as they come; return how many."""
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for record in records:
            file.write(record.as_line())
            count += 1
    return count


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two files of records.

    Attributes:
        compared: uploads that stand in both files.
        lines: `- LINE` for a line of the first file and `+ LINE` for a line of the second that the other file lacks.
    """

    compared: int
    lines: tuple[str, ...]

    @classmethod
    def between(cls, one: Path, other: Path) -> Self:
        """Compare two files; raise `MalformedRecords`."""
        first, second = _read(one), _read(other)
        return cls(
            compared=len(first.keys() & second.keys()),
            lines=tuple(_differing(first, second)),
        )


Lines = dict[tuple[Any, ...], str]


def _read(path: Path) -> Lines:
    """Return the lines of a file by the upload that they are about."""
    lines: Lines = {}
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            lines[record["media"], record["kind"], record["source"], record["number"]] = line
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        raise MalformedRecords(f"{path} cannot be read as recorded verdicts: {wrong!r}") from wrong
    return lines


def _differing(first: Lines, second: Lines) -> Iterator[str]:
    for key in (*first, *(key for key in second if key not in first)):
        if first.get(key) != second.get(key):
            yield from (f"{sign} {side[key]}" for sign, side in (("-", first), ("+", second)) if key in side)
