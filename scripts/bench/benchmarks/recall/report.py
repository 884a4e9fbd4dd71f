"""Report of a run: on the terminal, as the document docs/recall.md, and by upload."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.common.document import Document, Rows, print_summary
from benchmarks.common.measures import measures_of
from benchmarks.recall.false_matches import NEAR_DUPLICATE_BITS, SCALE, SUSPECT_NATS
from benchmarks.recall.figures import FALSE_MATCHES, SAME_PHOTOGRAPHS, Figures
from benchmarks.recall.run import Result
from benchmarks.recall.tail import Rate
from benchmarks.recall.uploads import IMAGEHASH_BITS, PDQ_BITS

_TITLES: Final = {
    "first": "Recall: which re-uploads are found, and which pictures match by mistake",
    "second": "Recall on a second set of harder kinds",
}

_METHOD: Final = f"""## Method

Every reference is registered as `takedown enrol` registers it: decoded in the sandbox, in one case at V1 for each
identity, or for each file of a flat folder. Every upload is a file that one of the kinds in
`scripts/bench/benchmarks/reuploads/kinds.py` makes from a registered picture, with a seed; those of the second set are
in `scripts/bench/benchmarks/reuploads/hard`. It is checked by the same use cases as `POST /v1/checks`. The same uploads
are checked in a second registry with the profile `lean`.

- **Found**: the verdict is not *allow* and rests on the picture's own reference. **Tight**: the verdict is tight, and
  so is the evidence about that reference, which may therefore block. An upload that cannot be decoded or shows too
  little counts as not found. So does an upload of a picture that could not be registered.
- **PDQ alone**: `pdqhash` of the upload is within {PDQ_BITS} bits of `pdqhash` of the reference. This is the rule of
  Hasher-Matcher-Actioner and of StopNCII's partners for pictures. ImageHash: within {IMAGEHASH_BITS} of 64 bits.
- Means are over kinds, each with the same weight.
- **Strangers** of an upload are all references except three groups: those of the same subject; those of the other
  pictures that the upload may show (a collage really shows them); and parts of the same photographs as these. Two
  references are parts of one photograph if the whole pictures are within {NEAR_DUPLICATE_BITS} bits of PDQ in any
  dihedral variant. Where a stranger's evidence reached {SUSPECT_NATS:.0f} nats, they also are if their overlap
  correlates pixel by pixel; `scripts/bench/benchmarks/recall/same_photograph.py` decides this and shares no code with
  the matching. An example is a press photograph of two people that is filed under both. The benchmark prints these
  pairs for a person to look at; this document names nobody. Windows are compared for every upload, even where whole
  codes already block. Thresholds were chosen on pictures of such folders, so only folders that nobody tuned on
  are a test.
- **False matches at a million references**: a stranger matches if its windows trigger and their evidence reaches the
  ladder's threshold, or if its whole codes are near. A generalised Pareto distribution extends the observed evidence
  of triggered strangers (peaks over a threshold; probability-weighted moments). It is fitted to the largest tenth,
  at least 30 values. Its shape is never below 0, which would be more favourable. Whole codes are treated likewise,
  by their distances. The expectation is the rate per pair times a million. The interval is the 95 % bootstrap
  interval over uploads.
- **Hard negatives** are pairs of files that look alike in layout but show unrelated things
  (`scripts/bench/benchmarks/reuploads/negatives.py`). Each is checked twice: once with the references of all pairs of
  its sort registered, in cases that nobody linked, and once with its own reference alone. Pairs of
  the same person are two photographs of that person.
- **Found among more references** is an emulation (`scripts/bench/benchmarks/recall/scales.py`): the same uploads and
  references, with the indexes' tables as they are for that many references. Hits that only flipped keys find are
  dropped as often as the buckets of such keys would be crowded. Strangers compete for the comparisons of an upload:
  as many of their hits are added as are measured around its windows.
- **Kind of match told** counts uploads that were found, of kinds whose right answer is certain: a crop is a partial
  copy; a replaced face, head, body, background or clothes make an altered copy. Bends, other colours, blurred and
  pixelated parts are left out. The regional signature tells regions (`docs/decisions/0013-regional-signature.md`). Its
  coefficients were fitted on pictures of such folders, so only other folders are a test.
