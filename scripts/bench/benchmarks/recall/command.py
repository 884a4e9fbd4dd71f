"""Measure which re-uploads of registered pictures are found, and which strangers' pictures match by mistake.

Each FOLDER holds pictures, or a sub-folder of pictures for each identity. Exit code: 0 measured, 2 wrong usage,
3 a folder is absent or empty (skipped).

JSON fields (the last line printed, with --json):
  kinds             for each kind of re-upload: n, and the shares found by PDQ alone (pdq, as
                    Hasher-Matcher-Actioner), by the registry (found), by its profile lean (found_lean), and
                    by the registry with a tight verdict, which may block (tight)
  mean_pdq, mean_found, mean_found_lean, mean_tight
                    means over kinds, equally weighted
  found_at          mean share found among each emulated number of references (with --scales)
  false_review_1m   expected false matches of one check at a million references
  false_tight_seen  pairs in which a stranger matched tightly
  pairs             distinct pairs of an upload and a stranger's reference
  ms                CPU milliseconds of one check, by stage and in total
  negatives         for each sort of hard negative: n, and shares reviewed and tight, with all and with one reference
  imagehash         means over kinds for ImageHash's hashes, distance 10 of 64
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from benchmarks.browsers.chromium import NoBrowser
from benchmarks.common.pictures import NoPictures, Picture, drawn, pictures_in
from benchmarks.common.report import print_json
from benchmarks.recall.chart import write_bars
from benchmarks.recall.devices import compare_devices, print_devices
from benchmarks.recall.figures import json_of, tables_of
from benchmarks.recall.measure import Wanted, measured
from benchmarks.recall.report import print_figures, write_details, write_markdown
from benchmarks.recall.run import kinds_for
from benchmarks.recall.scales import CROWDED
from benchmarks.recall.uploads import opened
from benchmarks.reuploads.kinds import ALL_KINDS, SETS, Kind, contact_sheet

SKIPPED = 3


def main() -> int:
    """Run the command line."""
    arguments = _arguments()
    try:
        found = pictures_in(arguments.folders)
    except NoPictures as absent:
        print(f"skipped: {absent}", file=sys.stderr)
        return SKIPPED
    pictures = drawn(found, arguments.references, np.random.default_rng(arguments.seed))
    kinds = kinds_for(pictures, SETS[arguments.set], arguments.kinds)
    if arguments.registered_by == "device":
        return _compare_devices(pictures, kinds, arguments)
    if arguments.sheet:
        write_sheet(arguments.sheet, pictures, kinds, arguments.seed)
    wanted = Wanted(
        per_kind=arguments.per_kind,
        negatives=arguments.negatives,
        over_http=arguments.over_http,
        lean=not arguments.no_lean,
        scales=arguments.scales,
        seed=arguments.seed,
    )
    figures, results = measured(pictures, kinds, wanted)
    print_figures(figures, tables_of(figures))
    if arguments.plot:
        write_bars(arguments.plot, "Re-uploads found, by kind", figures.kinds)
    if arguments.markdown:
        write_markdown(
            arguments.markdown,
            figures,
            tables_of(figures),
            kinds=arguments.set,
            options=f"--set {arguments.set} --per-kind {arguments.per_kind} --seed {arguments.seed}",
        )
    if arguments.details:
        write_details(arguments.details, figures, results)
    if arguments.json:
        print_json(json_of(figures))
    return 0


def _compare_devices(pictures: list[Picture], kinds: list[Kind], arguments: argparse.Namespace) -> int:
    try:
        pairs = compare_devices(pictures, kinds, arguments.per_kind, arguments.seed)
    except NoBrowser as absent:
        print(f"skipped: {absent}", file=sys.stderr)
        return SKIPPED
    figures = print_devices(pairs)
    if arguments.json:
        print_json(figures)
    return 0


def write_sheet(path: Path, pictures: list[Picture], kinds: list[Kind], seed: int) -> None:
    """Write a sheet of kinds, with a few pictures."""
    some = drawn(pictures, 40, np.random.default_rng(seed))
    scenes = [opened(one.path) for one in some if not one.is_portrait]
    portraits = [opened(one.path) for one in some if one.is_portrait]
    contact_sheet(scenes or portraits, path, kinds=kinds, portraits=portraits, seed=seed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--references", type=int, help="number of pictures to register [default: all]")
    parser.add_argument(
        "--set",
        choices=list(SETS),
        default="first",
        help="set of kinds; the second is harder [default: first]",
    )
    parser.add_argument("--per-kind", type=int, default=24, help="uploads per kind [default: 24]")
    parser.add_argument(
        "--kinds",
        nargs="+",
        choices=[kind.name for kind in ALL_KINDS],
        metavar="KIND",
        help="only these kinds",
    )
    parser.add_argument(
        "--negatives",
        type=int,
        default=24,
        help="pairs per sort of hard negative, 0 for none [default: 24]",
    )
    parser.add_argument(
        "--registered-by",
        choices=["server", "device"],
        default="server",
        help="device: references are registered by the code of victims' devices, in Chromium, and compared with"
        " those of the server in the same run [default: server]",
    )
    parser.add_argument("--no-lean", action="store_true", help="do not measure the profile lean")
    parser.add_argument(
        "--over-http",
        type=int,
        default=0,
        metavar="N",
        help="also send N uploads of each kind to a served registry",
    )
    parser.add_argument(
        "--scales",
        type=lambda number: int(float(number)),
        nargs="*",
        choices=list(CROWDED),
        default=[],
        metavar="N",
        help="also emulate N references: 1e3, 1e5, 1e6",
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print the figures as the last line")
    parser.add_argument("--markdown", type=Path, help="write the document")
    parser.add_argument("--plot", type=Path, help="write a chart as SVG")
    parser.add_argument("--sheet", type=Path, help="write a sheet of all kinds as PNG")
    parser.add_argument("--details", type=Path, help="write the evidence about every upload as lines of JSON")
    return parser.parse_args()
