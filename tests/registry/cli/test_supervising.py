"""`supervising`: there is a worker as long as there is a server, and no longer."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from registry.cli import supervising

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's word that a parent has ended")

PATIENCE_S = 60
CHILD = """
import os, signal, sys, time
from pathlib import Path

def end(*_):
    Path(sys.argv[1], f"ended-{os.getpid()}").touch()
    sys.exit(0)

signal.signal(signal.SIGTERM, end)
print("never seen", flush=True)
Path(sys.argv[1], f"begun-{os.getpid()}").touch()
while True:
    time.sleep(60)
"""


def until(condition):
    """Waits until something is so, and returns what it is."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.01)
    return found


def numbers(folder, word):
    """Returns the children that said this."""
    return {int(path.name.rpartition("-")[2]) for path in folder.glob(f"{word}-*")}


def is_alive(pid):
    """Tells whether a process still runs."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@contextmanager
def supervisor(folder):
    """Runs a supervisor of a child that only says when it begins and ends."""
    program = "import sys; from registry.cli.supervising import main; main(int(sys.argv[1]), sys.argv[2:])"
    child = [sys.executable, "-c", CHILD, folder]
    with subprocess.Popen(
        [sys.executable, "-c", program, str(os.getpid()), *child], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_worker_that_is_killed_is_begun_again(tmp_path):
    """After `kill -9` of a worker there is another one, again and again."""
    with supervisor(tmp_path):
        for count in (1, 2):
            until(lambda count=count: len(numbers(tmp_path, "begun")) == count)
            [alive] = filter(is_alive, numbers(tmp_path, "begun"))
            os.kill(alive, signal.SIGKILL)
        until(lambda: len(numbers(tmp_path, "begun")) == 3)


def test_a_worker_ends_with_its_supervisor(tmp_path):
    """SIGTERM is handed on, waited for, and answered with 0; what a worker prints goes nowhere."""
    with supervisor(tmp_path) as process:
        [child] = until(lambda: numbers(tmp_path, "begun"))
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
        assert numbers(tmp_path, "ended") == {child}
        assert not is_alive(child)
        assert process.stdout.read() == ""


def test_a_worker_does_not_outlive_a_killed_supervisor(tmp_path):
    """After `kill -9` of its supervisor a worker is told to end."""
    with supervisor(tmp_path) as process:
        [child] = until(lambda: numbers(tmp_path, "begun"))
        process.kill()
        until(lambda: not is_alive(child))
        assert numbers(tmp_path, "ended") == {child}


def test_nothing_outlives_a_killed_server(tmp_path):
    """After `kill -9` of the server its supervisor and its worker end."""
    server = """
import sys, time
from registry.cli import supervising
supervising.WORKER = [sys.executable, "-c", sys.argv[1]]
with supervising.supervised(sys.argv[2]):
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", server, CHILD, tmp_path]) as process:
        [child] = until(lambda: numbers(tmp_path, "begun"))
        parent = int(Path(f"/proc/{child}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[1])
        process.kill()
        until(lambda: not (is_alive(child) or is_alive(parent)))
    assert numbers(tmp_path, "ended") == {child}


def test_a_supervisor_whose_server_is_gone_begins_nothing(tmp_path):
    """A supervisor that comes too late to be told that its parent ended notices by itself."""
    program = "import sys; from registry.cli.supervising import main; main(int(sys.argv[1]), sys.argv[2:])"
    done = subprocess.run(
        [sys.executable, "-c", program, "1", sys.executable, "-c", CHILD, tmp_path], check=False
    )
    assert done.returncode == 0
    assert numbers(tmp_path, "begun") == set()


def test_a_worker_that_ends_at_once_is_begun_ever_more_rarely():
    """Pauses grow from one end to the next, up to a longest one."""
    pauses = []

    class _EnoughError(Exception):
        pass

    def pause(seconds):
        pauses.append(seconds)
        if len(pauses) == 9:
            raise _EnoughError

    with pytest.raises(_EnoughError):
        supervising.supervise(["true"], pause)
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