- **CPU** is the process time of each stage in one process and thread, over uploads of all kinds alike.
"""


NAMING: Final = frozenset({FALSE_MATCHES, SAME_PHOTOGRAPHS})
"""Tables of file names, which may be names of people: they are printed, and never written to the document."""


def print_figures(figures: Figures, tables: Mapping[str, Rows]) -> None:
    """Print the tables and the summary."""
    print_summary(tables, _summary(figures))


def write_markdown(
    path: Path, figures: Figures, tables: Mapping[str, Rows], *, kinds: str, options: str
) -> None:
    """Write the whole document.

    Args:
        path: file of the document; its chart has the same name, with the suffix `svg`, in the folder `img`.
        figures: what was measured.
        tables: rows by title.
        kinds: name of the set of kinds.
        options: options of the command that shaped the figures.
    """
    document = Document(
        title=_TITLES[kinds],
        command=f"scripts/bench/recall FOLDER… {options} --markdown docs/{path.name} --plot docs/img/{path.stem}.svg",
        summary=_summary(figures),
        chart=f"![Re-uploads found, by kind](img/{path.stem}.svg)",
        method=_METHOD,
        tables={title: rows for title, rows in tables.items() if title not in NAMING},
    )
    document.write(path)


def write_details(path: Path, figures: Figures, results: Sequence[Result]) -> None:
    """Write a line of JSON for each upload, with the evidence about its own reference and about strangers."""
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
            "nats": measures_of(own).nats,
            "pdq": measures_of(own).pdq_bits,
            "dhash": measures_of(own).dhash_bits,
            "quality": measures_of(own).quality,
            "flat": measures_of(own).flat_share,
            "cover": measures_of(own).cover,
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
        lines += [f"Different verdict over HTTP: {one}." for one in http.differing[:10]]
    return lines


def _recall_lines(figures: Figures) -> list[str]:
    mean = figures.mean
    classic = ", ".join(f"{name} {share:.3f}" for name, share in figures.classic.items())
    made = f"{figures.uploads:,} uploads of {len(figures.kinds)} kinds"
    held = f"{len(figures.pictures):,} references in {figures.subjects:,} cases"
    lost = f"{figures.refused} pictures could not be registered, {figures.unreadable} uploads could not be checked"
    found = f"Found: {mean.found:.3f} ± {figures.error:.3f} (tight {mean.tight:.3f})"
    at = ", ".join(f"{share:.3f} of {scale:,}" for scale, share in figures.scales.items())
    return [
        f"{made}, {held}; {lost}.",
        f"{found}; `lean` {mean.found_lean:.3f}; PDQ alone {mean.pdq:.3f}; ImageHash {classic}.",
        *([f"Found among more references, by emulation: {at}."] if at else []),
    ]


def _false_lines(figures: Figures) -> list[str]:
    summary = figures.summary
    low, high = summary.interval_1m
    windows = f"windows {SCALE * summary.windows.rate:.2g} ({_fit(summary.windows)})"
    whole = f"whole codes {SCALE * summary.whole.rate:.2g} ({_fit(summary.whole)})"
    expected = f"{summary.review_1m:.2g} false matches per check (95 % interval {low:.2g} to {high:.2g})"
    compared = f"Windows would trigger {summary.compared:.0f} of a million strangers per check"
    over = f"for {100 * summary.bound:.1f} % of uploads"
    bound = f"{over}, more than are compared, and these would be held for that alone"
    classic = ", ".join(f"{name} {count:.3g}" for name, count in summary.classic.items())
    alike = f"{len(figures.near)} pairs of references are near-duplicates as whole pictures"
    pairs = f"{summary.pairs:,} pairs of an upload and a stranger"
    return [
        f"{pairs}: {summary.review_seen} matched, {summary.tight_seen} of them tightly.",
        f"Expected at a million references: {expected}: {windows}, {whole}.",
        f"{compared}; {bound}.",
        f"False matches per check at a million references: PDQ alone {summary.pdq:.2g}, ImageHash {classic}.",
        f"{alike}; {len(figures.same)} more pairs show parts of one photograph.",
        f"If these pairs counted as strangers, there would be {figures.matched_before} matches.",
    ]


def _fit(rate: Rate) -> str:
    return "as seen" if rate.shape is None else f"shape {rate.shape:.2f} of {rate.excesses} excesses"
