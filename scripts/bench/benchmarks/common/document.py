"""The result of a run as a person reads it: tables and a summary on the terminal, and a Markdown document."""

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.common.report import print_table

Rows = Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A run's document.

    Attributes:
        command: the command line that wrote it, without this machine's folders.
        summary: sentences, which become a list.
        chart: Markdown of a picture; empty for none.
        method: a section that explains how the figures were measured.
        tables: rows by title.
    """

    title: str
    command: str
    summary: Sequence[str]
    method: str
    tables: Mapping[str, Rows]
    chart: str = ""

    def write(self, path: Path) -> None:
        """Write the document as Markdown; create its folder."""
        now = datetime.now(UTC).date().isoformat()
        machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
        parts = [
            f"# {self.title}\n",
            f"Written by `{self.command}`; measured on {now} ({machine}).\n",
            "\n".join(f"- {line}" for line in self.summary) + "\n",
            *([f"{self.chart}\n"] if self.chart else []),
            self.method,
        ]
        for title, rows in self.tables.items():
            parts += [f"## {title}\n", markdown(rows)]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(parts), encoding="utf-8")


def print_summary(tables: Mapping[str, Rows], summary: Iterable[str]) -> None:
    """Print the tables with their titles, then the sentences."""
    for title, rows in tables.items():
        print(f"\n{title}")
        print_table(rows)
    print()
    for line in summary:
        print(line)


def markdown(rows: Rows) -> str:
    """Return rows of equal keys as a Markdown table."""
    if not rows:
        return "None.\n"
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(str(row[name]) for name in names) + " |" for row in rows]
    return "\n".join(lines) + "\n"
