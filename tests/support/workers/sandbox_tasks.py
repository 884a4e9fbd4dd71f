"""Tasks that misbehave on purpose; the sandbox's workers import them."""

import os
import resource
import signal
import sys
import time
from pathlib import Path


def echo(request: bytes) -> bytes:
    """Reply with the request."""
    return request


def misbehave(request: bytes) -> bytes:
    """Do what the request names; reply with the request where that comes to an end."""
    _MISDEEDS[request]()
    return request


def report(_request: bytes) -> bytes:
    """Reply with the limits and the environment that the worker sees."""
    kinds = (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE, resource.RLIMIT_NOFILE)
    limits = [resource.getrlimit(kind)[1] for kind in kinds]
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return repr((limits, sorted(os.environ), status["NoNewPrivs"].strip())).encode()


def _hang() -> None:
    signal.pause()


def _burn() -> None:
    while True:
        pass


def _hoard() -> None:
    hoard = []
    while True:
        hoard.append(bytearray(1 << 24))


def _shout() -> None:
    for descriptor in (0, 1, 2):
        os.write(descriptor, b"attacker's text")
    sys.stderr.write("attacker's text")
    sys.stdout.write("attacker's text")


def _write_file() -> None:
    with Path("/tmp/sandbox-must-not-write").open("wb", buffering=0) as file:
        file.write(b"x")


def _garbage() -> None:
    for descriptor in range(3, 16):
        try:
            os.write(descriptor, b"garbage" * 1000)
        except OSError:
            continue
    time.sleep(60)


def _refuse() -> None:
    raise ValueError("attacker's text")


_MISDEEDS = {
    b"hang": _hang,
    b"burn": _burn,
    b"hoard": _hoard,
    b"abort": os.abort,
    b"shout": _shout,
    b"write": _write_file,
    b"garbage": _garbage,
    b"raise": _refuse,
    b"nothing": lambda: None,
}
