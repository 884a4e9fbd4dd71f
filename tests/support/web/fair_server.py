"""A server's worker in the test process, around an application whose requests wait until the test lets them go."""

import os
import queue
import select
import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

from registry.cli.server.pace import Pace
from registry.cli.server.worker import Bounds, FairWorker

TIMEOUT_S = 20.0
"""A test fails after this time; none waits for it."""

PATIENT = Pace(read_s=600.0, bytes_per_s=1.0)
"""No client of a test is too slow for this."""


class Application:
    """Answers `/now` at once, keeps `/wait` until the test lets it go, and reads the body of `/body`.

    Attributes:
        begun: the tenants whose requests to `/wait` have begun, in this order.
        go: a permit for one of these requests to end.
    """

    def __init__(self) -> None:
        self.begun: queue.Queue[str] = queue.Queue()
        self.go = threading.Semaphore(0)
        self.front = self

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        """Answer a request."""
        path = environ["PATH_INFO"]
        answer = b"ok"
        status = "200 OK"
        if path == "/wait":
            self.begun.put(environ.get("HTTP_AUTHORIZATION", ""))
            assert self.go.acquire(timeout=TIMEOUT_S)
        elif path == "/body":
            self.begun.put(environ.get("HTTP_AUTHORIZATION", ""))
            try:
                answer = b"%d" % len(environ["wsgi.input"].read())
            except TimeoutError:
                status, answer = "408 Request Timeout", b"slow"
        start_response(status, [("Content-Length", str(len(answer)))])
        return [answer]

    def tenant_of(self, authorization: str) -> str | None:
        """Every key is known, and is its tenant's name."""
        return authorization

    def too_slow(self) -> bytes:
        """Answer 408."""
        return _answer(b"408 Request Timeout")

    def too_many(self) -> bytes:
        """Answer 429."""
        return _answer(b"429 Too Many Requests")

    def head_too_large(self) -> bytes:
        """Answer 431."""
        return _answer(b"431 Request Header Fields Too Large")

    def unreadable(self, status: int, _error: Exception) -> bytes:
        """Answer the status."""
        return _answer(b"%d Refused" % status)


class Client:
    """A connection to the worker."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.sock = socket.create_connection(address, timeout=TIMEOUT_S)
        self._received = b""

    def send(self, data: bytes) -> "Client":
        """Send bytes as they are."""
        self.sock.sendall(data)
        return self

    def ask(self, path: str, tenant: str = "", body: bytes = b"", *fields: str) -> "Client":
        """Send a request without waiting for its answer."""
        return self.send(head(path, tenant, *fields, length=len(body)) + body)

    def status(self) -> int:
        """Return the status of the next answer, whose body has less than 64 kB."""
        while b"\r\n\r\n" not in self._received:
            self._received += self._more()
        top, _, rest = self._received.partition(b"\r\n\r\n")
        length = int(top.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        while len(rest) < length:
            rest += self._more()
        self.text, self._received = rest[:length], rest[length:]
        return int(top.split()[1])

    def is_closed(self) -> bool:
        """Wait until the server has closed; return False if it sends something instead."""
        return self.sock.recv(1) == b""

    def is_answered(self, wait_s: float = 0.0) -> bool:
        """Return whether an answer has arrived."""
        return bool(select.select([self.sock], [], [], wait_s)[0])

    def close(self) -> None:
        """Close the connection."""
        self.sock.close()

    def _more(self) -> bytes:
        data = self.sock.recv(65_536)
        assert data, "the server closed without an answer"
        return data


class Server:
    """The worker, its application, and clients, which are closed at the end."""

    def __init__(self, address: tuple[str, int], application: Application, worker: Any) -> None:
        self.address = address
        self.application = application
        self.worker = worker
        self.clients: list[Client] = []

    def client(self) -> Client:
        """Connect."""
        self.clients.append(Client(self.address))
        return self.clients[-1]

    def begun(self) -> str:
        """Wait until the next request to `/wait` or `/body` has begun; return its tenant."""
        return self.application.begun.get(timeout=TIMEOUT_S)

    def let_go(self, number: int) -> None:
        """Let requests to `/wait` end."""
        self.application.go.release(number)


def head(path: str, tenant: str = "", *fields: str, length: int | None = 0) -> bytes:
    """Write a request's head."""
    lines = [f"{'POST' if length else 'GET'} {path} HTTP/1.1", "Host: x", *fields]
    if tenant:
        lines.append(f"Authorization: {tenant}")
    if length:
        lines.append(f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode("ascii")


@contextmanager
def serving(
    *,
    threads: int = 4,
    pace: Pace = PATIENT,
    silent_s: float = 600.0,
    max_waiting: int = 100,
    connections: int = 1000,
    worker_class: type[ThreadWorker] = FairWorker,
) -> Iterator[Server]:
    """Run a worker in a thread of its own until the block ends."""
    config = Config()
    for name, value in {
        "threads": threads,
        "keepalive": 75,
        "worker_connections": connections,
        "graceful_timeout": int(TIMEOUT_S),
        "loglevel": "critical",
    }.items():
        config.set(name, value)
    application = Application()
    application.bounds = Bounds(
        pace=pace, threads=threads, max_waiting=max_waiting, silent_s=silent_s, idle_s=600.0
    )
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    worker = worker_class(1, os.getppid(), [listener], application, 60, config, Logger(config))
    worker.wsgi = application
    worker.tpool = worker.get_thread_pool()
    worker.poller = selectors.DefaultSelector()
    worker.method_queue.init()
    if worker_class is FairWorker:
        worker.open_lanes()
    thread = threading.Thread(target=worker.run)
    thread.start()
    server = Server(listener.getsockname(), application, worker)
    try:
        yield server
    finally:
        for client in server.clients:
            client.close()
        server.let_go(1000)
        worker.alive = False
        worker.method_queue.defer(lambda: None)
        thread.join()
        worker.tmp.close()
        if worker_class is FairWorker:
            worker.close_lanes()


def _answer(status: bytes) -> bytes:
    return b"HTTP/1.1 " + status + b"\r\nContent-Length: 7\r\nConnection: close\r\n\r\nrefused"
