"""Measure which re-uploads of registered clips are found, and which other clips match by mistake.

SAMPLES holds the sample clips. Clips are drawn from the photographs and portraits in the folders `photos` and `faces`
beside it. Exit code: 0 measured, 2 wrong usage, 3 a folder is absent or empty (skipped).

JSON fields (with --json):
  kinds                 for each kind of re-upload: the shares found by ours, videohash, md5 and vpdq, and n uploads;
                        videohash and vpdq are asked about the first few of each kind; null: about none
  sorts                 the same for each sort of clip
  mean_ours             mean over kinds, equally weighted
  false_pairs           distinct pairs of content and another clip's reference that matched at least once
  pairs                 distinct pairs in all
  upload_pairs          pairs of an upload and another clip's reference
  false_of_peers        shares of these that other methods match
  strangers, strangers_held
                        uploads of clips that are not registered, and how many of these were held
  faults                uploads for which the product raised an exception that it must never raise
  segments, segments_within_1s
                        true segments in uploads that were found, and the share reported within 1 s
and, without --no-cost:
  cpu_s_per_min_720p, cpu_stages_s
                        CPU seconds of checking a minute of 720p, and by stage
  decode_s_per_min_720p, decode_all_s_per_min_720p
                        CPU seconds of decoding it as the product does, and of decoding every frame
  rss_mb, rss_mb_one_minute
                        MiB of the checking process and its decoder over ten minutes of 720p, and over one
  codes_per_min         codes stored for a minute, and searched for to check one
"""

import index  # noqa: F401  # isort: skip - before NumPy: small products on one thread, as wherever the product runs

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.clips.figures import dumped, figures_of, json_of
from benchmarks.clips.films.clip_set import clip_set
from benchmarks.clips.films.kinds import KINDS
from benchmarks.clips.measure import Wanted, measured
from benchmarks.clips.peers import vpdq_build
from benchmarks.clips.report import print_figures, write_markdown
from benchmarks.common.pictures import NoPictures
from benchmarks.common.report import print_json

SKIPPED: Final = 3


def main() -> int:
    """Run the command line."""
    arguments = _arguments()
    samples: Path = arguments.samples
    try:
        clips = clip_set(samples.parent, samples, arguments.seed)
    except NoPictures as absent:
        print(f"skipped: {absent}", file=sys.stderr)
        return SKIPPED
    if vpdq_build() is None:
        print("vpdq's build is not installed: the product's own list stands for it", file=sys.stderr)
    wanted = Wanted(
        kinds=[kind for kind in KINDS if not arguments.only or kind.name in arguments.only],
        clips=arguments.clips,
        per_kind=arguments.per_kind,
        asked_of_others=arguments.others,
        profile=arguments.profile,
        has_cost=not arguments.no_cost,
        seed=arguments.seed,
    )
    with tempfile.TemporaryDirectory() as folder:
        results, references, cost = measured(clips, wanted, Path(folder))
    figures = figures_of(results, references, cost)
    print_figures(figures)
    if arguments.dump:
        lines = [json.dumps(dumped(one)) + "\n" for one in results]
        arguments.dump.write_text("".join(lines), encoding="utf-8")
    if arguments.markdown:
        write_markdown(arguments.markdown, figures)
    if arguments.json == "-":
        print_json(json_of(figures))
    elif arguments.json:
        Path(arguments.json).write_text(json.dumps(json_of(figures), indent=1) + "\n", encoding="utf-8")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("samples", type=Path, metavar="SAMPLES")
    parser.add_argument("--clips", type=int, help="number of clips to register, of all sorts [default: all]")
    parser.add_argument("--per-kind", type=int, default=16, help="uploads per kind [default: 16]")
    parser.add_argument(
        "--only", nargs="+", choices=[kind.name for kind in KINDS], metavar="KIND", help="only these kinds"
    )
    parser.add_argument("--profile", choices=["full", "lean", "sparse"], default="full")
    parser.add_argument(
        "--others",
        type=int,
        default=4,
        help="uploads per kind that other methods are asked about [default: 4]",
    )
    parser.add_argument("--no-cost", action="store_true", help="do not measure CPU time and memory")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", metavar="FILE", help="write the figures; - prints them as the last line")
    parser.add_argument("--markdown", type=Path, help="write the document")
    parser.add_argument("--dump", type=Path, metavar="FILE", help="write a line of JSON for each upload")
    return parser.parse_args()
