"""Measure the search of face templates against FAISS's exact scan and its PQ fast scan with rerank, on one thread.

Templates are random (`face_vectors`): those of 128 dimensions lie close together like dlib's, with a threshold of 0.96;
those of 512 dimensions are spread like those of ArcFace networks, with a threshold of 0.46. Half of the queries are of
people who are held, and half are of strangers.

JSON fields (in the file that --json names):
  runs                  list of n, dim, engine, p50_ms, p99_ms, recall, bytes_per_face, build_s, add_ms, erase_ms
                        (recall: share of all entries over the threshold that IndexFlatIP finds; add_ms and
                        erase_ms: one face until it is on the storage device, ours only)
  ratio_flatip_1m_512   p50 of IndexFlatIP over ours at n = 1e6, dim = 512
"""

import argparse
import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from benchmarks.common.report import print_table
from benchmarks.search.face_vectors import Faces
from benchmarks.search.vector_engines import ENGINES, Built


def main() -> int:
    """Run the command line."""
    arguments = _arguments()
    faiss.omp_set_num_threads(1)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as scratch:
        runs = [
            run
            for dimension in arguments.dim
            for n in arguments.n
            for run in measure(int(n), dimension, arguments.engines, arguments.queries, Path(scratch))
        ]
    print_table(runs)
    p50 = {run["engine"]: run["p50_ms"] for run in runs if (run["n"], run["dim"]) == (10**6, 512)}
    known = "flatip" in p50 and "ours" in p50
    figures = {"runs": runs, "ratio_flatip_1m_512": p50["flatip"] / p50["ours"] if known else None}
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


def measure(n: int, dimension: int, engines: list[str], count: int, scratch: Path) -> list[dict[str, Any]]:
    """Measure the engines on the same templates and photographs; the exact scan comes first."""
    faces = Faces(dimension)
    templates = faces.templates(n)
    photographs = faces.photographs(templates, -(-count // 2))[np.random.default_rng(3).permutation(count)]
    truth: list[set[int]] = []
    rows = []
    for name in sorted({"flatip", *engines}):
        folder = scratch / name
        with ENGINES[name](templates, faces.kind.cosine, folder) as built:
            answers, times = timed(built, photographs)
            truth = truth or answers
            adding, erasing = built.change(photographs) if built.change else (None, None)
            rows.append(
                {
                    "n": n,
                    "dim": dimension,
                    "engine": name,
                    "p50_ms": float(np.median(times)),
                    "p99_ms": float(np.percentile(times, 99)),
                    "recall": recall(answers, truth),
                    "bytes_per_face": built.bytes_per_face,
                    "build_s": built.build_s,
                    "add_ms": adding,
                    "erase_ms": erasing,
                }
            )
        shutil.rmtree(folder, ignore_errors=True)
    return rows


def timed(built: Built, photographs: Any) -> tuple[list[set[int]], Any]:
    """Return the answers and milliseconds of each query, after five queries to warm up."""
    for query in photographs[:5]:
        built.search(query)
    answers, times = [], []
    for query in photographs:
        start = time.perf_counter()
        answers.append(built.search(query))
        times.append((time.perf_counter() - start) * 1e3)
    return answers, np.array(times)


def recall(answers: list[set[int]], truth: list[set[int]]) -> float | None:
    """Return the share of the true entries that were found."""
    whole = sum(len(true) for true in truth)
    found = sum(len(answer & true) for answer, true in zip(answers, truth, strict=True))
    return found / whole if whole else None


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--n", type=float, nargs="+", default=[1e5, 1e6], help="numbers of templates")
    parser.add_argument("--dim", type=int, nargs="+", default=[128, 512], choices=[128, 512])
    parser.add_argument("--engines", nargs="+", default=list(ENGINES), choices=list(ENGINES))
    parser.add_argument("--queries", type=int, default=200, help="queries per engine")
    parser.add_argument("--folder", help="folder for the files (default: the system's temporary folder)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON into a file")
    return parser.parse_args()
