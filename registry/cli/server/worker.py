"""A gunicorn worker in which a request takes a thread when it has arrived, and tenants take turns at the threads.

gunicorn's own thread worker gives a connection a thread before it has sent anything, and lets it wait there for a body
as long as the client likes: a few dozen connections of anybody stop everybody. Here one loop reads all connections:

1. A connection waits in the loop until its request is whole (`arriving`), and is refused if it is too slow (`pace`).
2. Requests then wait by share (`index.shares.Turns`): a tenant's, or those of all keys that are not known yet. Shares
   take turns, and none holds all threads. Beyond `max_waiting` a share's requests are refused.
3. Bodies that are too long to be kept are read by threads of another lane, so they hold up only each other.
4. Requests of load balancers have a lane of their own, and always a thread.
5. Connections are closed in the loop as well: a client that does not close its side holds nobody up.
6. If there are too many connections, the one that has waited longest for its client is closed.
7. What gunicorn cannot read is answered by the application's front, with nothing of what was sent (`voice`).
"""

import contextlib
import errno
import resource
import selectors
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

from gunicorn import http
from gunicorn.arbiter import Arbiter
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

from index.shares import Turns
from registry.cli.server.arriving import Arriving, State
from registry.cli.server.pace import WRITE_S, Pace, Reader
from registry.cli.server.voice import CheckedReader, status_of

MAX_HELD_BYTES: Final = 128 << 20
"""Bytes of all bodies that are kept or announced to be kept. Further bodies are read by threads."""

MAX_HELD_BYTES_OF_SHARE: Final = 32 << 20
HEALTH_THREADS: Final = 2
LINGER_S: Final = 2.0
"""Time for a client to read the last answer and close, in seconds. What it sends meanwhile is dropped."""

SWEEP_S: Final = 0.25
"""Interval between two looks for connections that are too slow, in seconds."""

OPEN_FILES: Final = 8192
UNBOOTED: Final = "The process could not begin."
_UNKNOWN: Final = ""
"""The share of all requests without a key that was accepted before."""

_READ_BYTES: Final = 256 * 1024
_NO_FILES: Final = frozenset({errno.EMFILE, errno.ENFILE})
_GONE: Final = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED})


class Front(Protocol):
    """The application's part in what happens before a request reaches it. Threads: any."""

    def tenant_of(self, authorization: str) -> str | None:
        """Return the tenant whose key this header held when it was last accepted, or None."""
        ...

    def too_slow(self) -> bytes:
        """Return the answer to a request that arrives too slowly."""
        ...

    def too_many(self) -> bytes:
        """Return the answer to a request of a tenant that has too many waiting."""
        ...

    def head_too_large(self) -> bytes:
        """Return the answer to a request whose head is too large."""
        ...

    def unreadable(self, status: int, error: Exception) -> bytes:
        """Return the answer to a request that could not be read, or that the server failed to serve (500)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Bounds on the requests of one process.

    Attributes:
        pace: The pace at which requests must arrive.
        threads: Threads for requests that have arrived.
        max_waiting: Requests of one share that may wait for a thread.
        silent_s: Time for the first byte of a connection, in seconds.
        idle_s: Time for which a connection may be silent between two requests, in seconds.
    """

    pace: Pace
    threads: int
    max_waiting: int
    silent_s: float
    idle_s: float


class _Lane:
    """Threads of one kind, and the requests that wait for them."""

    def __init__(self, threads: int, max_waiting: int) -> None:
        self.pool = ThreadPoolExecutor(max_workers=threads)
        spare = (threads + 2) // 4  # one of two, two of eight
        self.turns = Turns[_Connection](threads - spare, spare=spare)
        self.max_waiting = max_waiting


class _Connection(TConn):  # type: ignore[misc]
    """A connection whose next request arrives in the loop."""

    def __init__(self, worker: "FairWorker", sock: socket.socket, client: Any, server: Any) -> None:
        super().__init__(worker.cfg, sock, client, server)
        self.parser: Any = None
        self.data_ready = True  # for gunicorn: no thread waits for a first byte
        self.reader = Reader(sock, worker.bounds.pace)
        self.arriving = Arriving(worker.bounds.pace, time.monotonic(), idle_s=worker.bounds.silent_s)
        self.share = _UNKNOWN
        self.lane: _Lane | None = None
        self.held = 0
        self.lingers_until: float | None = None

    def init(self) -> None:
        """Prepare the parser. gunicorn calls it on the thread, before each request."""
        self.initialized = True
        self.sock.settimeout(WRITE_S)
        if self.parser is None:
            self.parser = http.get_parser(self.cfg, self.reader, self.client)

    @property
    def deadline(self) -> float:
        """Time at which the loop closes the connection."""
        return self.arriving.deadline if self.lingers_until is None else self.lingers_until


