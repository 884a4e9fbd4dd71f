"""The sandbox: whatever a worker does, the caller gets an answer or our error, and the pool lives on."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from index.errors import DecoderFailed, DecodersBusy
from index.limits import STANDARD
from index.sandbox.pool import Sandbox
from tests.support.paths import ROOT

QUICK = replace(STANDARD, cpu_seconds=1, wall_seconds=4.0, memory_bytes=512 << 20, tasks_per_worker=100)


def sandbox(task="misbehave", workers=1, limits=QUICK):
    name = f"tests.support.workers.sandbox_tasks:{task}"
    return Sandbox(task=name, workers=workers, limits=limits, import_paths=[ROOT])


def wait_until(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.01)


def state_of(pid):
    """The kernel's letter for the state of a process, such as S for one that waits."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


def is_alive(pid):
    try:
        return state_of(pid) != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("deed", ["burn", "hoard", "abort", "garbage", "raise", "write"])
def test_a_misdeed_is_our_error_and_the_pool_lives_on(deed):
    """A worker that spins, hoards memory, crashes, babbles, raises or writes a file costs one request."""
    with sandbox() as pool:
        with pytest.raises(DecoderFailed, match="the decoder crashed, hung or went over its limits"):
            pool.run(deed.encode())
        assert pool.run(b"nothing") == b"nothing"
    written = Path("/tmp/sandbox-must-not-write")
    assert not written.exists() or written.stat().st_size == 0
    written.unlink(missing_ok=True)


def test_a_hang_ends_at_the_deadline():
    """A worker that waits for ever is killed when its wall-clock time is over."""
    with sandbox(limits=replace(QUICK, wall_seconds=0.5)) as pool:
        pool.warm_up()
        began = time.monotonic()
        with pytest.raises(DecoderFailed):
            pool.run(b"hang")
        assert time.monotonic() - began < 2.0
        assert pool.run(b"nothing") == b"nothing"


def times_slept(pid):
    """How often a process has given its processor up to wait for something."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("\nvoluntary_ctxt_switches:")[1].split()[0])


def test_killing_a_busy_worker_fails_its_request_only():
    """A kill -9 of a worker at work is DecoderFailed for its request, at once."""
    with sandbox() as pool, ThreadPoolExecutor(1) as threads:
        pool.warm_up()
        (pid,) = pool.worker_ids()
        wait_until(lambda: state_of(pid) == "S")  # it has said that it is ready, and waits for a request
        slept = times_slept(pid)
        answer = threads.submit(pool.run, b"hang")
        wait_until(lambda: times_slept(pid) > slept)  # it has woken for the request, and hangs
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(DecoderFailed):
            answer.result(timeout=3)
        assert pool.run(b"nothing") == b"nothing"


def test_workers_that_died_idle_fail_no_request():
    """When all workers were killed at once while idle, the next requests are answered by new ones."""
    with sandbox("echo", workers=2) as pool:
        pool.warm_up()
        dead = pool.worker_ids()
        for pid in dead:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not any(is_alive(pid) for pid in dead))
        assert [pool.run(b"a"), pool.run(b"b"), pool.run(b"c")] == [b"a", b"b", b"c"]
        assert not pool.worker_ids() & dead


def test_eight_threads_get_their_own_answers():
    """Many threads share few workers, and each gets the answer to its own request."""
    requests = [bytes([number]) * (number * 5000 + 1) for number in range(64)]
    with sandbox("echo", workers=2, limits=replace(QUICK, max_reply_bytes=1 << 20)) as pool:
        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(pool.run, requests)) == requests
        assert len(pool.worker_ids()) == 2


def test_an_answer_longer_than_allowed_is_refused():
    """A reply over `max_reply_bytes` is not read but refused."""
    with sandbox("echo", limits=replace(QUICK, max_reply_bytes=100)) as pool:
        assert pool.run(b"x" * 100) == b"x" * 100
        with pytest.raises(DecoderFailed):
            pool.run(b"x" * 101)


def test_a_waiting_request_is_told_when_all_are_busy():
    """A request that finds no free worker in time gets DecodersBusy, which says to try again."""
    with sandbox(limits=replace(QUICK, queue_seconds=0.3)) as pool, ThreadPoolExecutor(1) as threads:
        pool.warm_up()
        hanging = threads.submit(pool.run, b"hang")
        wait_until(pool._idle.empty)
        with pytest.raises(DecodersBusy):
            pool.run(b"nothing")
        pool.close()
        with pytest.raises(DecoderFailed):
            hanging.result(timeout=3)


def test_a_pool_that_starts_is_not_busy():
    """Requests that come together before the first worker has started are all answered, however slow its start is."""
    limits = replace(QUICK, queue_seconds=0.01)
    with sandbox("echo", limits=limits) as pool, ThreadPoolExecutor(4) as threads:
        assert set(threads.map(pool.run, [b"x"] * 4)) == {b"x"}


def test_a_worker_is_replaced_after_its_share_of_tasks():
    """No worker serves more than `tasks_per_worker` requests."""
    with sandbox("echo", limits=replace(QUICK, tasks_per_worker=2)) as pool:
        seen = []
        for _ in range(4):
            assert pool.run(b"x") == b"x"
            pool.warm_up()
            seen.append(pool.worker_ids())
        assert seen[0] != seen[1] == seen[2] != seen[3]


def test_a_worker_holds_nothing_but_what_it_needs():
    """A worker cannot write files or dump core, has few descriptors and variables, gains no privileges."""
    with sandbox("report") as pool:
        limits, environment, no_new_privileges = eval(pool.run(b""))
    assert limits == [0, 0, QUICK.open_files]
    threads = ["MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"]
    assert environment == ["LC_ALL", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", *threads]
    assert no_new_privileges == "1"


def test_nothing_that_a_worker_prints_is_seen(capfd):
    """What a decoder writes to its standard output or error reaches neither the parent's nor the protocol."""
    with sandbox() as pool:
        assert pool.run(b"shout") == b"shout"
        assert pool.run(b"nothing") == b"nothing"
    assert capfd.readouterr() == ("", "")


