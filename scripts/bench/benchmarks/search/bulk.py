"""Measure bulk enrolment through the use case, and building an index from the database.

JSON fields (the last line printed, with --json):
  codes                 number of enrolled codes
  enrol_per_s           codes enrolled and acknowledged per second (Hasher-Matcher-Actioner's API: 99)
  ratio_hma             enrol_per_s over that
  read_rows_per_s       rows read from SQLite into arrays per second
  rebuild_rows_per_s    the same with the index's files written and verified: a start without files
  open_ms               milliseconds of a start with files
"""

import argparse
import shutil
import tempfile
import time
from pathlib import Path

from benchmarks.common.codes import make_enrollable
from benchmarks.common.report import print_json, print_table, write_chart
from benchmarks.common.verified import verify
from index.arrays import U8
from index.hashing import Algorithm, Code
from index.verdict import Level, ReferenceKind
from registry.bootstrap import ENVIRONMENT, Container, settle_process
from registry.cli.backends import local_actor, open_local, prepare_data
from registry.config import Settings
from registry.usecases.cases import open_case
from registry.usecases.enrolment import MAX_PER_BATCH, bulk_enrol, draft_from_codes

HMA_PER_S = 99.0


def main() -> int:
    """Run the command line."""
    arguments = _arguments()
    settle_process()  # as the command line does
    codes = make_enrollable(arguments.codes)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder) / "data")
        prepare_data(settings)
        with open_local(settings) as container:
            enrolled = enrol_all(container, codes)
            began = time.perf_counter()
            container.feed.everything()
            read = time.perf_counter() - began
        rebuilt = _begin(settings)
        opened = _begin(settings)
        shutil.rmtree(settings.data / "index")
        rebuilt = min(rebuilt, _begin(settings))
    figures: dict[str, float] = {
        "codes": arguments.codes,
        "enrol_per_s": round(arguments.codes / enrolled),
        "ratio_hma": round(arguments.codes / enrolled / HMA_PER_S, 1),
        "read_rows_per_s": round(arguments.codes / read),
        "rebuild_rows_per_s": round(arguments.codes / rebuilt),
        "open_ms": round(1000 * opened, 1),
    }
    print_table([figures])
    if arguments.plot:
        bars = {
            name: [(1.0, figures[name]), (2.0, figures[name])]
            for name in ("enrol_per_s", "rebuild_rows_per_s")
        }
        write_chart(arguments.plot, "Codes a second", ("", "a second"), bars)
    if arguments.json:
        print_json(figures)
    return 0


def enrol_all(container: Container, codes: U8) -> float:
    """Enrol codes in batches in one case; return the seconds."""
    actor = local_actor(container)
    opened = open_case(Level.V1, None, actor=actor, units=container.units, environment=ENVIRONMENT)
    verify(container, opened.case.id, actor)
    began = time.perf_counter()
    for start in range(0, len(codes), MAX_PER_BATCH):
        drafts = [
            draft_from_codes(
                [Code(algorithm=Algorithm.PDQ, value=row.tobytes(), quality=100)],
                ReferenceKind.INTIMATE_ITEM,
            )
            for row in codes[start : start + MAX_PER_BATCH]
        ]
        bulk_enrol(opened.case.id, drafts, actor=actor, units=container.units, environment=ENVIRONMENT)
    return time.perf_counter() - began


def _begin(settings: Settings) -> float:
    with open_local(settings) as container:
        began = time.perf_counter()
        container.follower.begin()
        return time.perf_counter() - began


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--codes", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true", help="print the figures as the last line")
    parser.add_argument("--plot", type=Path, help="write a chart as SVG")
    return parser.parse_args()
