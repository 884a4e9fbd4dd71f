"""A server, started by the commands of the README."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager


@contextmanager
def running(data, *options, port=0, settings=None):
    """Serves until the block ends, then expects a quiet end; yields the lines printed up to the ready one."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TAKEDOWN_")}
    environment |= settings or {}
    log = data.parent / "log"
    with log.open("ab") as stderr:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "registry.cli.main",
                "serve",
                "--data",
                data,
                "--port",
                str(port),
                *options,
            ],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env=environment,
        )
    try:
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if line.startswith("ready "):
                break
        assert lines
        assert lines[-1].startswith("ready "), log.read_text(encoding="utf-8")
        yield lines
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
        process.stdout.close()
