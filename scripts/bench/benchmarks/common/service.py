"""A served registry to measure: filled in bulk, started, loaded by several clients at once, and stopped."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from index.arrays import U8
from index.hashing import Algorithm
from registry.bootstrap import ENVIRONMENT, Databases
from registry.cli.backends import FIRST_CREDENTIAL, prepare_data
from registry.config import Settings
from registry.domain import Family, StoredWindows, View, ids
from registry.security import Keys, Sealer
from registry.storage.codes import ANCHORED, WHOLE, ChangeLog, window_row
from registry.storage.schema import anchored_windows, cases, codes, references, tenants

TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = 20_000
_OTHERS = ((Algorithm.DHASH128, View.PLANE), (Algorithm.PHASH, View.PLANE), (Algorithm.SHA256, View.BYTES))


class FailedRequest(Exception):
    """A request of a load had no successful answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A running server."""

    host: str
    port: int
    key: str
    pid: int

    def request(self, method: str, path: str, body: bytes = b"", content_type: str = "") -> bytes:
        """Return the bytes of a keep-alive request."""
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {self.host}:{self.port}",
            f"Authorization: Bearer {self.key}",
        ]
        if body:
            lines += [f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", ""]).encode("ascii") + body

    def cpu_seconds(self) -> float:
        """Return the CPU time of the server and all its child processes."""
        return sum(_cpu_seconds(pid) for pid in _family(self.pid))

    def worker_private_mb(self) -> float:
        """Return the mean private memory of a server process; shared memory, above all index files, does not count."""
        workers = _children(self.pid)
        return sum(map(_private_kb, workers)) / len(workers) / 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Measurements under a load."""

    requests: int
    seconds: float
    cpu_seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        """Requests answered per second."""
        return self.requests / self.seconds


def fill(data: Path, held: U8, windows: Iterator[StoredWindows] | None = None) -> None:
    """Make a registry in which each code is an intimate item of a case at V1.

    With windows, which are given for each reference, references have the rows of a registered picture: also a dHash, a
    pHash and a digest, but no second PDQ.
    """
    settings = Settings(data=data)
    prepare_data(settings)
    databases = Databases.open(settings)
    sealer = Sealer.of(Keys.load(data, ENVIRONMENT.random), ENVIRONMENT.random)
    now = datetime.now(UTC)
    with databases.registry.write() as connection:
        tenant = connection.execute(tenants.select().limit(1)).one().id
        case = ids.new_id(ids.CASE, ENVIRONMENT.random)
        connection.execute(
            insert(cases).values(id=case, tenant_id=tenant, level=1, state="active", opened_at=now)
        )
        own = {"case_id": case, "tenant_id": tenant, "kind": "intimate_item", "enrolled_at": now}
        for start in range(0, len(held), _PAGE):
            page = held[start : start + _PAGE]
            keys = range(start + 1, start + 1 + len(page))
            names = [{"key": key, "id": ids.new_id(ids.REFERENCE, ENVIRONMENT.random), **own} for key in keys]
            connection.execute(insert(references), names)
            if windows is None:
                connection.execute(insert(codes), _code_rows(keys, page, View.CANONICAL))
            else:
                connection.execute(insert(codes), _code_rows(keys, page, View.PLANE))
                connection.execute(insert(codes), _other_rows(keys))
                sealed = [window_row(key, next(windows), sealer) for key in keys]
                connection.execute(insert(anchored_windows), sealed)
            log = ChangeLog(connection, now)
            log.add(WHOLE.logged, codes.c.reference_key.between(keys[0], keys[-1]), Family.WHOLE)
            if windows is not None:
                new = anchored_windows.c.reference_key.between(keys[0], keys[-1])
                log.add(ANCHORED.logged, new, Family.ANCHORED)
        connection.commit()
    databases.close()


def _code_rows(keys: Sequence[int], values: U8, view: View) -> list[dict[str, Any]]:
    same = {"algorithm": "pdq", "view": view.value, "version": "bench", "quality": 100, "searched": True}
    rows = zip(keys, values, strict=True)
    return [{"reference_key": key, "value": value.tobytes(), **same} for key, value in rows]


def _other_rows(keys: Sequence[int]) -> list[dict[str, Any]]:
    """Return the other stored rows of a picture; none of them is searched."""
    same = {"version": "bench", "quality": None, "searched": False}
    return [
        {
            "reference_key": key,
            "algorithm": algorithm.value,
            "view": view.value,
            "value": ENVIRONMENT.random(algorithm.bits // 8),
            **same,
        }
        for key in keys
        for algorithm, view in _OTHERS
    ]


@contextmanager
def served(data: Path, workers: int) -> Iterator[Service]:
    """Serve the registry on a free port until the block ends."""
    command = [sys.executable, "-m", "registry.cli.main", "serve", "--port", "0", "--data", str(data)]
    process = subprocess.Popen(
        [*command, "--workers", str(workers)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "TAKEDOWN_CHECKS_PER_MINUTE": "100000000"},
    )
    try:
        address = _ready_address(process)
        host, port = address.removeprefix("http://").split(":")
        key = (data / FIRST_CREDENTIAL).read_text(encoding="ascii").strip()
        yield Service(host=host, port=int(port), key=key, pid=process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def load(service: Service, requests: Sequence[bytes], *, clients: int, seconds: float) -> Load:
    """Send the requests repeatedly over several connections; every answer must be a success."""
    latencies: list[list[float]] = [[] for _ in range(clients)]
    failures: list[BaseException] = []
    deadline = time.perf_counter() + seconds

    def run(client: int) -> None:
        try:
            _client(service, requests, client, deadline, latencies[client])
        except (OSError, FailedRequest) as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(client,)) for client in range(clients)]
    cpu, began = service.cpu_seconds(), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took, used = time.perf_counter() - began, service.cpu_seconds() - cpu
    if failures:
        raise failures[0]
    all_of_them = sorted(latency for own in latencies for latency in own)
    return Load(
        requests=len(all_of_them),
        seconds=took,
        cpu_seconds=used,
        p50_ms=1000 * all_of_them[len(all_of_them) // 2],
        p99_ms=1000 * all_of_them[int(len(all_of_them) * 0.99)],
    )


def _client(
    service: Service, requests: Sequence[bytes], client: int, deadline: float, latencies: list[float]
) -> None:
    with socket.create_connection((service.host, service.port), timeout=60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        number = client * 7919
        while (began := time.perf_counter()) < deadline:
            connection.sendall(requests[number % len(requests)])
            _read_success(connection)
            latencies.append(time.perf_counter() - began)
            number += 1


def _read_success(connection: socket.socket) -> None:
    answer = b""
    while (end := answer.find(b"\r\n\r\n")) < 0:
        part = connection.recv(65536)
        if not part:
            raise OSError("the server closed the connection")
        answer += part
    head = answer[:end].lower()
    if not head.startswith(b"http/1.1 20"):
        raise FailedRequest(answer[:400].decode("ascii", "replace"))
    length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
    missing = end + 4 + length - len(answer)
    while missing > 0:
        missing -= len(connection.recv(65536))


def _ready_address(process: "subprocess.Popen[str]") -> str:
    for line in process.stdout or ():
        if line.startswith("ready "):
            return line.split()[1]
    raise RuntimeError("the server ended before it was ready")


def _family(pid: int) -> list[int]:
    return [pid, *(member for child in _children(pid) for member in _family(child))]


def _children(pid: int) -> list[int]:
    # Each thread has its own list of children: a decoder belongs to the thread that started it.
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for found in lists for child in found.read_text(encoding="ascii").split()]


def _private_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))


def _cpu_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS
