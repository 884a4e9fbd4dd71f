"""A data folder with a spool, real workers on it, and the checks after a worker was killed."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from registry.bootstrap.databases import ENVIRONMENT, Databases
from registry.config import Settings
from registry.domain import ids
from registry.domain.job import JobKind
from registry.engines.embedded import IndexFiles
from registry.security.keys import Keys
from registry.security.sealing import Sealer
from registry.security.spool import Spool
from registry.storage.rows.units import SqlUnits
from registry.usecases.jobs.submitting import submit_job
from tests.support.asked import asked_of
from tests.support.databases.registry_parts import ALICE, DANA, Location, add_keys, add_people

PATIENCE_S = 280  # below the time limit of a test: on a busy machine a worker alone takes a minute to start
POLL_S = 0.03  # asking the database takes 3 ms of the processor that the worker needs
SLICES = 200
SLICE_BYTES = 16


def until(condition, process=None):
    """Waits until something is so, and returns what it is; fails where the process ends before."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        assert process is None or process.poll() is None, "the process ended by itself"
        time.sleep(POLL_S)
    raise AssertionError("it never came to be")


class Machine:
    """One machine's data folder; its workers are processes of their own."""

    def __init__(self, folder):
        self.data = folder / "data"
        self.scratch = folder / "scratch"
        self.scratch.mkdir()
        self._log = (folder / "log").open("ab")
        databases = Databases.open(Settings(data=self.data))
        databases.upgrade()
        databases.close()
        keys = Keys.load(self.data, os.urandom)
        self.machine_id = IndexFiles(self.data / "index", keys).machine_id(os.urandom)
        self.spool = Spool(self.data / "spool", self.machine_id)
        self._databases = Location.folder(self.data).open()
        self.units = SqlUnits(self._databases.registry, Sealer.of(keys))
        add_people(self.units)
        add_keys(self.units)

    def close(self):
        """Closes what the test itself has open."""
        self._databases.close()
        self._log.close()

    def submit(self, kind, clip):
        """Spools a clip and submits a job about it, as a server does."""
        with self.spool.create() as writer:
            writer.write(clip)
            spooled = writer.finish()
            return submit_job(
                asked_of(kind, spooled),
                actor=ALICE if kind is JobKind.ENROLMENT else DANA,
                units=self.units,
                environment=ENVIRONMENT,
            )

    def read(self, job):
        """Reads a job as it stands now."""
        with self.units.read() as unit:
            return unit.jobs.get(job.id, job.tenant_id)

    def is_seen(self, job):
        """Tells whether a worker is in the middle of it."""
        return self.read(job).seen_ms > 0

    def is_ended(self, job):
        """Returns a job that has ended."""
        found = self.read(job)
        return found if found.state.is_ended else None

    def rows(self, database, query):
        """Asks a database by plain SQL."""
        databases = {"registry": self._databases.registry, "checks": self._databases.checks}
        with databases[database].read() as connection:
            return connection.exec_driver_sql(query).all()

    @contextmanager
    def worker(self):
        """Runs a worker until the block ends; yields it when it is at work or waits for its turn."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TAKEDOWN_")}
        with subprocess.Popen(
            [sys.executable, "-m", "registry.cli.main", "worker", "--data", self.data],
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env={**environment, "TMPDIR": str(self.scratch)},
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def kill(self, worker):
        """Ends a worker as nothing can prevent, and waits until its decoders have gone with it."""
        family = descendants(worker.pid)
        worker.kill()
        worker.wait()
        until(lambda: not any(Path(f"/proc/{pid}").exists() and not is_zombie(pid) for pid in family[1:]))

    def plain(self, clip, files=None):
        """Names the files, of all that there are or of these, that hold any of many slices of a clip."""
        chance = random.Random(7)
        places = [chance.randrange(len(clip) - SLICE_BYTES) for _ in range(SLICES)]
        slices = {clip[place : place + SLICE_BYTES] for place in places}
        slices = [part for part in slices if len(set(part)) > SLICE_BYTES // 2]
        assert len(slices) > SLICES // 2
        if files is None:
            folders = (self.data, self.scratch)
            files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        assert files
        return [str(path) for path in files if holds(_content(path), slices)]

    def keys_left(self):
        """Counts sealed keys of uploads."""
        return self.rows("registry", "SELECT count(*) FROM jobs WHERE sealed_key IS NOT NULL")[0][0]


def _content(path):
    """Reads a file in another process: one that closes a database's file drops all its locks on it.

    SQLite of the next worker would then truncate shared memory that this process has mapped (a bus error).
    """
    return subprocess.run(["cat", "--", path], capture_output=True, check=False).stdout


def holds(content, slices):
    """Tells whether any of the slices stands in the content."""
    return any(part in content for part in slices)


def descendants(pid):
    """Returns a process and all that it started."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    children = [int(child) for found in lists for child in found.read_text(encoding="ascii").split()]
    return [pid, *(member for child in children for member in descendants(child))]


def open_files(pids):
    """Returns every regular file that the processes hold open, deleted ones too."""
    found = []
    for link in [link for pid in pids for link in Path(f"/proc/{pid}/fd").iterdir()]:
        with suppress(FileNotFoundError):  # the descriptor by which this folder was read, if it is our own
            found += [link] * (str(link.readlink()).startswith("/") and link.is_file())
    return found


def is_zombie(pid):
    """Tells whether a process has ended and only its number is left."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] == "Z"
    return True


def orphan(machine):
    """Leaves an upload that no job names, as a server does that is killed while it takes one in."""
    program = (
        "import os, signal, sys; from pathlib import Path; from registry.security.spool import Spool\n"
        "writer = Spool(Path(sys.argv[1]), sys.argv[2]).create(); writer.write(os.urandom(600_000))\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, machine.data / "spool", machine.machine_id], check=False
    )
    assert done.returncode == -signal.SIGKILL
    [name] = machine.spool.names()
    assert ids.is_id(name, ids.SPOOL)