class FairWorker(ThreadWorker):  # type: ignore[misc]
    """The worker. Its application is a `Front`, and gunicorn's application has the `bounds`."""

    bounds: Bounds

    def init_process(self) -> None:
        """Prepare the process, and serve."""
        self.open_lanes()
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = OPEN_FILES if most == resource.RLIM_INFINITY else min(OPEN_FILES, most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
        try:
            super().init_process()
        except Exception as error:
            self.log.exception(UNBOOTED)  # gunicorn would print the error's text as well
            raise SystemExit(Arbiter.WORKER_BOOT_ERROR) from error

    def open_lanes(self) -> None:
        """Make the lanes."""
        self.bounds = self.app.bounds
        waiting = self.bounds.max_waiting
        self._whole = _Lane(self.bounds.threads, waiting)
        self._streamed = _Lane(max(2, self.bounds.threads // 2), waiting)
        self._health = ThreadPoolExecutor(max_workers=HEALTH_THREADS)
        self._looked_at: dict[_Connection, None] = {}  # in the order in which they began to wait
        self._held: dict[str, int] = {}
        self._next_sweep = 0.0

    def close_lanes(self) -> None:
        """End the threads after their requests."""
        for pool in (self._whole.pool, self._streamed.pool, self._health):
            pool.shutdown()

    @property
    def front(self) -> Front:
        """The application's part."""
        front: Front = self.wsgi.front
        return front

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection, and look at it from now on."""
        if self.nr_conns >= self.worker_connections - 1:
            self._make_room()  # 6.
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno in _NO_FILES:
                self._make_room()
            elif error.errno not in _GONE:
                raise
            return
        self.nr_conns += 1
        self._look_at(_Connection(self, sock, client, listener.getsockname()))

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Handle what has happened, and no later than the next look for slow connections."""
        super().wait_for_and_dispatch_events(min(timeout, SWEEP_S) if self._looked_at else timeout)

    def murder_keepalived(self, force: bool = False) -> None:  # noqa: FBT001, FBT002  gunicorn's signature
        """Close the connections that are too slow (1.), or with `force` all that wait for their clients."""
        now = time.monotonic()
        if now < self._next_sweep and not force:
            return
        self._next_sweep = now + SWEEP_S
        for connection in [one for one in self._looked_at if force or one.deadline <= now]:
            state = connection.arriving.state
            if force or connection.lingers_until is not None or state is State.SILENT:
                self._drop(connection)
            else:
                self._refuse(connection, self.front.too_slow())

    def finish_request(self, conn: _Connection, fs: "Future[bool]") -> None:
        """Look at the connection again, or close it, after a thread has answered its request."""
        if conn.lane is not None:
            conn.lane.turns.end(conn.share)
            self._begin_waiting(conn.lane)
            conn.lane = None
        if fs.exception() is not None or not fs.result():
            self._close(conn)
            return
        self._release(conn)
        conn.share = _UNKNOWN
        idle_s = self.bounds.idle_s if self.alive else min(self.bounds.idle_s, STOP_KEEPALIVE_LINGER)
        conn.arriving = Arriving(self.bounds.pace, time.monotonic(), idle_s=idle_s)
        rest = conn.parser.unreader.take_buffered() + conn.reader.take_rest()
        self._look_at(conn)
        if rest:
            self._arrived(conn, rest)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:  # noqa: ARG002
        """Answer a request that cannot be read (7.). gunicorn would repeat it in HTML, and log it."""
        with contextlib.suppress(OSError):  # the client is gone
            client.sendall(self.front.unreadable(status_of(exc), exc))

    def handle_request(self, req: Any, conn: _Connection) -> bool:
        """Answer a request on a thread; return whether the connection can be kept."""
        req.body.reader = CheckedReader(req.body.reader)
        try:
            is_kept: bool = super().handle_request(req, conn)
        except TimeoutError:
            return False  # the client does not read the answer
        return is_kept

    def _keepalive_after(self, conn: _Connection, keepalive: bool) -> bool:  # noqa: FBT001  gunicorn's signature
        """Return whether the connection can be kept: nobody waits for the rest of a body that was not needed."""
        conn.reader.stop()
        try:
            return bool(keepalive and conn.parser.finish_body())
        except ConnectionResetError:
            return False  # the rest of the body is malformed, and the request is answered

    def _cap_keepalive(self, deadline: float) -> None:
        for connection in self._looked_at:
            if connection.arriving.state is State.SILENT:
                connection.arriving.deadline = min(connection.arriving.deadline, deadline)

    def _look_at(self, connection: _Connection) -> None:
        """Read the connection in the loop."""
        connection.sock.setblocking(False)
        self._looked_at[connection] = None
        self.poller.register(connection.sock, selectors.EVENT_READ, partial(self._readable, connection))

    def _look_away(self, connection: _Connection) -> None:
        if connection in self._looked_at:
            del self._looked_at[connection]
            self.poller.unregister(connection.sock)

    def _readable(self, connection: _Connection, _sock: socket.socket) -> None:
        if connection not in self._looked_at:
            return  # closed to make room, by an event before this one
        try:
            data = connection.sock.recv(_READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self._drop(connection)
        elif connection.lingers_until is None:
            self._arrived(connection, data)

    def _arrived(self, connection: _Connection, data: bytes) -> None:
        arriving = connection.arriving
        was = arriving.state
        arriving.feed(data, time.monotonic())
        if arriving.state is State.TOO_LONG:
            self._refuse(connection, self.front.head_too_large())
            return
        if was in {State.SILENT, State.HEAD} and arriving.authorization is not None:
            connection.share = self.front.tenant_of(arriving.authorization) or _UNKNOWN
        if arriving.state is State.BODY and not connection.held and not self._hold(connection):
            arriving.stream()  # 3.
        if arriving.is_ready:
            self._queue(connection)

    def _queue(self, connection: _Connection) -> None:
        """Let a request wait for a thread, and begin those whose turn it is."""
        arriving = connection.arriving
        if arriving.is_health:  # 4.
            self._look_away(connection)
            self._submit(self._health, connection)
            return
        lane = self._whole if arriving.state is State.WHOLE else self._streamed
        if lane.turns.waiting(connection.share) >= lane.max_waiting:  # 2.
            self._refuse(connection, self.front.too_many())
            return
        self._look_away(connection)
        connection.lane = lane
        lane.turns.add(connection.share, connection)
        self._begin_waiting(lane)

    def _begin_waiting(self, lane: _Lane) -> None:
        while (given := lane.turns.next()) is not None:
            self._submit(lane.pool, given[1])

    def _submit(self, pool: ThreadPoolExecutor, connection: _Connection) -> None:
        arriving = connection.arriving
        connection.reader.begin(arriving.take(), waits=arriving.state is State.STREAMED)
        answered = pool.submit(self.handle, connection)
        answered.add_done_callback(
            lambda done: self.method_queue.defer(self.finish_request, connection, done)
        )

    def _hold(self, connection: _Connection) -> bool:
        """Keep room for a body; return False if there is none."""
        share, length = connection.share, connection.arriving.length
        own = self._held.get(share, 0) + length
        if own > MAX_HELD_BYTES_OF_SHARE or sum(self._held.values()) + length > MAX_HELD_BYTES:
            return False
        self._held[share] = own
        connection.held = length
        return True

    def _release(self, connection: _Connection) -> None:
        if connection.held:
            self._held[connection.share] -= connection.held
            if not self._held[connection.share]:
                del self._held[connection.share]
            connection.held = 0

    def _refuse(self, connection: _Connection, answer: bytes) -> None:
        """Answer without a thread, and close."""
        with contextlib.suppress(OSError):  # an answer fits into the empty buffer, or the client is gone
            connection.sock.send(answer)
        self._look_away(connection)
        self._close(connection)

    def _close(self, connection: _Connection) -> None:
        """End the connection after the client has had time to read the answer (5.)."""
        self._release(connection)
        try:
            connection.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._forget(connection)
            return
        connection.lingers_until = time.monotonic() + LINGER_S
        self._look_at(connection)

    def _drop(self, connection: _Connection) -> None:
        self._look_away(connection)
        self._forget(connection)

    def _forget(self, connection: _Connection) -> None:
        self._release(connection)
        self.nr_conns -= 1
        connection.close()

    def _make_room(self) -> None:
        """Close the connection that has waited longest, one that has sent nothing if there is one."""
        silent = (
            one
            for one in self._looked_at
            if one.lingers_until is not None or one.arriving.state is State.SILENT
        )
        chosen = next(silent, None) or next(iter(self._looked_at), None)
        if chosen is not None:
            self._drop(chosen)
