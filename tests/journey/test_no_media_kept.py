"""Promise 1 through the real server: an upload in flight, or cut off by kill -9, can be read in no file."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.serving import running

CANARY = b"canary of an upload: it must be in memory only. " * 2
HEADS = {"picture": b"", "clip": b"\0\0\0\x18ftypisom" + bytes(12)}
SENT = 8_000_000
SWEPT_SECONDS = 120
ANNOUNCED = 20_000_000


def family(pid):
    """Returns a process and all that it started."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    children = [int(child) for found in lists for child in found.read_text(encoding="ascii").split()]
    return [pid, *(member for child in children for member in family(child))]


def files_of(pids):
    """Reads every regular file that the processes hold open, deleted ones too."""
    for pid in pids:
        for link in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                if Path(str(link.readlink()).removesuffix(" (deleted)")).is_absolute() and link.is_file():
                    yield link.read_bytes()
            except FileNotFoundError:
                continue


def upload_half(url, key, start):
    """Sends the first part of an upload and waits until the server has taken it all in."""
    host, port = url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)))
    head = (
        f"POST /v1/checks HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {ANNOUNCED}\r\n\r\n"
        '--x\r\nContent-Disposition: form-data; name="media"; filename="m"\r\n\r\n'
    )
    connection.sendall(head.encode("ascii") + start + CANARY * (SENT // len(CANARY)))
    return connection


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("end", ["closed", "killed"])
def test_an_upload_in_flight_is_in_no_file(tmp_path, end):
    """Neither an open file of any process nor the temporary or data folder shows bytes of an upload, then or after.

    A picture and a clip are under way at once.
    """
    scratch, data = tmp_path / "scratch", tmp_path / "data"
    scratch.mkdir()
    with running(data, "--workers", "1", settings={"TMPDIR": str(scratch)}) as lines:
        key = (data / "first-credential").read_text(encoding="ascii").strip()
        [master] = subprocess.run(
            ["pgrep", "-o", "-f", f"serve --data {data}"], capture_output=True, text=True, check=True
        ).stdout.split()
        processes = family(int(master))
        with ExitStack() as uploads:
            for head in HEADS.values():
                uploads.enter_context(upload_half(lines[-1].removeprefix("ready "), key, head))
            assert not any(CANARY in content for content in files_of(processes))
            if end == "killed":
                for pid in processes[1:]:
                    os.kill(pid, signal.SIGKILL)
    left = [path for folder in (scratch, data) for path in folder.rglob("*") if path.is_file()]
    assert left
    assert not any(CANARY in path.read_bytes() for path in left)
    if end == "closed":
        assert not spooled(data)


def test_what_a_killed_server_leaves_is_swept(tmp_path):
    """The spool's file of an upload that a killed server was taking in is gone after the next start."""
    data = tmp_path / "data"
    (data / "spool").mkdir(parents=True)
    left = data / "spool" / "spl_0000000000000000"
    left.write_bytes(bytes(1000))
    with running(data, "--workers", "1"):
        deadline = time.monotonic() + SWEPT_SECONDS
        while left.exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)


def spooled(data):
    """Lists what lies in the spool."""
    return list((data / "spool").glob("*"))
