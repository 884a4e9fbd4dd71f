"""Requests a minute, counted in memory or in Redis."""

import shutil
import socket
import subprocess
import threading

import pytest

from registry.errors import RateLimited, StorageUnavailable
from registry.security.counters import CounterStorage
from registry.security.rate_limits import WINDOW_SECONDS, Budget, RateLimits

LIMITS = {Budget.CHECKS: 12, Budget.WRITES: 6, Budget.READS: 100_000, Budget.FAILURES: 1}


def _limits(workers=1, redis_url=None):
    return RateLimits(limits=LIMITS, redis_url=redis_url, workers=workers)


@pytest.fixture
def frozen(monkeypatch):
    """Holds the clock of `limits` and of ours, one second into a minute."""
    time = [1_800_000_001.0]
    monkeypatch.setattr("time.time", lambda: time[0])
    monkeypatch.setattr(
        "registry.security.rate_limits.CounterStorage", lambda: CounterStorage(lambda: time[0])
    )
    return time


def _granted(limits, budget, key="ten_dana", most=50):
    for number in range(most):
        try:
            limits.draw(budget, key)
        except RateLimited:
            return number
    return most


def test_a_budget_ends_at_its_limit(frozen):
    """As many requests as the limit says are granted in a minute, and the next is refused."""
    assert _granted(_limits(), Budget.CHECKS) == 12


def test_what_is_left_is_told(frozen):
    """Each answer gives the limit, the remaining requests and the seconds to the next minute in headers."""
    standing = _limits().draw(Budget.CHECKS, "ten_dana")
    assert (standing.limit, standing.remaining) == (12, 11)
    assert 1 <= standing.reset_s <= WINDOW_SECONDS
    assert standing.headers() == {
        "RateLimit-Policy": '"checks";q=12;w=60',
        "RateLimit": f'"checks";r=11;t={standing.reset_s}',
    }


def test_a_refusal_tells_when_to_come_back(frozen):
    """A refusal gives the seconds that remain of the window, at least one."""
    limits = _limits()
    limits.draw(Budget.FAILURES, "192.0.2.1")
    with pytest.raises(RateLimited) as error:
        limits.draw(Budget.FAILURES, "192.0.2.1")
    assert 1 <= error.value.retry_after_s <= WINDOW_SECONDS
    assert error.value.status == 429


def test_the_budget_is_whole_again_in_the_next_window(frozen):
    """After a minute a spent budget grants as many again."""
    limits = _limits()
    assert _granted(limits, Budget.WRITES) == 6
    frozen[0] += WINDOW_SECONDS + 1
    assert _granted(limits, Budget.WRITES) == 6


def test_budgets_and_tenants_are_counted_apart(frozen):
    """Spending one budget, or one tenant's, leaves the others whole."""
    limits = _limits()
    assert _granted(limits, Budget.WRITES) == 6
    assert _granted(limits, Budget.WRITES, key="ten_bob") == 6
    assert _granted(limits, Budget.CHECKS) == 12


@pytest.mark.parametrize(("workers", "share"), [(2, 6), (5, 2), (64, 1)])
def test_each_worker_grants_its_share(frozen, workers, share):
    """Without Redis a worker grants the limit divided by the workers, and at least one."""
    assert _granted(_limits(workers=workers), Budget.CHECKS) == share


def test_looking_counts_nothing(frozen):
    """Asking what is left takes nothing from it."""
    limits = _limits()
    for _ in range(20):
        assert limits.standing(Budget.CHECKS, "ten_dana").remaining == 12


def test_threads_are_granted_no_more(frozen):
    """Eight threads together are granted exactly the limit."""
    limits, start, granted = _limits(), threading.Barrier(8), []

    def draw():
        start.wait()
        granted.append(_granted(limits, Budget.CHECKS))

    threads = [threading.Thread(target=draw) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(granted) == 12


def test_a_redis_that_does_not_answer_is_unavailable(unused_port):
    """Where the shared counters are away, requests are refused with 503 and never waved through."""
    limits = _limits(redis_url=f"redis://127.0.0.1:{unused_port}/0")
    with pytest.raises(StorageUnavailable):
        limits.draw(Budget.CHECKS, "ten_dana")


@pytest.fixture
def unused_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def redis_url(tmp_path):
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("no redis-server program on this machine")
    path = tmp_path / "redis.sock"
    process = subprocess.Popen(
        [program, "--port", "0", "--unixsocket", path, "--save", "", "--dir", tmp_path],
        stdout=subprocess.PIPE,
        text=True,
    )
    while "Ready to accept connections" not in process.stdout.readline():
        pass
    yield f"unix://{path}"
    process.terminate()
    process.communicate()


def test_workers_share_the_limit_in_redis(redis_url):
    """With Redis all workers together grant the limit."""
    first, second = _limits(workers=2, redis_url=redis_url), _limits(workers=2, redis_url=redis_url)
    assert _granted(first, Budget.CHECKS) + _granted(second, Budget.CHECKS) == 12
