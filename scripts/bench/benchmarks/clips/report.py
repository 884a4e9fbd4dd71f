"""Report of a run of clips: on the terminal, and as the document docs/recall_clips.md."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.clips.cost import Cost
from benchmarks.clips.figures import Figures, rows_of
from benchmarks.clips.peers import VIDEOHASH_BITS, VPDQ_BITS, VPDQ_QUALITY, VPDQ_SHARE
from benchmarks.common.document import Document, Rows, print_summary

_COMMAND: Final = "scripts/bench/video FOLDER --markdown docs/recall_clips.md"

_METHOD: Final = f"""## Method

`scripts/bench/benchmarks/clips/films/clip_set.py` draws clips from photographs and portraits with a seed. There are
clips of a camera that pans, zooms, turns and shakes over photographs, with cuts; of people who sway, blink and speak in
a room; stills with the noise of a sensor; and dark clips with 10 to 20 % of their light. Some begin with the intro of
one channel, which takes 4 s, and some with a title card of one template. The sample clips are added, and variants of
them are uploads. Each clip is registered at V1 in a case of its own. Every upload is a file that one of the kinds in
`scripts/bench/benchmarks/clips/films/kinds.py` makes from the registered file. It is checked by the same use cases as
`POST /v1/checks`.

- **ours**: the answer rests on the clip's own reference.
- **videohash**: within {VIDEOHASH_BITS} of 64 bits. **vpdq**: at least {VPDQ_SHARE:.0%} of the upload's frames of
  quality {VPDQ_QUALITY} have a frame of the clip within {VPDQ_BITS} bits. The frames come from vpdq's own build. Where
  that is not installed, they come from the list that the product exports (`index/exchange/vpdq.py`). Both methods are
  asked about the first few uploads of each kind only. **md5**: the same file, which is StopNCII's rule for video.
- Means are over kinds, each with the same weight. Nothing was tuned on other pictures than these.
- **False pairs** are distinct pairs of content and another clip's reference that matched at least once, in any upload
  of the content. Strangers are clips of every sort that are not registered. They are uploaded unchanged and
  re-encoded; some share the intro or the template of the registered clips. The cases of registered clips that share one
  are linked, as an operator links those of one agency.
- **Segments**: both borders are within 1 s of the truth, counted over the segments whose clip was found. Where a
  clip begins with something that other clips show too, any start up to the end of that part is right.
- **CPU** is that of this process and its decoder, over a minute of 720p at 30 frames per second that is registered
  itself, so that every query frame has something to verify. Decoding alone is measured as the product decodes, without
  frames that no other frame refers to. Memory is the sum of both processes' peaks, over one minute and over ten.
"""


def print_figures(figures: Figures) -> None:
    """Print the tables, the summary, the false pairs and the faults."""
    print_summary(_tables(figures), _summary(figures))
    for name, place in figures.false.false:
        print(f"  {name} for reference {place}")
    for fault in figures.faults:
        print(f"fault: {fault}")


def write_markdown(path: Path, figures: Figures) -> None:
    """Write the whole document."""
    document = Document(
        title="Recall of clips: which re-uploads are found, and which other clips match by mistake",
        command=_COMMAND,
        summary=tuple(_summary(figures)),
        method=_METHOD,
        tables=_tables(figures),
    )
    document.write(path)


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
    yield f"Found: {figures.mean_ours:.3f} of {uploads} uploads, as a mean over {len(figures.kinds)} kinds."
    yield (
        f"False: {len(false.false)} of {false.pairs:,} distinct pairs of content and another clip's reference"
        f" ({false.uploads:,} pairs of an upload and such a reference)."
    )
    peers = ", ".join(
        f"{peer} {100 * share:.2f} %" for peer, share in false.peers.items() if share is not None
    )
    yield f"Share of the pairs of an upload and another clip that other methods match: {peers}."
    yield f"Strangers: {figures.held} of {figures.strangers} uploads held. Faults: {len(figures.faults)}."
    yield f"Segments: {figures.segments_right:.3f} of {figures.segments} reported within 1 s of the truth."
    if figures.cost is not None:
        yield from _cost_lines(figures.cost)


def _cost_lines(cost: Cost) -> Iterator[str]:
    yield (
        f"A minute of 720p: {cost.total:.1f} s of CPU, {cost.total / cost.decode:.2f} times the cost of decoding alone"
        f" ({cost.decode:.1f} s; {cost.decode_all:.1f} s for every frame)."
    )
    yield f"Peak memory: {cost.rss[0]:.0f} MiB over one minute, {cost.rss[1]:.0f} MiB over ten."
    yield f"Codes of that minute: {cost.stored:,} stored, {cost.asked:,} searched for."
