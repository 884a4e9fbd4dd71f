"""What is written about a run of clips: on the terminal, and as the document docs/recall_clips.md."""

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from _clips_cost import Cost
from _clips_figures import Figures, rows_of
from _clips_peers import VIDEOHASH_BITS, VPDQ_BITS, VPDQ_QUALITY, VPDQ_SHARE
from _report import print_table

Rows = Sequence[Mapping[str, object]]

_COMMAND: Final = "scripts/bench/video FOLDER --markdown docs/recall_clips.md"

_METHOD: Final = f"""## Method

Clips are drawn from photographs and portraits with a seed (`scripts/bench/_clips_set.py`): a camera that pans, zooms,
turns and shakes over photographs, with cuts; people who sway, blink and speak before a room; stills with a sensor's
noise; dark ones, with 10 to 20 % of their light; ones that begin with one channel's intro of four seconds; ones that
begin with a title card of one template. Beside them are the sample clips, of which variants are uploads. Each is
registered at V1 in a case of its own. Every upload is a file, made by one of the kinds of
`scripts/bench/_clips_kinds.py` from the registered file, and asked about by the same use cases as `POST /v1/checks`.

- **ours**: the answer rests on the clip's own reference.
- **videohash**: within {VIDEOHASH_BITS} of 64 bits. **vpdq**: frames of quality {VPDQ_QUALITY}, at most
  {VPDQ_BITS} bits apart, for {VPDQ_SHARE:.0%} of those of the upload; by its own build, or where that is not installed
  by the list that the product exports (`index/exchange/vpdq.py`). Both see the first few uploads of each kind. **md5**:
  the
  same file, which is StopNCII's rule for video.
- Means are over kinds, each with the same weight. Nothing was tuned on other pictures than such.
- **False pairs** are distinct pairs of what is shown and another clip's reference, matched at least once, whatever was
  made of it. Strangers are clips of every sort that are not registered, uploaded as they are and made anew; some share
  the intro or the template of the registered ones.
- **Segments**: both borders within a second, of those segments of the truth whose clip was found. Where a clip begins
  with what others show too, any start up to the end of that is right.
- **CPU** is that of this process and its decoder, over a minute of 720p at 30 frames a second that is registered
  itself, so that every look has something to verify. Decoding is what the product does, alone; it leaves out frames
  that no other refers to. Memory is the sum of both processes' peaks, over one minute and over ten.
"""


def print_figures(figures: Figures) -> None:
    """Prints the tables and the summary."""
    for title, rows in _tables(figures).items():
        print(f"\n{title}")
        print_table(rows)
    print()
    for line in _summary(figures):
        print(line)
    for name, place in figures.false.false:
        print(f"  {name} for reference {place}")
    for fault in figures.faults:
        print(f"fault: {fault}")


def write_markdown(path: Path, figures: Figures) -> None:
    """Writes the whole document."""
    now = datetime.now(UTC).date().isoformat()
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    parts = [
        "# Recall of clips: which re-uploads are found, and what is mistaken\n",
        f"Written by `{_COMMAND}`; measured on {now} ({machine}).\n",
        "\n".join(f"- {line}" for line in _summary(figures)) + "\n",
        _METHOD,
    ]
    for title, rows in _tables(figures).items():
        parts += [f"## {title}\n", _markdown(rows)]
    path.write_text("\n".join(parts), encoding="utf-8")


def _tables(figures: Figures) -> dict[str, Rows]:
    tables: dict[str, Rows] = {
        "Kinds of re-upload": rows_of(figures.kinds, "kind"),
        "Sorts of clip": rows_of(figures.sorts, "sort"),
    }
    if figures.cost is not None:
        tables["CPU seconds of checking a minute of 720p"] = _cost_rows(figures.cost)
    return tables


def _cost_rows(cost: Cost) -> Rows:
    stages = {**cost.stages, "starting the decoder": cost.start, "total": cost.total}
    return [{"stage": name.replace("_", " "), "s": f"{seconds:.2f}"} for name, seconds in stages.items()]


def _summary(figures: Figures) -> Iterator[str]:
    false = figures.false
    uploads = sum(one.n for one in figures.kinds.values())
    yield f"Found: {figures.mean_ours:.3f} of {uploads} uploads of {len(figures.kinds)} kinds."
    yield (
        f"False: {len(false.false)} of {false.pairs:,} distinct pairs"
        f" ({false.uploads:,} pairs of an upload and another clip's reference)."
    )
    peers = ", ".join(
        f"{peer} {100 * share:.2f} %" for peer, share in false.peers.items() if share is not None
    )
    yield f"Others match, of pairs of an upload and another clip: {peers}."
    yield f"Strangers: {figures.held} of {figures.strangers} uploads held. Faults: {len(figures.faults)}."
    yield f"Segments: {figures.segments_right:.3f} of {figures.segments} told within a second."
    if figures.cost is not None:
        yield from _cost_lines(figures.cost)


def _cost_lines(cost: Cost) -> Iterator[str]:
    yield (
        f"A minute of 720p: {cost.total:.1f} s of CPU, {cost.total / cost.decode:.2f} times that of decoding it alone"
        f" ({cost.decode:.1f} s; of every frame {cost.decode_all:.1f} s)."
    )
    yield f"Memory over one minute {cost.rss[0]:.0f} MiB, over ten {cost.rss[1]:.0f} MiB."
    yield f"Codes of that minute: {cost.stored:,} stored, {cost.asked:,} asked with."


def _markdown(rows: Rows) -> str:
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(str(row[name]) for name in names) + " |" for row in rows]
    return "\n".join(lines) + "\n"
