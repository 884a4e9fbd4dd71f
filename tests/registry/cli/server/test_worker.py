"""The server's worker: requests take a thread when they are whole, and tenants take turns."""

import pytest

from registry.cli.server import arriving
from registry.cli.server.arriving import MAX_HEAD_BYTES, MAX_KEPT_BYTES
from registry.cli.server.pace import Pace
from tests.support.web.fair_server import head, serving

QUICK = Pace(read_s=0.05, bytes_per_s=1e9)
"""Every pause of a client is too long for this."""


@pytest.fixture(scope="module")
def server():
    """A worker that the tests share which leave nothing behind."""
    with serving() as started:
        yield started


def test_a_request_is_answered(server):
    """A request in one piece, and one byte by byte, get their answers on one connection."""
    client = server.client()
    assert client.ask("/now").status() == 200
    for byte in head("/now"):
        client.send(bytes([byte]))
    assert client.status() == 200


@pytest.mark.parametrize("size", [1, 100_000, MAX_KEPT_BYTES, MAX_KEPT_BYTES + 1])
def test_a_body_arrives_whole(server, size):
    """A body that is kept, and one that a thread reads, reach the application byte for byte."""
    client = server.client()
    assert client.ask("/body", "a", b"x" * size).status() == 200
    assert int(client.text) == size
    assert client.ask("/now").status() == 200


def test_a_body_in_chunks_arrives_whole(server):
    """A body whose length is not known before is read by a thread."""
    client = server.client()
    client.send(b"POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
    assert server.begun() is not None
    client.send(b"3\r\nyou\r\n0\r\n\r\n")
    assert client.status() == 200
    assert int(client.text) == 8


def test_who_expects_to_be_told_to_continue_is_told(server):
    """`Expect: 100-continue` is answered before the body is sent."""
    client = server.client()
    client.send(head("/body", "", "Expect: 100-continue", length=5))
    assert client.sock.recv(100).startswith(b"HTTP/1.1 100")
    client.send(b"hello")
    assert client.status() == 200


def test_requests_in_a_row_are_answered_in_a_row(server):
    """Pipelined requests are answered one after the other, with and without bodies."""
    client = server.client()
    client.send(head("/body", length=3) + b"abc" + head("/now") + head("/body", length=2) + b"ab")
    assert [(client.status(), client.text) for _ in range(3)] == [(200, b"3"), (200, b"ok"), (200, b"2")]


@pytest.mark.parametrize("length", [MAX_KEPT_BYTES + 1, 10**30])
def test_a_body_that_nobody_reads_is_not_waited_for(server, length):
    """The answer comes without the body, and the connection ends: its next request could not be told from it."""
    client = server.client()
    client.send(head("/now", length=length))
    assert client.status() == 200
    assert client.is_closed()


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n",
    ],
)
def test_a_malformed_request_costs_its_connection_only(request_bytes):
    """What cannot be read is refused by gunicorn's parser, and the server goes on."""
    with serving(pace=QUICK) as server:
        bad = server.client().send(request_bytes)
        answer = bad.sock.recv(100)
        assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4"))
        assert server.client().ask("/now").status() == 200


def test_a_head_without_end_is_refused(server):
    """A head beyond the limit is answered with 431 before it is complete."""
    client = server.client().send(b"GET / HTTP/1.1\r\n" + b"X: " + b"a" * (MAX_HEAD_BYTES + 1))
    assert client.status() == 431
    assert client.is_closed()


@pytest.mark.parametrize(
    "beginning",
    [b"GE", b"GET / HTTP/1.1\r\nHost: x\r\n", head("/body", length=5) + b"1", head("/body", length=5)],
)
def test_a_request_that_stops_is_told_so(beginning):
    """A head or a body that does not arrive in time is answered with 408, and its connection ends."""
    with serving(pace=QUICK) as server:
        client = server.client().send(beginning)
        assert client.status() == 408
        assert client.is_closed()
        assert server.client().ask("/now").status() == 200


