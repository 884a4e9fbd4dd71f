"""Measure exact Hamming search against FAISS and ThreatExchange, and the banded plan.

JSON fields (the last line printed, with --json):
  runs                 list of n, data, engine, p50_us, p99_us, build_s, bytes_per_code, private_mb, open_ms, recall
                       (private_mb, a worker's private memory by smaps_rollup, and open_ms: ours only)
  ratio_flat_1m        p50 of FAISS IndexBinaryFlat over ours, uniform codes, n = 1e6
  ratio_pdqindex_1m    the same for ThreatExchange's PDQIndex (null where it is not installed)
  ratio_multihash_10m  the same for FAISS IndexBinaryMultiHash, n = 1e7
  exponent_1m_10m      log10 of our p50 at 1e7 over that at 1e6, uniform codes
  banded_60_ms_4e6     p50 of a batch of 60 banded queries over 4e6 clustered codes, CPU ms (with --banded)
  banded               list of n, cpu_p50_ms, marked_cpu_p50_ms (with 64 doubtful bits a query), wall_p50_ms,
                       wall_p99_ms, touched_share, bytes_per_code, build_s, shares (list of distance, met, stated)
                       (with --banded)
"""

import argparse
import math
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common.codes import flip, make_codes, make_queries
from benchmarks.common.report import print_json, print_table, write_chart
from benchmarks.search.engines import ENGINES, candidates, folder_bytes, open_banded, private_growth_mb
from index.windows import DOUBTFUL_BITS

DISTANCES = (4, 8, 12, 16, 20, 24, 31)
BATCH = 60
LARGEST = {"pdqindex": 2_000_000}
"""PDQIndex takes over 8 GB at ten million codes."""


def main() -> int:
    """Run the command line."""
    arguments = _arguments()
    if arguments.child:
        growth, open_ms = private_growth_mb(arguments.child, np.load(arguments.child_queries))
        print(f"{growth} {open_ms}")
        return 0
    with tempfile.TemporaryDirectory(dir=arguments.folder) as scratch:
        runs = [
            run
            for n in arguments.n
            for data in arguments.data
            for run in measure(int(n), data, arguments.engines, arguments.queries, Path(scratch))
        ]
        banded = [measure_banded(int(n), Path(scratch)) for n in arguments.banded]
    print_table(runs)
    print_table([{key: value for key, value in row.items() if key != "shares"} for row in banded])
    for row in banded:
        print_table(row["shares"])
    if arguments.plot:
        lines = {
            name: [(r["n"], r["p50_us"]) for r in runs if r["engine"] == name and r["data"] == "uniform"]
            for name in arguments.engines
        }
        drawn = {name: line for name, line in lines.items() if line}
        write_chart(arguments.plot, "One query, median", ("codes", "microseconds"), drawn)
    if arguments.json:
        print_json(figures(runs, banded))
    return 0


