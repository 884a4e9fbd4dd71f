"""`kill -9` of a server's own worker in the middle of a check: the client that waits gets its answer all the same."""

import os
import signal
import sys
from itertools import chain
from pathlib import Path

import pytest

from registry.client import RegistryClient

sys.path.insert(0, str(Path(__file__).parents[1] / "index"))
sys.path.insert(0, str(Path(__file__).parents[1] / "journey"))

from films import film, moving
from job_processes import descendants
from serving import running

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]

BEFORE, CUT, AFTER = 750, 75, 3000  # long enough for its progress to be seen on a fast machine
RATE = 25


def workers_of(pid):
    """Names the workers among a process's descendants."""
    commands = {one: Path(f"/proc/{one}/cmdline").read_bytes().split(b"\0") for one in descendants(pid)}
    return [one for one, words in commands.items() if words[2:4] == [b"registry.cli.main", b"worker"]]


def test_a_killed_workers_check_is_answered(tmp_path):
    """Three seconds of a registered clip are found in a long upload, with their time, though the worker is killed."""
    registered = list(moving(3, 150))
    upload = film(chain(moving(4, BEFORE), registered[40 : 40 + CUT], moving(5, AFTER)))
    data, killed = tmp_path / "data", []

    def told(progress):
        if progress.seen_s > 0 and not killed:
            killed.extend(workers_of(os.getpid()))
            os.kill(killed[0], signal.SIGKILL)

    with running(data, "--workers", "1") as lines:
        key = (data / "first-credential").read_text(encoding="ascii").strip()
        with RegistryClient(lines[-1].removeprefix("ready "), key) as client:
            client.enrol(film(registered), case=None, kind="intimate_item", level="V1")
            reply = client.check(upload, told=told)
        assert len(killed) == 1
        assert len(workers_of(os.getpid())) == 1
        assert workers_of(os.getpid()) != killed
        assert reply.verdict in {"block", "review"}
        [segment] = reply.segments
        assert segment.start_s == pytest.approx(BEFORE / RATE, abs=1)
        assert segment.end_s == pytest.approx((BEFORE + CUT) / RATE, abs=1)
        assert list((data / "spool").iterdir()) == []
    assert workers_of(os.getpid()) == []
