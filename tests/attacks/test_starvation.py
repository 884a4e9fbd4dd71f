"""One tenant that fills threads, decoders and processor time to starve its neighbours. Nothing here depends on time."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest
from gunicorn.workers.gthread import ThreadWorker

from index.errors import BudgetSpent, DecoderFailed, DecodersBusy
from index.limits import STANDARD
from index.sandbox.pool import Sandbox
from index.sandbox.process import WorkerProcess
from index.shares import CpuBudget, Places, on_behalf_of
from registry.cli.server.arriving import MAX_KEPT_BYTES
from registry.cli.server.pace import Pace
from registry.domain.roles import Role
from tests.support.paths import ROOT
from tests.support.web.fair_server import Server, head, serving
from tests.support.web.media import codes, made_up_pdq
from tests.support.web.service import BY_CODES, assert_problem, running

NOTICED_S = 0.3
"""Time for which an answer must stay away where the defence is off."""

ATTACKS = {
    "silence": (50, b""),
    "heads": (50, b"GET /v1/checks/x HTTP/1.1\r\nX-Slow: "),
    "bodies": (20, head("/body", "attacker", length=300_000) + b"x"),
    "long bodies": (20, head("/body", "attacker", length=MAX_KEPT_BYTES + 1) + b"x"),
    "chunks": (20, head("/body", "attacker", "Transfer-Encoding: chunked", length=None) + b"5\r\nhe"),
}
"""Number of connections, and what each of them sends before it falls silent for ever."""


def attack(server: Server, name: str) -> None:
    """Connect and fall silent."""
    connections, sent = ATTACKS[name]
    for _ in range(connections):
        server.client().send(sent)


@pytest.mark.parametrize("name", ATTACKS)
def test_slow_clients_stop_nobody(name):
    """Whatever a tenant's connections leave unsaid, a neighbour's request, a body and health are answered."""
    with serving() as server:
        attack(server, name)
        assert server.client().ask("/now", "neighbour").status() == 200
        assert server.client().ask("/body", "neighbour", b"x" * 300_000).status() == 200
        assert server.client().ask("/body", "neighbour", b"x" * (MAX_KEPT_BYTES + 1)).status() == 200
        assert server.client().ask("/healthz").status() == 200


@pytest.mark.parametrize("name", ATTACKS)
def test_slow_clients_stop_a_server_that_gives_each_connection_a_thread(name):
    """The defence switched off: gunicorn's own worker answers nobody while they say nothing."""
    with serving(worker_class=ThreadWorker) as server:
        attack(server, name)
        assert not server.client().ask("/now", "neighbour").is_answered(NOTICED_S)


def test_a_trickled_body_is_cut_and_its_thread_is_free():
    """A body that stops is answered with 408, by the loop or by a thread, which then serves the next request."""
    with serving(threads=2, pace=Pace(read_s=0.05, bytes_per_s=1e9)) as server:
        for name in ("heads", "bodies", "long bodies", "chunks"):
            for client in [server.client().send(ATTACKS[name][1]) for _ in range(3)]:
                assert client.status() == 408
                assert client.is_closed()
        assert server.client().ask("/now", "attacker").status() == 200


def test_a_tenant_that_fills_its_share_leaves_threads_to_others():
    """Three of four threads are one tenant's at most; its other requests wait, and a neighbour's begins."""
    with serving(threads=4) as server:
        hoarded = [server.client().ask("/wait", "attacker") for _ in range(20)]
        assert [server.begun() for _ in range(3)] == ["attacker"] * 3
        assert server.client().ask("/now", "neighbour").status() == 200
        assert server.application.begun.empty()
        server.let_go(20)
        assert [client.status() for client in hoarded] == [200] * 20


def test_health_answers_while_all_threads_are_taken():
    """Two tenants hold every thread, and more wait: load balancers are answered."""
    with serving(threads=4) as server:
        for name in ("one", "two", "three"):
            for _ in range(5):
                server.client().ask("/wait", name)
        assert len([server.begun() for _ in range(4)]) == 4
        for _ in range(3):
            assert server.client().ask("/healthz").status() == 200
            assert server.client().ask("/readyz").status() == 200


@contextmanager
def decoders(*, spare: int, budget: CpuBudget | None = None) -> Iterator[Sandbox]:
    """One decoder for each tenant, and some spare ones; whoever finds none waits for a moment only."""
    limits = replace(STANDARD, queue_seconds=0.05, wall_seconds=60.0)
    task = "tests.support.workers.sandbox_tasks:misbehave"
    with Sandbox(
        task=task, workers=1, spare=spare, budget=budget, limits=limits, import_paths=[ROOT]
    ) as pool:
        pool.warm_up()
        yield pool