@pytest.mark.parametrize(
    "fields", [["Transfer-Encoding: chunked"], [f"Content-Length: {MAX_KEPT_BYTES + 1}"]]
)
def test_a_body_that_a_thread_reads_is_cut_too(fields):
    """The thread that waits for it is free after the deadline, and the application answers."""
    with serving(pace=QUICK, threads=2) as server:
        slow = [server.client().send(head("/body", "a", *fields)) for _ in range(3)]
        assert [client.status() for client in slow] == [408] * 3
        whole = head("/body", "a", "Transfer-Encoding: chunked", length=None) + b"2\r\nhi\r\n0\r\n\r\n"
        assert server.client().send(whole).status() == 200


def test_a_silent_connection_ends():
    """A connection that sends nothing is closed without an answer."""
    with serving(silent_s=0.05) as server:
        assert server.client().is_closed()


def test_a_client_that_does_not_close_holds_up_nobody(server):
    """The server has ended the connection on its side, and answers others before the client ends it."""
    lingering = server.client().ask("/now", "", b"", "Connection: close")
    assert lingering.status() == 200
    assert server.client().ask("/now").status() == 200


def test_the_longest_silent_connection_makes_room():
    """Where there are too many connections, a silent one is closed, and a new one is answered."""
    with serving(connections=10) as server:
        silent = [server.client() for _ in range(12)]
        assert server.client().ask("/now").status() == 200
        assert silent[0].is_closed()


def test_a_connection_that_was_closed_meanwhile_is_counted_once():
    """Its bytes may arrive together with the connection that it made room for."""
    with serving() as server:
        client = server.client()
        assert server.client().ask("/now").status() == 200
        (connection, *_) = server.worker._looked_at

        def close_and_read():
            server.worker._drop(connection)
            server.worker._readable(connection, connection.sock)

        before = server.worker.nr_conns
        server.worker.method_queue.defer(close_and_read)
        assert client.is_closed()
        assert (
            server.client().ask("/now").status() == 200
        )  # a connection more, and the loop is behind the act
        assert server.worker.nr_conns == before


def test_without_room_bodies_are_read_by_threads(monkeypatch):
    """A tenant that announces more than is kept of it has its further bodies read by threads."""
    monkeypatch.setattr("registry.cli.server.worker.MAX_HELD_BYTES_OF_SHARE", 10)
    with serving() as server:
        announced = server.client().send(head("/body", "a", length=8))
        further = server.client().send(head("/body", "a", length=8))
        assert server.begun() == "a"
        assert further.send(b"x" * 8).status() == 200
        assert announced.send(b"x" * 8).status() == 200
        assert announced.ask("/now").status() == 200  # the loop has ended the request before
        assert server.worker._held == {}


def test_tenants_take_turns():
    """Of requests that wait, each tenant's next one is served before another's second."""
    with serving() as server:
        holding = [server.client().ask("/wait", name) for name in ("x", "x", "x", "y")]
        assert sorted(server.begun() for _ in holding) == ["x", "x", "x", "y"]
        waiting = [server.client().ask("/wait", name) for name in ("a", "a", "a", "b", "c", "c")]
        while sum(server.worker._whole.turns.waiting(name) for name in "abc") < len(waiting):
            assert server.client().ask("/healthz").status() == 200
        server.let_go(4)
        server.let_go(6)
        # The threads of four that begin may report in any order.
        begun = [server.begun() for _ in waiting]
        assert set(begun[:4]) == {"a", "b", "c"}
        assert sorted(begun) == ["a", "a", "a", "b", "c", "c"]
        assert [client.status() for client in (*holding, *waiting)] == [200] * 10


def test_too_many_waiting_are_refused():
    """A tenant's request beyond the bound is answered with 429; another tenant's is not."""
    with serving(threads=4, max_waiting=2) as server:
        running = [server.client().ask("/wait", "a") for _ in range(3)]
        assert [server.begun() for _ in running] == ["a"] * 3
        for _ in range(2):
            server.client().ask("/wait", "a")
        while server.worker._whole.turns.waiting("a") < 2:
            assert server.client().ask("/healthz").status() == 200
        refused = server.client().ask("/wait", "a")
        assert refused.status() == 429
        assert server.client().ask("/now", "b").status() == 200


def test_the_limits_fit_together():
    """A head that gunicorn accepts is never too long for the loop, and a kept body fits what a share may keep."""
    assert arriving.MAX_HEAD_BYTES >= 4 * 8190
