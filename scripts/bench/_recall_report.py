"""What is written about a run: on the terminal, as the document docs/recall.md, and upload by upload."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from _recall_false import NEAR_DUPLICATE_BITS, SCALE, SUSPECT_NATS
from _recall_figures import FALSE_MATCHES, SAME_PHOTOGRAPHS, Figures
from _recall_run import Result
from _recall_tail import Rate
from _recall_uploads import IMAGEHASH_BITS, PDQ_BITS
from _report import print_table

Rows = Sequence[Mapping[str, object]]

_COMMAND: Final = "scripts/bench/recall FOLDER… --markdown docs/recall.md --plot docs/img/recall.svg"

_METHOD: Final = f"""## Method

Every reference is registered as it would be by `takedown enrol`: decoded in the sandbox, one case at V1 for each
identity, or for each file of a flat folder. Every upload is a file, made from a registered picture by one of the kinds
of `scripts/bench/_reuploads.py` with a seed, and asked about by the same use cases as `POST /v1/checks`. The same
uploads are asked in a second registry whose profile is `lean`.

- **Found**: the verdict is not *allow*, and it rests on the picture's own reference. **Tight**: the verdict is tight,
  and so is the evidence about that reference: it may block. An upload that cannot be looked at, or shows too little, is
  not found; a picture that could not be registered is not found either.
- **PDQ alone**: `pdqhash` of the upload within {PDQ_BITS} bits of `pdqhash` of the reference, which is what
  Hasher-Matcher-Actioner and StopNCII's partners do for pictures. ImageHash: within {IMAGEHASH_BITS} of 64 bits.
- Means are over kinds, each with the same weight.
- **Strangers** of an upload are all references but those of the same subject, those of the other pictures that it was
  given to be shown with (a collage shows them truly), and parts of the same photographs as these: whole pictures
  within {NEAR_DUPLICATE_BITS} bits of PDQ in any of eight forms; and, where a stranger's evidence reached
  {SUSPECT_NATS:.0f} nats, pictures whose overlap correlates pixel by pixel (`scripts/bench/_recall_same.py`, which
  shares nothing with the matching): a press photograph of two people is filed under both. The benchmark prints these
  pairs, to be looked at; this document names nobody. Windows are compared for every upload, also where whole codes
  already block. Thresholds were chosen on pictures of such folders: only folders that nobody tuned on are a test of
  them.
- **False matches at a million references**: a stranger matches where its windows trigger and their evidence reaches
  the ladder's threshold, or where its whole codes are near. Beyond what was seen, the largest tenth of the evidence of
  triggered strangers, thirty values at least, is followed by a generalised Pareto distribution (peaks over a
  threshold; probability-weighted moments; its shape is never taken to be below 0, which would be more favourable).
  Whole codes likewise, over distances. The expectation is the rate per pair times a million; the interval is the
  bootstrap's 95 % over uploads.
- **Hard negatives** are pairs of files dressed alike that show unrelated things (`scripts/bench/_negatives.py`). Each
  is asked about twice: with the references of all pairs of its sort registered, so that the stop list acts as it does
  in production, and with its own reference alone. Those of the same person are two photographs of one person.
- **CPU** is process time around the real functions in one process and thread, over uploads of all kinds alike.
"""


NAMING: Final = frozenset({FALSE_MATCHES, SAME_PHOTOGRAPHS})
"""Tables of file names, which may be people's: for the terminal, not for a document."""


def print_figures(figures: Figures, tables: Mapping[str, Rows]) -> None:
    """Prints the tables and the summary."""
    for title, rows in tables.items():
        print(f"\n{title}")
        print_table(rows)
    print()
    for line in _summary(figures):
        print(line)


def write_markdown(path: Path, figures: Figures, tables: Mapping[str, Rows]) -> None:
    """Writes the whole document."""
    now = datetime.now(UTC).date().isoformat()
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    parts = [
        "# Recall: which re-uploads are found, and who is mistaken\n",
        f"Written by `{_COMMAND}`; measured on {now} ({machine}).\n",
        "\n".join(f"- {line}" for line in _summary(figures)) + "\n",
        "![Re-uploads found, by kind](img/recall.svg)\n",
        _METHOD,
    ]
    for title, rows in tables.items():
        if title not in NAMING:
            parts += [f"## {title}\n", _markdown(rows)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts), encoding="utf-8")


