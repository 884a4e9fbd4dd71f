"""`Spool`: an upload comes back exactly, from no one's hand but the job's, and leaves nothing behind."""

import errno
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.errors import StorageUnavailable, UploadLost
from registry.security import spool as module
from registry.security.spool import RECORD_BYTES, Spool

MACHINE = "mac_0000000000000000"
SIZES = [0, 1, RECORD_BYTES - 1, RECORD_BYTES, RECORD_BYTES + 1, 2 * RECORD_BYTES, 3 * RECORD_BYTES + 7]


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path / "spool", MACHINE)


@pytest.fixture
def path(tmp_path):
    """Leads to a spooled file."""
    return lambda spooled: tmp_path / "spool" / spooled.name


def spooled_of(spool, data):
    with spool.create() as writer:
        writer.write(data)
        return writer.finish()


@pytest.mark.parametrize("size", SIZES)
def test_an_upload_comes_back(spool, size):
    """Whatever its length is to the records', an upload is read back whole, and its size is told."""
    data = os.urandom(size)
    spooled = spooled_of(spool, data)
    assert (spooled.size, spooled.machine_id) == (size, MACHINE)
    with spool.open(spooled) as source:
        assert source.size == size
        assert source.read(0, size) == data


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(data=st.data())
def test_any_part_comes_back(spool, data):
    """Written in parts of any length and read by any range, in any order, it is the same upload."""
    whole = os.urandom(data.draw(st.sampled_from(SIZES[1:])))
    with spool.create() as writer:
        rest = memoryview(whole)
        while rest:
            part = data.draw(st.integers(RECORD_BYTES // 8, 2 * RECORD_BYTES))
            writer.write(rest[:part])
            rest = rest[part:]
        spooled = writer.finish()
    with spool.open(spooled) as source:
        for _ in range(5):
            offset = data.draw(st.integers(0, len(whole) - 1))
            length = data.draw(st.integers(0, len(whole) - offset))
            assert source.read(offset, length) == whole[offset : offset + length]


def test_the_disk_holds_nothing_of_it(spool, path):
    """No 16 bytes of the upload stand in its file, and equal uploads make files that share nothing."""
    data = os.urandom(RECORD_BYTES) * 2
    one, other = (path(spooled_of(spool, data)).read_bytes() for _ in range(2))
    assert not any(data[start : start + 16] in one for start in range(0, RECORD_BYTES, 997))
    assert len(one) == len(other) == len(data) + 2 * 16
    assert one[:16] != one[RECORD_BYTES + 16 :][:16]
    assert one[:16] != other[:16]


def test_only_its_owner_may_read_it(spool, path):
    """Folder and file are the owner's alone, whatever the umask says."""
    before = os.umask(0)
    try:
        spooled = spooled_of(spool, b"upload")
    finally:
        os.umask(before)
    assert path(spooled).stat().st_mode & 0o777 == 0o600
    assert path(spooled).parent.stat().st_mode & 0o777 == 0o700


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(data=st.data())
def test_any_change_is_noticed(spool, path, data):
    """One flipped bit anywhere is an error of the record that it lies in."""
    spooled = spooled_of(spool, os.urandom(RECORD_BYTES + 100))
    content = bytearray(path(spooled).read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= 1 << data.draw(st.integers(0, 7))
    path(spooled).write_bytes(content)
    with spool.open(spooled) as source, pytest.raises(UploadLost):
        source.read(0, spooled.size)


@pytest.mark.parametrize("kept", [0, 1, 16, RECORD_BYTES, RECORD_BYTES + 16, 2 * RECORD_BYTES + 40])
def test_what_was_cut_is_noticed(spool, path, kept):
    """A file that was cut, at a record's end too, does not pass for a shorter upload, whatever size is told."""
    spooled = spooled_of(spool, os.urandom(3 * RECORD_BYTES))
    os.truncate(path(spooled), kept)
    for size in (spooled.size, max(0, kept - 16 * -(-kept // (RECORD_BYTES + 16)))):
        with spool.open(replace(spooled, size=size)) as source, pytest.raises(UploadLost):
            source.read(0, max(1, size))


def test_records_cannot_change_places(spool, path):
    """Two records of one file exchanged are an error, and so are those of two files."""
    spooled = spooled_of(spool, os.urandom(3 * RECORD_BYTES))
    content = path(spooled).read_bytes()
    step = RECORD_BYTES + 16
    path(spooled).write_bytes(content[step : 2 * step] + content[:step] + content[2 * step :])
    with spool.open(spooled) as source, pytest.raises(UploadLost):
        source.read(0, 1)
    other = spooled_of(spool, os.urandom(3 * RECORD_BYTES))
    path(other).write_bytes(content)
    with spool.open(replace(other, key=spooled.key)) as source, pytest.raises(UploadLost):
        source.read(0, 1)


@pytest.mark.parametrize("key", [b"", bytes(32)], ids=["blanked", "another"])
def test_nothing_opens_without_its_key(spool, key):
    """With its key blanked, or by another one, a file cannot be read."""
    spooled = replace(spooled_of(spool, b"upload"), key=key)
    with pytest.raises(UploadLost):
        spool.open(spooled).read(0, 6)


def test_a_file_that_is_gone_is_lost(spool):
    """A removed file is told as lost; removing it again is harmless."""
    spooled = spooled_of(spool, b"upload")
    spool.remove(spooled.name)
    spool.remove(spooled.name)
    assert spool.names() == ()
    with pytest.raises(UploadLost):
        spool.open(spooled)


def test_a_removed_file_can_be_read_to_its_end(spool):
    """A reader that opened a file before its removal still reads all of it."""
    data = os.urandom(2 * RECORD_BYTES)
    spooled = spooled_of(spool, data)
    with spool.open(spooled) as source:
        spool.remove(spooled.name)
        assert source.read(0, len(data)) == data


@pytest.mark.parametrize("name", ["../secret", "secret", "", "spl_0000000000000000/", "spl_000000000000000O"])
def test_no_name_leads_elsewhere(spool, name):
    """Only names as they are made here lead to a file."""
    with pytest.raises(UploadLost):
        spool.remove(name)


def test_an_unfinished_upload_is_deleted(spool):
    """A block that is left without `finish` leaves no file."""
    with spool.create() as writer:
        writer.write(os.urandom(2 * RECORD_BYTES))
    assert spool.names() == ()


def test_an_error_in_the_block_deletes_the_upload(spool):
    """A finished upload whose job could not be committed is deleted with the block."""
    writer = spool.create()
    writer.write(b"upload")

    def fail():
        with writer:
            writer.finish()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert spool.names() == ()


def test_a_discarded_upload_is_deleted(spool):
    """Discarding deletes; closing after it is harmless."""
    with spool.create() as writer:
        writer.write(b"upload")
        writer.discard()
    assert spool.names() == ()


def test_a_finished_upload_takes_no_more(spool):
    """Writing behind the end is a mistake of ours, and finishing again says the same."""
    with spool.create() as writer:
        spooled = writer.finish()
        assert writer.finish() == spooled
        with pytest.raises(ValueError, match="ended"):
            writer.write(b"more")


def test_a_full_disk_is_told(spool, monkeypatch):
    """A write that the disk refuses raises `StorageUnavailable`, and leaves no file."""

    def full(*_arguments):
        raise OSError(errno.ENOSPC, "full")

    writer = spool.create()
    monkeypatch.setattr(module.os, "write", full)

    def fill():
        with writer:
            writer.write(os.urandom(2 * RECORD_BYTES))

    with pytest.raises(StorageUnavailable):
        fill()
    assert spool.names() == ()


def test_a_sweep_takes_what_no_job_names(spool):
    """Of two finished uploads the one whose job is alive stays."""
    kept, orphan = spooled_of(spool, b"kept"), spooled_of(spool, b"orphan")
    assert spool.sweep(lambda: {kept.name}) == 1
    assert spool.names() == (kept.name,)
    assert spool.sweep(lambda: {kept.name}) == 0
    with pytest.raises(UploadLost):
        spool.open(orphan)


def test_a_sweep_leaves_what_is_being_written(spool):
    """An upload is not swept before its block has ended, finished or not, though no job names it yet."""
    with spool.create() as writer:
        assert spool.sweep(set) == 0
        spooled = writer.finish()
        assert spool.sweep(set) == 0
    assert spool.names() == (spooled.name,)
    assert spool.sweep(set) == 1


def test_a_sweep_asks_again_behind_its_locks(spool):
    """A job that is committed while the sweep is under way keeps its file."""
    spooled = spooled_of(spool, b"upload")
    answers = iter([set(), {spooled.name}])
    assert spool.sweep(lambda: next(answers)) == 0
    assert spool.names() == (spooled.name,)


def test_a_file_swept_before_its_lock_is_made_again(spool, monkeypatch):
    """A sweep between the making of a file and its lock does not leave the writer with a deleted file."""
    genuine = module.lock_waiting
    swept = []

    def lock_waiting(descriptor):
        if not swept:
            swept.append(True)
            assert spool.sweep(set) == 1
        genuine(descriptor)

    monkeypatch.setattr(module, "lock_waiting", lock_waiting)
    spooled = spooled_of(spool, b"upload")
    assert spool.names() == (spooled.name,)


def test_what_a_killed_process_was_writing_is_swept(spool, tmp_path):
    """The kernel ends the lock of a process that is killed, so its upload goes with the next sweep."""
    program = (
        "import sys; from pathlib import Path; from registry.security.spool import Spool\n"
        f"writer = Spool(Path(sys.argv[1]), {MACHINE!r}).create(); writer.write(bytes(600_000))\n"
        "print('written', flush=True); sys.stdin.readline()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, tmp_path / "spool"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "written\n"
        assert spool.sweep(set) == 0
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert len(spool.names()) == 1
    assert spool.sweep(set) == 1
    assert spool.names() == ()


def test_a_sweep_of_nothing_asks_nobody(spool):
    """Where no file is, no database is asked."""

    def unasked():
        raise AssertionError

    assert spool.sweep(unasked) == 0


def test_the_key_is_not_shown(spool):
    """A spooled upload's text does not hold its key."""
    spooled = spooled_of(spool, b"upload")
    assert "key" not in repr(spooled)
    assert len(spooled.key) == 32
