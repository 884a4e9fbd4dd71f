"""Start processes that act and report what they acknowledged, and kill them in the middle."""

import os
import random
import select
import signal
import subprocess
import sys
import time

from tests.support.paths import ROOT

MAX_ACTS_BEFORE_KILL = 12
MAX_DELAY_S = 0.01


def printed_chance():
    """Makes chance from a seed that a failure shows: the moments of the kills can be drawn again from it."""
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")  # noqa: T201  shown with a test that fails
    return random.Random(seed)


class Nursery:
    """Starts processes and kills them; `script` is a module of this package, run as `enrolling` is."""

    def __init__(self, folder, database, script="enrolling"):
        self._folder = folder
        self._database = database
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"tests.support.crash.{script}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )

    def kill_one(self, chance):
        """Let a child acknowledge some acts, kill it a random moment later, and return what it reported."""
        fifo = self._folder / "acknowledged"
        os.mkfifo(fifo)
        reading = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        self._say(f"{self._database} {fifo} {chance.random()}")
        child = int(self._process.stdout.readline())
        told, wanted = b"", chance.randint(0, MAX_ACTS_BEFORE_KILL)
        while told.count(b"\n") < wanted:
            ready, _, _ = select.select([reading, self._process.stdout], [], [])
            assert self._process.stdout not in ready, "the process ended by itself"
            told += os.read(reading, 1 << 16)
        time.sleep(chance.uniform(0, MAX_DELAY_S))  # the moment of the kill, anywhere in the next acts
        os.kill(child, signal.SIGKILL)
        assert int(self._process.stdout.readline()) == -signal.SIGKILL
        while rest := os.read(reading, 1 << 16):
            told += rest
        os.close(reading)
        fifo.unlink()
        assert not told or told.endswith(b"\n")
        return told.decode().splitlines()

    def end(self):
        """End the process that starts the children."""
        self._process.communicate()

    def _say(self, line):
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
