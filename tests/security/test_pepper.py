"""The pepper's file: its owner's alone, complete or absent, and the same for whoever comes second."""

import os
import stat
import subprocess
import sys
import threading

import pytest

from registry.errors import StorageUnavailable
from registry.security.pepper import PEPPER_BYTES, load_pepper, write_private

MAKER = """
import os, sys
from pathlib import Path
from registry.security.pepper import load_pepper
print("waiting", flush=True)
sys.stdin.readline()
print(load_pepper(Path(sys.argv[1]), os.urandom).hex())
"""


def test_the_first_start_makes_it_and_the_next_ones_read_it(tmp_path):
    """A new folder gets a pepper of 32 random bytes, and keeps it."""
    made = load_pepper(tmp_path, os.urandom)
    assert len(made) == PEPPER_BYTES
    assert load_pepper(tmp_path, lambda _size: pytest.fail("drawn again")) == made


def test_only_its_owner_can_read_it(tmp_path, monkeypatch):
    """The file's mode is 0600 from its first moment, whatever the umask."""
    modes = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: modes.append(os.fstat(descriptor).st_mode))
    before = os.umask(0)
    try:
        load_pepper(tmp_path, os.urandom)
    finally:
        os.umask(before)
    assert [stat.S_IMODE(mode) for mode in modes if stat.S_ISREG(mode)] == [0o600]
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_nothing_else_is_left_in_the_folder(tmp_path):
    """The draft under which it was written is gone."""
    load_pepper(tmp_path, os.urandom)
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_file_and_folder_are_on_the_disk_before_it_is_used(tmp_path, monkeypatch):
    """Content and name are both synced: a power cut never leaves keys without the pepper that proves them."""
    synced, sync = [], os.fsync

    def note(descriptor):
        synced.append((stat.S_ISDIR(os.fstat(descriptor).st_mode), (tmp_path / "secret").exists()))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    load_pepper(tmp_path, os.urandom)
    assert synced == [(False, False), (True, True)]


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33, b"x" * 64 + b"\n"])
def test_a_damaged_one_stops_the_start(tmp_path, content):
    """A file of another length is refused and left as it is: a new pepper would end everybody's key."""
    (tmp_path / "secret").write_bytes(content)
    with pytest.raises(StorageUnavailable, match="damaged"):
        load_pepper(tmp_path, os.urandom)
    assert (tmp_path / "secret").read_bytes() == content


def test_a_failure_while_writing_leaves_no_pepper(tmp_path, monkeypatch):
    """A write that fails leaves nothing under the name, so that the next start makes a whole one."""

    def fail(_descriptor):
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        with pytest.raises(OSError):  # noqa: PT011  the disk's own error
            load_pepper(tmp_path, os.urandom)
    assert not (tmp_path / "secret").exists()
    assert len(load_pepper(tmp_path, os.urandom)) == PEPPER_BYTES


def test_an_existing_file_stays(tmp_path):
    """What another process made first is never replaced."""
    (tmp_path / "secret").write_bytes(b"first")
    write_private(tmp_path / "secret", b"second")
    assert (tmp_path / "secret").read_bytes() == b"first"
    assert len(list(tmp_path.iterdir())) == 1


def test_processes_that_start_at_once_agree(tmp_path):
    """Three processes that make the pepper at once all use the same."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", MAKER, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout.readline() == "waiting\n"
    for process in processes:
        process.stdin.write("now\n")
        process.stdin.flush()
    answers = {process.communicate()[0].strip() for process in processes}
    assert answers == {(tmp_path / "secret").read_bytes().hex()}


def test_threads_that_start_at_once_agree(tmp_path):
    """Eight threads of one process that make the pepper at once all use the same."""
    start, found = threading.Barrier(8), []

    def load():
        start.wait()
        found.append(load_pepper(tmp_path, os.urandom))

    for _ in range(20):
        (tmp_path / "secret").unlink(missing_ok=True)
        threads = [threading.Thread(target=load) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(found) == {(tmp_path / "secret").read_bytes()}
        assert len(found) == 8
        found.clear()
