"""Measure which faces are found, recognised and mistaken, on a folder with a sub-folder for each identity.

Exit code: 0 measured, 2 wrong usage, 3 the folder is absent or empty, or the engine not installed (skipped).

JSON fields (with --json); each measured rate also as ..._low and ..._high, its 95 % bootstrap interval, and null where
it cannot be measured:
  engine                 id of the engine
  detection              share of pictures with a face fit for comparison; detection_any: with any face
  tar_1e4_k1, _k3, ...   share of genuine trials accepted at an impostor rate of 1e-4, mean of 1, 3, 5 photographs
                         ..._others: among people who are not of the group
  far_east_asian         share of impostors within the group that reach the threshold: the highest of all numbers of
                         photographs per template; far_others, far_everybody; ..._k1 and so on for each number of them
  threshold              the manifest's cosine; is_calibrated is false where it has none, and a threshold is chosen here
  robustness             for each way of altering pictures: any_face, fit_face, tar_k1, tar_k3 (misses count)
  stages                 CPU ms by the picture's longer side: detect, align, embed, total
  speedup_native         with --native: speed of the converted network relative to dlib's own, and
  max_difference_native  the largest difference of any component of any vector, over native_chips faces
"""

import argparse
import json
import os
import tempfile
from pathlib import Path

from benchmarks.common.report import print_json
from benchmarks.faces.album import Album
from benchmarks.faces.arguments import add_common, with_album
from benchmarks.faces.chart import write_det
from benchmarks.faces.figures import Figures, json_of
from benchmarks.faces.folder import People
from benchmarks.faces.measure import Wanted, figures_of
from benchmarks.faces.report import print_figures, write_markdown


def main() -> int:
    """Run the command line."""
    arguments = _arguments()

    def run(people: People, album: Album, models: Path) -> int:
        wanted = Wanted(
            group=arguments.group_name,
            robust=arguments.robust,
            has_cost=not arguments.no_cost,
            has_native=arguments.native,
            seed=arguments.seed,
            models=models,
        )
        _tell(arguments, figures_of(people, album, wanted))
        return 0

    with tempfile.TemporaryDirectory() as scratch:
        return with_album(arguments, Path(scratch), run)


def _tell(arguments: argparse.Namespace, figures: Figures) -> None:
    print_figures(figures)
    picture = None
    if arguments.svg:
        lines = {f"{k} photograph{'s' * (k > 1)}": points for k, points in figures.det.items() if points}
        write_det(arguments.svg, f"{figures.engine}: missed over mistaken", lines)
    if arguments.markdown:
        if arguments.svg:
            picture = os.path.relpath(arguments.svg, arguments.markdown.parent)
        write_markdown(arguments.markdown, figures, _command(arguments), picture)
    named = json_of(figures, arguments.group_name)
    if arguments.json == "-":
        print_json(named)
    elif arguments.json:
        Path(arguments.json).write_text(json.dumps(named, indent=1) + "\n", encoding="utf-8")


def _command(arguments: argparse.Namespace) -> str:
    """Return the command line without this machine's folders."""
    options = ["scripts/bench/faces FOLDER"]
    if arguments.group:
        options.append(f"--group {arguments.group.name}")
    options.append(f"--engine {arguments.engine}")
    if arguments.native:
        options.append("--native")
    return " ".join(options)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_common(parser)
    parser.add_argument(
        "--robust",
        type=int,
        default=300,
        help="pictures per alteration [default: %(default)s]",
    )
    parser.add_argument("--no-cost", action="store_true", help="do not measure CPU time")
    parser.add_argument("--native", action="store_true", help="compare with dlib's own network")
    parser.add_argument("--json", metavar="FILE", help="write the figures; - prints them as the last line")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the document")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw the DET plot")
    return parser.parse_args()
