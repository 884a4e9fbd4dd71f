"""Measure checks over HTTP, by codes and by image, against a server with 100,000 registered pictures.

Each reference has one whole code and all anchored windows of the profile full (`drawn_references`). The images that are
checked match nothing and have 190 windows, as photographs do. `where` shows their CPU time by stage: each image is
checked again in one process on the same data. Its `http` is the additional time of the server with one client: HTTP,
and the way into the sandbox and back. No clip is registered; a check then asks for the size of the family of frames and
searches nothing in it.

JSON fields (the last line printed, with --json):
  codes_per_s, images_per_s            checks answered per second
  codes_cpu_ms, images_cpu_ms          CPU milliseconds of the whole server for one check
  codes_p50_ms, codes_p99_ms, images_p50_ms, images_p99_ms
                                       latency at the clients
  ratio_hma_codes, ratio_hma_images    ratio to Hasher-Matcher-Actioner's 319 and 12.9 on such a machine
  limit_per_s, ratio_limit_codes       requests per second to /healthz of the same server, and our share of that limit
  describe_ms                          milliseconds of the fingerprint alone, for one picture at a time
  images_alone_cpu_ms                  images_cpu_ms with one client
  references, anchored_codes           numbers registered
  fill_s, ready_s                      seconds to fill the database, and until the server built its indexes
  index_bytes_per_reference            size of the index files of all families
  database_bytes_per_reference
  worker_private_mb                    private memory of one server process, after the load
  where                                CPU milliseconds of an image check by stage: mean of each image's best of four;
                                       0 for a stage that no image reached
  windows_asked, triggered             means of the windows of an image, and of the references that they met
  load_before                          the machine's load average (1 minute) before the first measurement
  n, workers, clients                  the options
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common.codes import flip, make_codes
from benchmarks.common.drawn_references import PICTURES, Drawn
from benchmarks.common.report import print_json, print_table, write_chart
from benchmarks.common.service import Load, Service, fill, load, served
from benchmarks.service.images import image_of
from benchmarks.service.stages import stages_of
from index.arrays import U8
from index.pictures import Fingerprinter, Purpose
from index.windows import FULL

HMA_CODES_PER_S = 319.0
HMA_IMAGES_PER_S = 12.9
FIRST_IMAGE = 5000
"""Seed of the first image, beyond those of the registered pictures."""

QUERIES = 2000
QUIET_LOAD = 1.0  # load average of a quiet machine with two cores
_BOUNDARY = "takedown-bench"


def main() -> int:
    """Run the command line."""
    arguments = _arguments()
    held = make_codes("uniform", arguments.n)
    images = [image_of(FIRST_IMAGE + number) for number in range(arguments.images)]
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        pictures = Drawn.make(min(PICTURES, arguments.n))
        began = time.perf_counter()
        fill(data, held, pictures.references(arguments.n))
        filled = time.perf_counter()
        load_before = quiet(arguments.patience)
        served_from = time.perf_counter()
        with served(data, arguments.workers) as service:
            built = {"fill_s": filled - began, "ready_s": time.perf_counter() - served_from}
            loads = measured(service, held, images, arguments)
            memory = {
                **built,
                **memory_of(data, arguments.n),
                "worker_private_mb": service.worker_private_mb(),
            }
        stages = stages_of(data, images)
    figures: dict[str, Any] = {**figures_of(loads, images), **rounded(memory), "load_before": load_before}
    alone = 1000 * loads["images alone"].cpu_seconds / loads["images alone"].requests
    where = stages.cpu_ms()
    where["http"] = alone - sum(where.values())
    figures |= {"images_alone_cpu_ms": round(alone, 3), "where": rounded(where)}
    figures |= rounded(
        {"windows_asked": float(np.mean(stages.windows)), "triggered": float(np.mean(stages.triggered))}
    )
    print_table([row_of(name, one) for name, one in loads.items()])
    print_table([{"stage": name, "CPU ms": value} for name, value in figures["where"].items()])
    print(f"the fingerprint alone: {figures['describe_ms']} ms; {rounded(memory)}")
    if arguments.plot:
        bars = {name: [(1.0, one.per_second), (2.0, one.per_second)] for name, one in loads.items()}
        write_chart(arguments.plot, "Checks a second", ("", "a second"), bars)
    if arguments.json:
        asked_for = {"n": arguments.n, "workers": arguments.workers, "clients": arguments.clients}
        print_json({**figures, **asked_for})
    return 0


def measured(
    service: Service, held: U8, images: list[bytes], arguments: argparse.Namespace
) -> dict[str, Load]:
    """Load the server with each kind of request."""
    asked = [code_request(service, query) for query in mixed(held, arguments.copies)]
    pictures = [image_request(service, image) for image in images]
    return {
        "healthz": run(service, [service.request("GET", "/healthz")], arguments, arguments.clients),
        "codes": run(service, asked, arguments, arguments.clients),
        "images": run(service, pictures, arguments, arguments.clients),
        "images alone": run(service, pictures, arguments, 1),
    }


def run(service: Service, requests: list[bytes], arguments: argparse.Namespace, clients: int) -> Load:
    """Warm up, then measure."""
    load(service, requests, clients=clients, seconds=1)
    return load(service, requests, clients=clients, seconds=arguments.seconds)


def memory_of(data: Path, references: int) -> dict[str, float]:
    """Return what is held, and the bytes per reference."""
    files = {
        name: sum(path.stat().st_size for path in data.glob(name)) for name in ("index/*/*", "registry*")
    }
    return {
        "references": references,
        "anchored_codes": references * FULL.reference_windows,
        "index_bytes_per_reference": files["index/*/*"] / references,
        "database_bytes_per_reference": files["registry*"] / references,
    }


def quiet(patience: float) -> float:
    """Wait until the machine is quiet, but no longer than `patience` seconds; return the load average."""
    deadline = time.monotonic() + patience
    while os.getloadavg()[0] > QUIET_LOAD and time.monotonic() < deadline:
        time.sleep(5)
    return round(os.getloadavg()[0], 2)


def rounded(figures: dict[str, float]) -> dict[str, float]:
    """Round the figures for display."""
    return {name: round(value, 3) for name, value in figures.items()}


def figures_of(loads: dict[str, Load], images: list[bytes]) -> dict[str, float]:
    """Return the figures by name."""
    codes, pictures, limit = loads["codes"], loads["images"], loads["healthz"]
    with Fingerprinter(workers=1) as fingerprints:
        fingerprints.warm_up()
        began = time.perf_counter()
        for image in images:
            fingerprints.describe(image, Purpose.CHECK)
        describe_ms = 1000 * (time.perf_counter() - began) / len(images)
    figures = {
        "codes_per_s": codes.per_second,
        "images_per_s": pictures.per_second,
        "codes_cpu_ms": 1000 * codes.cpu_seconds / codes.requests,
        "images_cpu_ms": 1000 * pictures.cpu_seconds / pictures.requests,
        "codes_p50_ms": codes.p50_ms,
        "codes_p99_ms": codes.p99_ms,
        "images_p50_ms": pictures.p50_ms,
        "images_p99_ms": pictures.p99_ms,
        "ratio_hma_codes": codes.per_second / HMA_CODES_PER_S,
        "ratio_hma_images": pictures.per_second / HMA_IMAGES_PER_S,
        "limit_per_s": limit.per_second,
        "ratio_limit_codes": codes.per_second / limit.per_second,
        "describe_ms": describe_ms,
    }
    return rounded(figures)


def row_of(name: str, one: Load) -> dict[str, object]:
    """Return the row of a table for one load."""
    return {
        "checks": name,
        "a second": round(one.per_second, 1),
        "CPU ms each": round(1000 * one.cpu_seconds / one.requests, 2),
        "p50 ms": round(one.p50_ms, 2),
        "p99 ms": round(one.p99_ms, 2),
    }


def mixed(held: U8, share: float) -> U8:
    """Draw uint8 [2000, 32] queries: new codes, and the given share of copies at 0 to 31 bits."""
    queries = make_codes("uniform", QUERIES, seed=2).copy()
    copies = np.flatnonzero(np.random.default_rng(4).random(QUERIES) < share)
    for place, row in enumerate(copies):
        copied = held[place % len(held)]
        queries[row] = flip(copied[None], place % 32, seed=place)[0]
    return queries


def code_request(service: Service, query: U8) -> bytes:
    """Return a request that checks one code."""
    body = {"codes": [{"algorithm": "pdq", "value": query.tobytes().hex(), "quality": 100}]}
    return service.request("POST", "/v1/checks", json.dumps(body).encode("ascii"), "application/json")


def image_request(service: Service, image: bytes) -> bytes:
    """Return a request that checks one image."""
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="media"; filename="m"\r\n\r\n'
    body = head.encode("ascii") + image + f"\r\n--{_BOUNDARY}--\r\n".encode("ascii")
    return service.request("POST", "/v1/checks", body, f"multipart/form-data; boundary={_BOUNDARY}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--n",
        type=int,
        default=100_000,
        help=f"registered pictures: whole codes, and {FULL.reference_windows} windows each",
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--copies", type=float, default=0.1, help="share of code checks that match")
    parser.add_argument("--seconds", type=float, default=8.0, help="length of each of the four loads")
    parser.add_argument("--images", type=int, default=48, help="number of different images")
    parser.add_argument("--patience", type=float, default=60.0, help="seconds to wait for a quiet machine")
    parser.add_argument("--json", action="store_true", help="print the figures as the last line")
    parser.add_argument("--plot", type=Path, help="write a chart as SVG")
    return parser.parse_args()
