"""After a power cut every acknowledged act is there, whole (promise 4).

`kill -9` shows nothing of this, as the operating system outlives the process. So a process is watched by `strace`, and
its writes are replayed up to every single one of them with what was not synced dropped or torn. The same is done with
`synchronous=NORMAL`, which must lose acknowledged acts: else the test could not fail.
"""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass

import pytest

from tests.support.crash.power_cuts import Call, Disk, parse
from tests.support.crash.wholeness import halves, missing_acts
from tests.support.paths import ROOT

FILES = ("registry.sqlite", "registry.sqlite-wal")
CALLS = "pwrite64,write,ftruncate,fdatasync,fsync"


@dataclass(frozen=True)
class _Watched:
    """The system calls of a process, and its files before them."""

    before: dict[str, bytes]
    calls: tuple[Call, ...]


def _watch(template, folder, durability):
    if shutil.which("strace") is None:
        pytest.skip("no strace program on this machine")
    shutil.copytree(template, folder)
    before = {name: (folder / name).read_bytes() if (folder / name).exists() else b"" for name in FILES}
    log = folder / "calls"
    command = ["strace", "-f", "-y", "-xx", "-s", "1000000", "-e", f"trace={CALLS}", "-o", log]
    done = subprocess.run(
        [*command, sys.executable, "-m", "tests.support.crash.acting", folder / FILES[0], durability],
        cwd=ROOT,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        check=False,
    )
    if b"ptrace" in done.stderr:
        pytest.skip("this machine does not let a process be watched")
    assert done.returncode == 0, done.stderr
    return _Watched(before=before, calls=tuple(parse(log)))


@pytest.fixture(scope="module")
def full(sqlite_template, tmp_path_factory):
    """A process that enrols, withdraws and purges with `synchronous=FULL`, as the registry's database has it."""
    return _watch(sqlite_template, tmp_path_factory.mktemp("full") / "data", "FULL")


@pytest.fixture(scope="module")
def normal(sqlite_template, tmp_path_factory):
    """The same with `synchronous=NORMAL`, as the checks' database has it."""
    return _watch(sqlite_template, tmp_path_factory.mktemp("normal") / "data", "PROCESS")


def _cuts(watched, folder, chance):
    """Yields, for a cut after each call, the database as it is found then, and the acts acknowledged before."""
    disk = Disk({name: bytearray(content) for name, content in watched.before.items()})
    told = []
    for number, call in enumerate(watched.calls):
        disk.take(call)
        if call.name == "tell":
            told += call.data.decode().splitlines()
        place = folder / str(number)
        disk.cut(place, chance)
        yield str(place / FILES[0]), told
        shutil.rmtree(place)


def test_the_watched_process_did_something(full):
    """The log holds writes, syncs, truncations and acknowledgements: there is something to cut."""
    names = [call.name for call in full.calls]
    assert names.count("tell") == 15
    assert {"pwrite64", "sync", "tell"} <= set(names)
    assert {call.file for call in full.calls if call.name == "pwrite64"} >= set(FILES)


def test_every_acknowledgement_follows_a_sync_of_all_that_was_written(full):
    """When an act is acknowledged, nothing of the write-ahead log waits to be synced."""
    disk = Disk({name: bytearray(content) for name, content in full.before.items()})
    waiting = []
    for call in full.calls:
        disk.take(call)
        if call.name == "tell":
            waiting += [other.file for other in disk.waiting if other.file == FILES[1]]
    assert waiting == []


def test_a_cut_at_any_moment_loses_nothing_acknowledged(full, tmp_path):
    """Whatever was not synced is lost: all that was acknowledged is there, and nothing is half there."""
    for path, told in _cuts(full, tmp_path / "cuts", None):
        assert missing_acts(path, told) == []
        assert halves(path) == {}


@pytest.mark.parametrize("seed", range(3))
def test_a_cut_that_tears_and_reorders_loses_nothing_acknowledged(full, tmp_path, seed):
    """Of what was not synced some is there, some is torn, in any order: nothing acknowledged is lost or half there."""
    for path, told in _cuts(full, tmp_path / "cuts", random.Random(seed)):
        assert missing_acts(path, told) == []
        assert halves(path) == {}


def test_waiting_for_the_process_alone_would_lose_acts(normal, tmp_path):
    """With `synchronous=NORMAL` a cut loses acknowledged acts, which the tests above would notice."""
    lost = 0
    for path, told in _cuts(normal, tmp_path / "cuts", None):
        lost += bool(missing_acts(path, told))
    assert lost > 0


def test_waiting_for_the_process_alone_damages_nothing(normal, tmp_path):
    """With `synchronous=NORMAL` acts are lost only as a whole: the database opens and holds no incomplete act."""
    for path, _ in _cuts(normal, tmp_path / "cuts", random.Random(0)):
        assert halves(path) == {}


def test_without_any_sync_a_database_is_damaged(full, tmp_path):
    """Had nothing been synced, tearing would be noticed: the replay tears for real."""
    unsynced = _Watched(full.before, tuple(call for call in full.calls if call.name != "sync"))
    damaged = 0
    for path, told in _cuts(unsynced, tmp_path / "cuts", random.Random(0)):
        try:
            damaged += bool(halves(path) or missing_acts(path, told))
        except sqlite3.DatabaseError:
            damaged += 1
    assert damaged > 0
