"""`kill -9` of a server's own worker in the middle of a check: the client that waits gets its answer all the same."""

import os
import signal
import sys
from itertools import chain
from pathlib import Path

import pytest

from registry.client.http import RegistryClient
from tests.support.crash.job_processes import descendants
from tests.support.media.clips import film, moving
from tests.support.serving import running

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]

BEFORE_S, CUT_S, AFTER_S = 30, 3, 120  # long enough for its progress to be seen on a fast machine
REGISTERED_RATE, RATE = 25, 5  # frames a second: the upload has all that is looked at, and is quickly made
FASTER = 6 * REGISTERED_RATE // RATE  # `moving`'s step at which a frame stands for as much time


def workers_of(pid):
    """Names the workers among a process's descendants."""
    commands = {one: Path(f"/proc/{one}/cmdline").read_bytes().split(b"\0") for one in descendants(pid)}
    return [one for one, words in commands.items() if words[2:4] == [b"registry.cli.main", b"worker"]]


def test_a_killed_workers_check_is_answered(tmp_path):
    """Three seconds of a registered clip are found in a long upload, with their time, though the worker is killed."""
    registered = list(moving(3, 6 * REGISTERED_RATE))
    cut = registered[40 : 40 + CUT_S * REGISTERED_RATE : REGISTERED_RATE // RATE]
    before, after = (moving(seed, long * RATE, step=FASTER) for seed, long in ((4, BEFORE_S), (5, AFTER_S)))
    upload = film(chain(before, cut, after), rate=RATE)
    data, killed = tmp_path / "data", []

    def told(progress):
        if progress.seen_s > 0 and not killed:
            killed.extend(workers_of(os.getpid()))
            os.kill(killed[0], signal.SIGKILL)

    with running(data, "--workers", "1") as lines:
        key = (data / "first-credential").read_text(encoding="ascii").strip()
        with RegistryClient(lines[-1].removeprefix("ready "), key) as client:
            client.enrol(film(registered, rate=REGISTERED_RATE), case=None, kind="intimate_item", level="V1")
            reply = client.check(upload, told=told)
        assert len(killed) == 1
        assert len(workers_of(os.getpid())) == 1
        assert workers_of(os.getpid()) != killed
        assert reply.verdict in {"block", "review"}
        [segment] = reply.segments
        assert segment.start_s == pytest.approx(BEFORE_S, abs=1)
        assert segment.end_s == pytest.approx(BEFORE_S + CUT_S, abs=1)
        assert list((data / "spool").iterdir()) == []
    assert workers_of(os.getpid()) == []