def measure(n: int, data: str, engines: list[str], count: int, scratch: Path) -> list[dict[str, Any]]:
    """Measure every engine on the same codes and queries."""
    codes = make_codes(data, n)
    queries = make_queries(codes, data, count)
    truth: list[set[tuple[int, int]]] = []
    rows = []
    for name in sorted(engines, key=lambda name: name != "flat"):
        if n > LARGEST.get(name, n):
            continue
        folder = scratch / name
        try:
            with ENGINES[name](codes, folder) as built:
                asked = queries if n < 5_000_000 or name == "ours" else queries[:100]
                answers, times = timed(built.search, asked)
                truth = truth or answers
                private_mb, open_ms = in_worker(folder, queries) if name == "ours" else (None, None)
                rows.append(
                    {
                        "n": n,
                        "data": data,
                        "engine": name,
                        "p50_us": float(np.median(times)),
                        "p99_us": float(np.percentile(times, 99)),
                        "build_s": built.build_s,
                        "bytes_per_code": built.bytes_per_code,
                        "private_mb": private_mb,
                        "open_ms": open_ms,
                        "recall": recall(answers, truth),
                    }
                )
        except ImportError:
            print(f"{name}: not installed", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
    return rows


def timed(search: Any, queries: Any) -> tuple[list[set[tuple[int, int]]], Any]:
    """Return the answers and microseconds of each query, after 50 queries to warm up."""
    for query in queries[:50]:
        search(query[None])
    answers, times = [], []
    for query in queries:
        start = time.perf_counter()
        answers.append(search(query[None]))
        times.append((time.perf_counter() - start) * 1e6)
    return answers, np.array(times)


def recall(answers: list[set[tuple[int, int]]], truth: list[set[tuple[int, int]]]) -> float | None:
    """Return the share of the true (id, distance) pairs that were found, over the queries that both answered."""
    pairs = list(zip(answers, truth, strict=False))
    whole = sum(len(true) for _, true in pairs)
    return sum(len(found & true) for found, true in pairs) / whole if whole else None


def in_worker(folder: Path, queries: Any) -> tuple[float, float]:
    """Measure private megabytes and milliseconds to open in a new process."""
    saved = folder.with_suffix(".npy")
    np.save(saved, queries[:200])
    command = [sys.executable, sys.argv[0], "--child", str(folder), "--child-queries", str(saved)]
    growth, open_ms = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    saved.unlink()
    return float(growth), float(open_ms)


def measure_banded(n: int, scratch: Path) -> dict[str, Any]:
    """Measure batches of 60 over clustered codes, and the shares found of codes planted at known distances."""
    codes = make_codes("clustered", n)
    folder = scratch / "banded"
    start = time.perf_counter()
    engine = open_banded(codes, folder)
    build_s = time.perf_counter() - start
    wall, cpu, marked_cpu = [], [], []
    for number in range(60):
        batch = make_queries(codes, "clustered", BATCH, seed=100 + number)
        doubtful = flip(np.zeros_like(batch), DOUBTFUL_BITS)
        begin, used = time.perf_counter(), time.thread_time()
        engine.propose(batch, 31)
        wall.append((time.perf_counter() - begin) * 1e3)
        plain = time.thread_time()
        engine.propose(batch, 31, doubtful)
        cpu.append((plain - used) * 1e3)
        marked_cpu.append((time.thread_time() - plain) * 1e3)
    touched = candidates(engine, batch)
    sample = np.random.default_rng(5).integers(0, n, 3000)
    shares = []
    for distance in DISTANCES:
        hits = engine.propose(flip(codes[sample], distance), distance)
        own = hits.ids == sample[hits.queries]
        met = float(np.count_nonzero(own) / len(sample))
        shares.append({"distance": distance, "met": met, "stated": engine.recall_at(distance)})
    row = {
        "n": n,
        "cpu_p50_ms": float(np.median(cpu)),
        "marked_cpu_p50_ms": float(np.median(marked_cpu)),
        "wall_p50_ms": float(np.median(wall)),
        "wall_p99_ms": float(np.percentile(wall, 99)),
        "touched_share": float(touched.mean() / n),
        "bytes_per_code": folder_bytes(folder) / n,
        "build_s": build_s,
        "shares": shares,
    }
    engine.close()
    shutil.rmtree(folder)
    return row


def figures(runs: list[dict[str, Any]], banded: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the named figures."""
    p50 = {(run["n"], run["engine"]): run["p50_us"] for run in runs if run["data"] == "uniform"}
    at = {row["n"]: row["cpu_p50_ms"] for row in banded}
    ours_1m, ours_10m = p50.get((10**6, "ours")), p50.get((10**7, "ours"))
    return {
        "runs": runs,
        "ratio_flat_1m": _ratio(p50.get((10**6, "flat")), ours_1m),
        "ratio_pdqindex_1m": _ratio(p50.get((10**6, "pdqindex")), ours_1m),
        "ratio_multihash_10m": _ratio(p50.get((10**7, "multihash")), ours_10m),
        "exponent_1m_10m": math.log10(ours_10m / ours_1m) if ours_1m and ours_10m else None,
        "banded_60_ms_4e6": at.get(4 * 10**6),
        "banded": banded,
    }


def _ratio(other: float | None, own: float | None) -> float | None:
    return other / own if other and own else None


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--n", type=float, nargs="*", default=[1e5, 1e6], help="numbers of codes")
    parser.add_argument("--data", nargs="+", default=["uniform", "clustered", "screenshots"])
    parser.add_argument("--engines", nargs="+", default=list(ENGINES), choices=list(ENGINES))
    parser.add_argument(
        "--queries", type=int, default=500, help="queries per run (100 for other engines at 1e7 codes)"
    )
    parser.add_argument(
        "--banded", type=float, nargs="*", default=[], help="numbers of codes for the banded plan"
    )
    parser.add_argument("--folder", help="folder for the files (default: the system's temporary folder)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON, as the last line")
    parser.add_argument("--plot", type=Path, help="draw the medians over n into an SVG file")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--child-queries", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()