def test_a_task_that_cannot_be_imported_is_our_error():
    """Workers that cannot start fail the request with our error instead of hanging it."""
    with sandbox("is_not_there") as pool, pytest.raises(DecoderFailed, match="could not be started"):
        pool.run(b"")


def test_closing_ends_all_workers_and_later_requests():
    """After close no worker is left, and a request is our error; closing twice is closing once."""
    pool = sandbox("echo", workers=2)
    pool.warm_up()
    workers = pool.worker_ids()
    pool.close()
    pool.close()
    assert not any(is_alive(pid) for pid in workers)
    assert pool.worker_ids() == frozenset()
    with pytest.raises(DecoderFailed, match="closed"):
        pool.run(b"")


def test_workers_outlive_the_threads_that_used_them():
    """The thread whose request started the pool may end without taking the workers along."""
    with sandbox("echo") as pool:
        thread = threading.Thread(target=pool.warm_up)
        thread.start()
        thread.join()
        (pid,) = pool.worker_ids()
        assert pool.run(b"x") == b"x"
        assert pool.worker_ids() == {pid}


def test_workers_end_with_their_parent():
    """A parent that is killed takes its workers along, the busy one too."""
    script = """
        import threading
        from tests.index.sandbox.test_pool import sandbox
        pool = sandbox(workers=2)
        pool.warm_up()
        threading.Thread(target=pool.run, args=(b"hang",), daemon=True).start()
        print(*pool.worker_ids(), flush=True)
        threading.Event().wait()
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, cwd=ROOT
    ) as parent:
        workers = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(workers) == 2
        parent.kill()
    wait_until(lambda: not any(is_alive(pid) for pid in workers))


def test_no_descriptor_is_left_behind():
    """A pool that started, failed and closed leaves the parent's descriptors as they were."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    with sandbox(workers=2) as pool:
        pool.warm_up()
        with pytest.raises(DecoderFailed):
            pool.run(b"abort")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
