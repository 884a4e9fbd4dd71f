"""The worker's program: loaded once, and ended with its input."""

import subprocess
import sys

from index.sandbox.orders import Orders

ORDERS = Orders(
    task="json:dumps",
    warm_up=None,
    import_paths=(),
    cpu_seconds=1,
    memory_bytes=1 << 31,
    open_files=16,
    max_request_bytes=1,
)


def test_the_program_is_loaded_once():
    """Starting a worker does not import its module a second time, about which Python would warn."""
    command = [sys.executable, "-W", "error", "-I", "-B", "-m", "index.sandbox.worker", ORDERS.to_argument()]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, cwd="/")
    assert (done.returncode, done.stderr) == (0, b"")
