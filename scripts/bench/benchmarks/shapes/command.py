"""Measure whether a registered picture is found in long captures, in strips and on contact sheets.

Two thirds of the pictures of each FOLDER are registered; the others are strangers. Each upload shows one registered
picture among strangers, at 160 pixels of its shorter side or more. Each control is the same upload with a stranger in
its place. Exit code: 0 measured, 2 wrong usage, 3 a folder is absent or empty (skipped).

JSON fields (the last line printed, with --json):
  kinds    for each kind: n, uploads; found, share of them held or blocked for the picture that they show; held, share
           held for another reason (a bound); parts, median number of looks at parts; controls, number of them;
           control_review and control_tight, shares of the controls with loose and with tight evidence; control_held,
           share of them held for a bound; worker_s, parent_s and worker_max_s, median and greatest CPU seconds
  found    share of all uploads
  plain    worker_ms, median CPU milliseconds of describing the registered pictures themselves; gate_ms, of them to
           decide that they have no parts; with_parts, share of them that are looked at in parts all the same
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from benchmarks.common.pictures import NoPictures, Picture, pictures_in
from benchmarks.common.registry import MeasuredRegistry, registry_in
from benchmarks.common.report import print_json, print_table
from benchmarks.reuploads.kind import Kind
from benchmarks.reuploads.kinds import reupload
from benchmarks.reuploads.shapes import SHAPES
from index.frames.parts import may_have_parts
from index.limits import STANDARD
from index.media.pictures import matching_plane
from index.pictures import Purpose, describe_in_process
from index.verdict import Band, Outcome
from registry.matching import assess, question_of

SKIPPED = 3
OTHERS: Final = 64
PLAIN: Final = 60  # registered pictures whose cost as plain uploads is measured


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """A check of one upload: references with evidence, and CPU seconds."""

    is_held: bool
    references: frozenset[str]
    bands: frozenset[Band]
    parts: int
    worker_s: float
    parent_s: float


def main() -> int:
    """Run the command line."""
    arguments = _arguments()
    try:
        pictures = pictures_in(arguments.folders)
    except NoPictures as absent:
        print(f"skipped: {absent}", file=sys.stderr)
        return SKIPPED
    known = [one for place, one in enumerate(pictures) if place % 3]
    strangers = pictures[::3]
    with tempfile.TemporaryDirectory() as folder, registry_in(Path(folder)) as registry:
        ids = registry.enrol_pictures([(one.subject, one.path.read_bytes) for one in known])
        held = [(one, name) for one, name in zip(known, ids, strict=True) if name is not None]
        rows = []
        for kind in SHAPES:
            rows.append(_measured(registry, kind, held, strangers, arguments))
            print(rows[-1], file=sys.stderr, flush=True)
    plain = _plain([one for one, _ in held[:PLAIN]])
    found = sum(row["n"] * row["found"] for row in rows) / sum(row["n"] for row in rows)
    print_table(rows)
    print(f"found: {found:.3f}; plain pictures: {plain}")
    if arguments.json:
        print_json({"kinds": {row.pop("kind"): row for row in rows}, "found": found, "plain": plain})
    return 0


def _measured(
    registry: MeasuredRegistry,
    kind: Kind,
    held: Sequence[tuple[Picture, str]],
    strangers: Sequence[Picture],
    arguments: argparse.Namespace,
) -> dict[str, Any]:
    """Return the row of one kind."""
    rng = np.random.default_rng((arguments.seed, SHAPES.index(kind)))
    count: int = arguments.per_kind
    uploads, controls, found = [], [], 0
    for _ in range(count):
        picture, own = held[int(rng.integers(len(held)))]
        drawn = [strangers[place] for place in rng.permutation(len(strangers)).tolist()]
        others = [_opened(one) for one in drawn[1 : OTHERS + 1]]
        seed = int(rng.integers(2**31))
        upload = _checked(registry, reupload(kind, _opened(picture), seed, others))
        controls.append(_checked(registry, reupload(kind, _opened(drawn[0]), seed, others)))
        uploads.append(upload)
        found += upload.is_held and own in upload.references
        if not (upload.is_held and own in upload.references):
            print(f"{kind.name}: {picture.name} was not found, seed {seed}", file=sys.stderr, flush=True)
    return {
        "kind": kind.name,
        "n": count,
        "found": found / count,
        "held": sum(one.is_held and not one.references for one in uploads) / count,
        "parts": float(np.median([one.parts for one in uploads])),
        "controls": count,
        "control_review": sum(Band.LOOSE in one.bands for one in controls) / count,
        "control_tight": sum(Band.TIGHT in one.bands for one in controls) / count,
        "control_held": sum(one.is_held and not one.references for one in controls) / count,
        "worker_s": float(np.median([one.worker_s for one in uploads])),
        "parent_s": float(np.median([one.parent_s for one in uploads])),
        "worker_max_s": max(one.worker_s for one in (*uploads, *controls)),
    }


def _checked(registry: MeasuredRegistry, data: bytes) -> _Checked:
    began = time.process_time()
    made = describe_in_process(data, Purpose.CHECK)
    described = time.process_time()
    services = registry.parts.check_services
    assessment = assess(question_of(made), index=services.index, candidates=services.candidates)
    ended = time.process_time()
    graded = [(name, evidence.grade().band) for name, evidence in assessment.found]
    return _Checked(
        is_held=assessment.verdict.outcome is not Outcome.ALLOW,
        references=frozenset(name for name, band in graded if band is not Band.NONE),
        bands=frozenset(band for _, band in graded),
        parts=len(made.query_frames) - 1,
        worker_s=described - began,
        parent_s=ended - described,
    )


def _plain(pictures: Sequence[Picture]) -> dict[str, float]:
    """Return the cost of pictures that are no pages, strips or sheets."""
    worker, gate, open_ones = [], [], 0
    for one in pictures:
        data = one.path.read_bytes()
        plane = matching_plane(data, STANDARD)
        began = time.process_time()
        open_ones += may_have_parts(plane.luma, (4000, 3000))
        gate.append(time.process_time() - began)
        began = time.process_time()
        describe_in_process(data, Purpose.CHECK)
        worker.append(time.process_time() - began)
    return {
        "worker_ms": round(1000 * float(np.median(worker)), 2),
        "gate_ms": round(1000 * float(np.median(gate)), 2),
        "with_parts": round(open_ones / len(pictures), 3),
    }


def _opened(picture: Picture) -> Image.Image:
    with Image.open(picture.path) as image:
        return image.convert("RGB")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--per-kind", type=int, default=30, help="uploads per kind [default: 30]")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print the figures as the last line")
    return parser.parse_args()
