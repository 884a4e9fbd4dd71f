"""A full disk, which any uploader of clips can bring about, does not keep a claimant from withdrawing."""

import json
import shutil
import subprocess
import sys
from contextlib import contextmanager

import pytest

from index.verdict.vocabulary import Level
from registry.errors import StorageFull
from registry.storage.reserve import PIECES, Reserve
from registry.storage.rows.units import SqlUnits
from registry.usecases.cases.opening import open_case
from registry.usecases.cases.withdrawing import withdraw
from tests.support.databases.registry_parts import ALICE, SEALER, environment, seen_draft
from tests.support.paths import ROOT

SMALL = 64 << 10


def own_namespace():
    """Returns the command that runs another with mounts of its own, or skips where the system refuses that."""
    command = ["unshare", "--map-root-user", "--mount"]
    if shutil.which("unshare") is None or subprocess.run([*command, "true"], check=False).returncode:
        pytest.skip("this system lets nobody mount a file system of their own")
    return command


def test_a_withdrawal_on_a_full_disk_succeeds(tmp_path):
    """Not one byte is free: the withdrawal takes the room that was kept, and the room is made again later."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = [*own_namespace(), sys.executable, "-m", "tests.support.databases.full_disk", str(disk)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    released = told.pop("released")
    assert told == {
        "made": True,
        "without": "full",
        "withdrawn": True,
        "made while full": False,
        "made again": True,
        "files": PIECES,
    }
    assert 1 <= released <= PIECES


class FullUnits(SqlUnits):
    """Units whose transactions a full disk refuses, until room was released `needed` times."""

    released = 0
    needed = 0

    @contextmanager
    def write(self):
        """Refuses at the commit, as SQLite does."""
        with super().write() as unit:
            yield unit
            if self.released < self.needed:
                raise StorageFull

    def release_room(self):
        """Counts."""
        self.released += 1
        return self.released <= PIECES


@pytest.mark.parametrize("needed", [0, 2, PIECES, PIECES + 1])
def test_a_withdrawal_is_tried_until_it_fits(sqlite, needed, monkeypatch):
    """Each release is one more attempt, and when all are used the refusal is told."""
    opened = open_case(Level.V0, seen_draft(1), actor=ALICE, units=sqlite.units, environment=environment())
    units = FullUnits(sqlite.registry, SEALER)
    units.needed = needed
    monkeypatch.setattr("registry.storage.rows.units.SqlUnit.commit", lambda *_: None)
    if needed > PIECES:
        with pytest.raises(StorageFull):
            withdraw(opened.case.id, actor=ALICE, units=units, environment=environment())
    else:
        withdraw(opened.case.id, actor=ALICE, units=units, environment=environment())
    assert units.released == needed


def test_room_is_kept_in_files_without_content(tmp_path):
    """The reserve takes its room once, gives it back in pieces, and is made whole again."""
    reserve = Reserve(tmp_path / "reserve", SMALL)
    assert reserve.restore()
    files = sorted((tmp_path / "reserve").iterdir())
    assert [file.stat().st_size for file in files] == [SMALL // PIECES] * PIECES
    assert all(file.stat().st_blocks * 512 >= SMALL // PIECES for file in files)
    assert [reserve.release() for _ in range(PIECES + 1)] == [True] * PIECES + [False]
    assert reserve.restore()
    assert sorted((tmp_path / "reserve").iterdir()) == files


def test_no_room_is_kept_where_none_is_asked_for_or_there_is_too_little(tmp_path):
    """A reserve of nothing makes no folder, and one that is larger than the disk makes no file."""
    assert Reserve(tmp_path / "none", 0).restore()
    assert not (tmp_path / "none").exists()
    too_large = Reserve(tmp_path / "reserve", 1 << 60)
    assert not too_large.restore()
    assert not too_large.release()