def decode(pool: Sandbox, tenant: str, deed: bytes) -> bytes:
    """Ask a decoder on behalf of a tenant."""
    with on_behalf_of(tenant):
        return pool.run(deed)


@pytest.fixture
def sent(monkeypatch):
    """Tell of each task that a decoder gets."""
    told = threading.Semaphore(0)
    ask = WorkerProcess.ask

    def watched(self: WorkerProcess, parts: tuple[bytes | memoryview, ...]) -> bytes:
        told.release()
        return ask(self, parts)

    monkeypatch.setattr(WorkerProcess, "ask", watched)
    return told


@pytest.mark.parametrize(("spare", "is_served"), [(1, True), (0, False)])
def test_a_tenant_whose_pictures_take_for_ever_leaves_a_decoder_to_others(sent, spare, is_served):
    """A neighbour's picture is decoded beside them. Without a spare decoder it waits for the attacker's."""
    with ThreadPoolExecutor(3) as threads, decoders(spare=spare) as pool:
        first = threads.submit(decode, pool, "attacker", b"hang")
        assert sent.acquire(timeout=20)
        with pytest.raises(DecodersBusy):
            decode(pool, "attacker", b"hang")
        if is_served:
            assert decode(pool, "neighbour", b"nothing") == b"nothing"
        else:
            with pytest.raises(DecodersBusy):
                decode(pool, "neighbour", b"nothing")
        pool.close()
        assert isinstance(first.exception(), DecoderFailed)


def test_the_processor_time_of_decoders_counts_for_their_tenant(sent):
    """Each task's measured time is charged, also of a task that is killed for taking too much."""
    clock = [0.0]
    budget = CpuBudget(1e-6, now=lambda: clock[0])
    with decoders(spare=1, budget=budget) as pool:
        assert not budget.is_spent("attacker")
        assert decode(pool, "attacker", b"nothing") == b"nothing"
        assert budget.is_spent("attacker")
        assert not budget.is_spent("neighbour")
        with pytest.raises(DecoderFailed):
            decode(pool, "other", b"abort")
        assert budget.is_spent("other")
        clock[0] = 61.0
        assert not budget.is_spent("attacker")


def test_whoever_has_spent_its_processor_time_waits_for_others():
    """The spare decoder is not for a tenant beyond its budget, even if it holds none; for another it is."""
    budget = CpuBudget(1.0)
    places = Places(1, spare=1, budget=budget)
    with on_behalf_of("greedy"):
        budget.charge(5.0)
    with ExitStack() as held:
        held.enter_context(on_behalf_of("attacker"))
        held.enter_context(places.place(0))
        with on_behalf_of("greedy"), pytest.raises(BudgetSpent), places.place(0):
            pytest.fail("it was given a place")
        with on_behalf_of("neighbour"), places.place(0):
            pass
    with on_behalf_of("greedy"), places.place(0):
        pass  # nobody else waits, so it loses nothing


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """A service of these tests' own."""
    with running(tmp_path_factory.mktemp("starved")) as started:
        yield started


@pytest.mark.parametrize(
    ("is_spent", "status", "code"), [(False, 503, "busy"), (True, 429, "cpu-budget-spent")]
)
def test_a_check_that_had_no_turn_says_so(service, monkeypatch, is_spent, status, code):
    """All places are taken: a tenant is told to come again, and one beyond its budget why others came first."""
    matching = service.container.matching
    wait = matching._wait
    monkeypatch.setattr(matching, "_wait", lambda share, _wait_s: wait(share, 0.0))
    monkeypatch.setattr(matching._budget, "is_spent", lambda _share: is_spent)
    dana = service.newcomer(Role.PLATFORM, allowed=BY_CODES)
    asked = {"codes": codes(made_up_pdq(77_000))}
    with ExitStack() as held:
        for _ in range(matching._turns._places):
            held.enter_context(matching.place(0))
        assert_problem(dana.post("/v1/checks", json=asked), status, code)
    assert dana.post("/v1/checks", json=asked).status_code == 201


def test_the_server_learns_whose_key_it_is(service):
    """After a key's first request its tenant's requests wait in its own turn; a wrong key never does."""
    front = service.app.front
    dana, stranger = service.newcomer(Role.PLATFORM), service.with_key("tdr_wrong")
    assert front.tenant_of(f"Bearer {dana.key}") is None
    dana.get("/v1/checks/check_0000000000000000")
    stranger.get("/v1/checks/check_0000000000000000")
    assert front.tenant_of(f"Bearer {dana.key}") == dana.tenant_id
    assert front.tenant_of("Bearer tdr_wrong") is None
