"""Record the verdicts of the uploads of `recall` and `video`, and compare two such records.

A refactoring must leave every answer as it is: record before and after it, with the same options, and compare.

  record FILE FOLDER…   register pictures, ask about their re-uploads, and write a line of JSON for each upload:
                        media, kind, source, number, verdict, band, kinds, reasons, boxes, segments and altered
  compare A B           print the lines that differ: `-` from A, `+` from B

Exit code: 0 recorded, or equal; 1 different; 2 wrong usage, or a file is no record; 3 a folder is absent or empty
(skipped).
"""

import index  # noqa: F401  # isort: skip - before NumPy: small products on one thread, as wherever the product runs

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.clips.films.clip_set import clip_set
from benchmarks.clips.films.kinds import KINDS as CLIP_KINDS
from benchmarks.clips.measure import Wanted as WantedClips
from benchmarks.common.asking import Way
from benchmarks.common.pictures import NoPictures, drawn, pictures_in
from benchmarks.recall.run import kinds_for
from benchmarks.reuploads.kinds import KINDS
from benchmarks.verdicts.recording import clip_records, picture_records
from benchmarks.verdicts.records import Difference, MalformedRecords, Record, write

DIFFERENT: Final = 1
WRONG: Final = 2
SKIPPED: Final = 3


def main() -> int:
    """Run the command line."""
    arguments = _arguments()
    return _record(arguments) if arguments.action == "record" else _compare(arguments)


def _record(arguments: argparse.Namespace) -> int:
    try:
        count = write(arguments.file, _records(arguments))
    except NoPictures as absent:
        print(f"skipped: {absent}", file=sys.stderr)
        return SKIPPED
    print(f"recorded {count}")
    return 0


def _records(arguments: argparse.Namespace) -> Iterator[Record]:
    pictures = drawn(
        pictures_in(arguments.folders), arguments.references, np.random.default_rng(arguments.seed)
    )
    samples: Path | None = arguments.samples
    clips = None if samples is None else clip_set(samples.parent, samples, arguments.seed)
    yield from picture_records(
        pictures,
        kinds_for(pictures, KINDS, arguments.kinds),
        per_kind=arguments.per_kind,
        seed=arguments.seed,
        way=arguments.way,
    )
    if clips is not None:
        wanted = WantedClips(
            kinds=[kind for kind in CLIP_KINDS if not arguments.only or kind.name in arguments.only],
            clips=arguments.clips,
            per_kind=arguments.clips_per_kind,
            asked_of_others=0,
            profile="full",
            has_cost=False,
            seed=arguments.seed,
        )
        yield from clip_records(clips, wanted, way=arguments.way)


def _compare(arguments: argparse.Namespace) -> int:
    try:
        difference = Difference.between(arguments.a, arguments.b)
    except MalformedRecords as wrong:
        print(wrong, file=sys.stderr)
        return WRONG
    for line in difference.lines:
        print(line)
    print(f"compared {difference.compared}, differing lines {len(difference.lines)}")
    return DIFFERENT if difference.lines else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    actions = parser.add_subparsers(dest="action", required=True)
    record = actions.add_parser("record", help="record the verdicts of many uploads")
    record.add_argument("file", type=Path, metavar="FILE")
    record.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="pictures, as for recall")
    record.add_argument("--references", type=int, help="pictures to register [default: all]")
    record.add_argument("--per-kind", type=int, default=24, help="picture uploads per kind [default: 24]")
    record.add_argument(
        "--kinds", nargs="+", choices=[kind.name for kind in KINDS], metavar="KIND", help="kinds of pictures"
    )
    record.add_argument("--samples", type=Path, help="sample clips, as for video [default: no clips]")
    record.add_argument("--clips", type=int, help="clips to register, of all sorts [default: all]")
    record.add_argument("--clips-per-kind", type=int, default=16, help="clip uploads per kind [default: 16]")
    record.add_argument(
        "--only", nargs="+", choices=[kind.name for kind in CLIP_KINDS], metavar="KIND", help="kinds of clips"
    )
    ways = record.add_mutually_exclusive_group()
    ways.add_argument(
        "--told",
        dest="way",
        action="store_const",
        const=Way.TOLD,
        default=Way.FULL,
        help="record what a platform is told [default: all reasons and places]",
    )
    ways.add_argument(
        "--served",
        dest="way",
        action="store_const",
        const=Way.SERVED,
        help="ask a served registry over HTTP, and record the same as --told",
    )
    record.add_argument("--seed", type=int, default=1)
    compare = actions.add_parser("compare", help="compare two records")
    compare.add_argument("a", type=Path, metavar="A")
    compare.add_argument("b", type=Path, metavar="B")
    return parser.parse_args()
