"""Report of an engine's faces: on the terminal, and as a document."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.common.document import Document, Rows, print_summary
from benchmarks.faces.calibration import EVERYBODY
from benchmarks.faces.figures import FARS, KS, Figures
from benchmarks.faces.statistics import RESAMPLES, Measured
from benchmarks.faces.trials import MAX_TEMPLATES

_NOT_MEASURABLE: Final = "not measurable"

_METHOD: Final = f"""## Method

- The folder has a sub-folder for each identity. Of the faces of a picture that pass the engine's gates, the face
  nearest to the centre is the subject's. **Detection** is the share of pictures with such a face.
- A **trial** is the comparison that the product makes: the mean of k photographs, of unit length, against one face that
  is not among them. An identity has up to {MAX_TEMPLATES} templates; with four pictures these are all there are.
  Genuine trials use the subject's other pictures, impostor trials all pictures of all other people. Within a
  group, both people are of the group.
- **TAR@FAR** is the share of genuine trials that reach the smallest cosine that at most that share of impostor trials
  reach: exact quantiles, no fit. It counts faces that were found; the detection rate covers the others.
- **Intervals** are 95 %, of {RESAMPLES} resamplings of identities (not of pairs, because the pairs of one person depend
  on each other). Where no impostor is accepted, the upper end is 3 divided by the pairs of people. Where there are
  fewer trials than 1/FAR, or nobody has more than k pictures, no rate is given.
- `scripts/calibrate_faces` chooses the threshold; `index/faces/dlib/manifest.py` has that of the default engine.
- **Altered pictures** are uploads of people with at least three other pictures. A face that is not found counts as a
  miss. Masks and sunglasses are painted over the face at its landmarks.
- Costs are CPU milliseconds of one thread. Pictures are enlarged to the given longer side, and one face is described.
"""


def print_figures(figures: Figures) -> None:
    """Print the tables and the summary."""
    print_summary(tables(figures), summary(figures))


def write_markdown(path: Path, figures: Figures, command: str, picture: str | None = None) -> None:
    """Write the whole document."""
    document = Document(
        title=f"Faces: what the engine {figures.engine} finds, and whom it mistakes",
        command=command,
        summary=tuple(summary(figures)),
        chart=f"![DET plot]({picture})" if picture else "",
        method=_METHOD,
        tables={title: rows for title, rows in tables(figures).items() if rows},
    )
    document.write(path)


def summary(figures: Figures) -> Iterator[str]:
    """Yield the most important figures as sentences."""
    people = figures.people
    yield (
        f"{len(people.portraits)} pictures of {len(people.names)} people"
        f" ({len(people.empty)} without a picture, {len(people.unreadable)} pictures unreadable);"
        f" a face fit for comparison in {figures.fit_face:.2%} of the pictures, any face in {figures.any_face:.2%}."
    )
    for k in KS:
        yield f"TAR at FAR 1e-4, {_photographs(k)}: {_text(figures.tar_at[EVERYBODY, k, 1e-4])}."
    whose = "the manifest's" if figures.is_calibrated else "chosen here: the manifest has none"
    yield f"Threshold: cosine {figures.threshold:.3f} ({whose})."
    for group in figures.sizes:
        rate = figures.worst_far(group)
        if rate is not None:
            yield f"FAR at the threshold, {group}: {rate} (the highest over the numbers of photographs)."
    native = figures.native
    if native is not None:
        yield (
            f"Converted network: {native.converted_ms:.1f} ms per face, dlib itself {native.native_ms:.1f} ms,"
            f" a speed-up of {native.speedup:.1f}; largest difference {native.max_difference:.1g} over"
            f" {native.chips} faces."
        )


def tables(figures: Figures) -> dict[str, Rows]:
    """Return the tables by title."""
    return {
        "TAR at FAR": [
            {
                "population": group,
                "photographs": k,
                "genuine": figures.trials[group, k][0],
                "impostor": figures.trials[group, k][1],
                **{f"{far:g}": _text(figures.tar_at[group, k, far]) for far in FARS},
            }
            for group, k in figures.trials
        ],
        "At the threshold": [
            {
                "population": group,
                "people": figures.sizes[group],
                "photographs": k,
                "FAR": _text(figures.far.get((group, k))),
                "TAR": _text(figures.tar[group, k]),
            }
            for group, k in figures.trials
        ],
        "Other thresholds": [
            {
                "cosine": f"{step.cosine:.4f}",
                **{f"FAR, {name}": str(rate) for name, rate in step.far.items()},
                **{f"TAR, {_photographs(k)}": _text(rate) for k, rate in step.tar.items()},
            }
            for step in figures.steps
        ],
        "Altered pictures": [
            {
                "upload": name,
                "pictures": one.pictures,
                "any face": f"{one.any_face:.3f}",
                "fit face": f"{one.fit_face:.3f}",
                **{f"found, {_photographs(k)}": f"{share:.3f}" for k, share in one.tar.items()},
            }
            for name, one in figures.dressed.items()
        ],
        "CPU milliseconds a picture": [
            {"side": f"{side} px", **{stage: f"{ms:.1f}" for stage, ms in stages.items()}}
            for side, stages in figures.stages.items()
        ],
    }


def _photographs(k: int) -> str:
    return "one photograph" if k == 1 else f"mean of {k}"


def _text(measured: Measured | None) -> str:
    return _NOT_MEASURABLE if measured is None else str(measured)