def write_details(path: Path, figures: Figures, results: Sequence[Result]) -> None:
    """Writes a line of JSON for each upload: what was found of the true reference, and of the surest others."""
    with path.open("w", encoding="utf-8") as file:
        for result in results:
            file.write(json.dumps(_detail(figures, result), separators=(",", ":")) + "\n")


def _detail(figures: Figures, result: Result) -> dict[str, object]:
    answer = result.answer
    verdict = answer.verdict
    own = answer.best.get(figures.ids[result.job.place] or "")
    return {
        "kind": result.job.kind,
        "picture": figures.pictures[result.job.place].name,
        "found": result.found,
        "tight": result.tight,
        "lean": result.lean_found,
        "pdq": result.pdq_found,
        "outcome": None if verdict is None else verdict.outcome.value,
        "reasons": [] if verdict is None else [reason.value for reason in verdict.reasons],
        "own": None
        if own is None
        else {
            "nats": own.nats,
            "pdq": own.pdq_bits,
            "dhash": own.second_family_bits,
            "quality": own.quality,
            "flat": own.flat_share,
            "cover": own.cover,
            "match": own.match.value,
        },
        "own_nats": answer.compared.get(figures.ids[result.job.place] or ""),
        "triggered": answer.triggered,
        "stranger_nats": [round(nats, 2) for nats in figures.stranger_nats[result.job]],
    }


def _summary(figures: Figures) -> list[str]:
    lines = [*_recall_lines(figures), *_false_lines(figures)]
    if figures.http is not None:
        http = figures.http
        lines.append(f"Over HTTP: {http.equal} of {http.sent} verdicts equal those in process.")
        lines += [f"Over HTTP another verdict: {one}." for one in http.differing[:10]]
    return lines


def _recall_lines(figures: Figures) -> list[str]:
    mean = figures.mean
    classic = ", ".join(f"{name} {share:.3f}" for name, share in figures.classic.items())
    made = f"{figures.uploads:,} uploads of {len(figures.kinds)} kinds"
    held = f"{len(figures.pictures):,} references in {figures.subjects:,} cases"
    lost = f"{figures.refused} could not be registered, {figures.unreadable} uploads could not be looked at"
    found = f"Found: {mean.found:.3f} ± {figures.error:.3f} (tight {mean.tight:.3f})"
    return [
        f"{made}, {held}; {lost}.",
        f"{found}; `lean` {mean.found_lean:.3f}; PDQ alone {mean.pdq:.3f}; ImageHash {classic}.",
    ]


def _false_lines(figures: Figures) -> list[str]:
    summary = figures.summary
    low, high = summary.interval_1m
    windows = f"windows {SCALE * summary.windows.rate:.2g} ({_fit(summary.windows)})"
    whole = f"whole codes {SCALE * summary.whole.rate:.2g} ({_fit(summary.whole)})"
    expected = f"{summary.review_1m:.2g} false matches a check (95 % {low:.2g} to {high:.2g})"
    compared = f"Windows would trigger {summary.compared:.0f} of a million strangers a check"
    bound = (
        f"{100 * summary.bound:.1f} % of uploads more than are compared: such would be held for that alone"
    )
    classic = ", ".join(f"{name} {count:.3g}" for name, count in summary.classic.items())
    alike = f"{len(figures.near)} pairs of references are near-duplicates as a whole"
    return [
        f"{summary.pairs:,} pairs of strangers: {summary.review_seen} matched, {summary.tight_seen} of them tightly.",
        f"Expected at a million references: {expected}: {windows}, {whole}.",
        f"{compared}; {bound}.",
        f"False matches a check at a million of PDQ alone {summary.pdq:.2g}, of ImageHash {classic}.",
        f"{alike}, {len(figures.same)} more are one photograph in part; with these {figures.matched_before} matched.",
    ]


def _fit(rate: Rate) -> str:
    return "as seen" if rate.shape is None else f"shape {rate.shape:.2f} of {rate.excesses} excesses"


def _markdown(rows: Rows) -> str:
    if not rows:
        return "None.\n"
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(str(row[name]) for name in names) + " |" for row in rows]
    return "\n".join(lines) + "\n"
