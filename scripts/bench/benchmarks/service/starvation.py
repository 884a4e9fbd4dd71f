"""Measure how long a neighbour's check waits while another tenant tries to starve the server, over loopback.

A neighbour checks pictures one after another, each on a new connection: alone (quiet), and under each attack of another
tenant with one key. Only ratios within one run mean something, because the attackers use the same processors.

  pictures     14 connections send a PNG of about 300 kB that takes long to decode
  photographs  14 connections send a picture of 1.4 megapixels
  codes        14 connections send codes
  bodies       20 connections send the head of a check, and then one byte of its body every half second
  silence      50 connections send nothing
  heads        50 connections send one byte of a head every half second

A connection that the server closes is opened again. A check that is not answered within --timeout counts as that long.

JSON fields (the last line printed, with --json):
  quiet_p50_ms, quiet_p95_ms           latency of the neighbour's checks without an attack
  NAME_p50_ms, NAME_p95_ms             the same under each attack
  NAME_ratio                           p95 under the attack, in quiet p95s
  NAME_health_ms                       the longest of some requests to /healthz under the attack
  NAME_refused                         the neighbour's checks that were not answered with 201
  heavy_alone_ms                       latency of the heavy picture alone, the median of five
  load_before                          the machine's load average (1 minute) before the first measurement
  asks, workers                        the options
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.common.report import print_json, print_table
from benchmarks.common.service import Service, served
from benchmarks.service.attackers import ATTACKS, Target, attacking, heavy_picture
from benchmarks.service.images import image_of
from registry.cli.backends import prepare_data
from registry.config import Settings
from registry.demo import drawn

PICTURES: Final = 16
SIZE: Final = (480, 320)  # columns and rows of the neighbour's pictures, pixels
SETTLING_S: Final = 1.5
"""Time from the start of an attack to the first measurement, in seconds: the attackers' process starts."""

HEALTH_EVERY: Final = 5
_WARMING_UP: Final = 8


def main() -> int:
    """Run the command line."""
    arguments = _arguments()
    asked = [drawn(seed, SIZE) for seed in range(PICTURES)]
    heavy = heavy_picture()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        prepare_data(Settings(data=data))
        keys = [_new_key(data, name) for name in ("neighbour", "attacker")]
        load_before = round(os.getloadavg()[0], 2)
        with served(data, arguments.workers) as service:
            neighbour, attacker = (_target(service, key) for key in keys)
            figures = measured(neighbour, attacker, (asked, heavy), arguments)
    if arguments.json:
        asked_for = {"asks": arguments.asks, "workers": arguments.workers}
        print_json({**figures, "load_before": load_before, **asked_for})
    return 0


def measured(
    neighbour: Target, attacker: Target, pictures: tuple[list[bytes], bytes], arguments: argparse.Namespace
) -> dict[str, Any]:
    """Measure the neighbour's checks without and under each attack."""
    asked, heavy = pictures
    photograph = image_of(0)
    requests = [neighbour.check(picture) for picture in asked]
    for request in (requests * _WARMING_UP)[:_WARMING_UP]:
        ask(neighbour, request, arguments.timeout)
    alone = [ask(attacker, attacker.check(heavy), arguments.timeout)[0] for _ in range(5)]
    quiet, _ = asking(neighbour, requests, arguments)
    quiet_p95 = percentile(quiet, 0.95)
    figures: dict[str, Any] = {
        "heavy_alone_ms": 1000 * statistics.median(alone),
        "quiet_p50_ms": 1000 * statistics.median(quiet),
        "quiet_p95_ms": 1000 * quiet_p95,
    }
    rows: list[dict[str, object]] = [_row("quiet", quiet, quiet_p95, 0.0)]
    for name in arguments.attacks or ATTACKS:
        with attacking(name, attacker, photograph if name == "photographs" else heavy):
            time.sleep(SETTLING_S)
            took, refused = asking(neighbour, requests, arguments)
            health = max(_health(neighbour, arguments.timeout) for _ in range(HEALTH_EVERY))
        figures |= {
            f"{name}_p50_ms": 1000 * statistics.median(took),
            f"{name}_p95_ms": 1000 * percentile(took, 0.95),
            f"{name}_ratio": percentile(took, 0.95) / quiet_p95,
            f"{name}_health_ms": 1000 * health,
            f"{name}_refused": refused,
        }
        rows.append({**_row(name, took, quiet_p95, health), "refused": refused})
        time.sleep(SETTLING_S)  # what the attack left behind is worked off
    print_table(rows)
    return {name: round(value, 2) for name, value in figures.items()}


def asking(
    neighbour: Target, requests: Sequence[bytes], arguments: argparse.Namespace
) -> tuple[list[float], int]:
    """Check pictures one after another; return the seconds of each, and how many were not answered with 201."""
    took: list[float] = []
    refused = 0
    until = time.perf_counter() + arguments.seconds
    while len(took) < arguments.asks and (time.perf_counter() < until or not took):
        seconds, is_answered = ask(neighbour, requests[len(took) % len(requests)], arguments.timeout)
        took.append(seconds)
        refused += not is_answered
    return took, refused


def ask(target: Target, request: bytes, timeout_s: float) -> tuple[float, bool]:
    """Send one request on a new connection; return the seconds until its answer, and whether it is 201 or 200."""
    began = time.perf_counter()
    try:
        with socket.create_connection((target.host, target.port), timeout=timeout_s) as connection:
            connection.sendall(request)
            first = connection.recv(65_536)
    except OSError:
        return max(timeout_s, time.perf_counter() - began), False
    return time.perf_counter() - began, first.startswith(b"HTTP/1.1 20")


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` of the values do not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def _health(target: Target, timeout_s: float) -> float:
    return ask(target, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", timeout_s)[0]


def _row(name: str, took: Sequence[float], quiet_p95: float, health: float) -> dict[str, object]:
    p95 = percentile(took, 0.95)
    return {
        "attack": name,
        "checks": len(took),
        "p50 ms": round(1000 * statistics.median(took), 1),
        "p95 ms": round(1000 * p95, 1),
        "ratio": round(p95 / quiet_p95, 1),
        "healthz ms": round(1000 * health, 1),
        "refused": 0,
    }


def _target(service: Service, key: str) -> Target:
    return Target(host=service.host, port=service.port, key=key)


def _new_key(data: Path, label: str) -> str:
    command = [
        sys.executable,
        "-m",
        "registry.cli.main",
        "credentials",
        "create",
        label,
        "--role",
        "platform",
    ]
    made = subprocess.run(
        [*command, "--json", "--data", str(data)], check=True, capture_output=True, text=True
    )
    return str(json.loads(made.stdout)["key"])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--asks", type=int, default=100, help="checks of the neighbour in each measurement")
    parser.add_argument("--seconds", type=float, default=60.0, help="longest measurement")
    parser.add_argument(
        "--timeout", type=float, default=30.0, help="seconds after which a check counts as lost"
    )
    parser.add_argument("--attacks", nargs="+", choices=list(ATTACKS), help="these attacks only")
    parser.add_argument("--json", action="store_true", help="print the figures as the last line")
    return parser.parse_args()
