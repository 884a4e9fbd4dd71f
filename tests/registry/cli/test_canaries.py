"""Faults of the command line: one line without a traceback, which would print whatever an exception holds."""

import subprocess
import sys
import textwrap

import pytest
from click.testing import CliRunner

from registry.cli.commands import cases
from registry.cli.main import main
from tests.support.canaries import CANARIES, leaks


def test_a_fault_is_one_line_without_its_values(monkeypatch):
    """An exception that nobody expected tells type and place, and no text, argument or cause."""

    def fail(*_arguments, **_keywords):
        raise ValueError(*CANARIES.values()) from KeyError(CANARIES["pdq"])

    monkeypatch.setattr(cases, "open_backend", fail)
    done = CliRunner().invoke(main, ["cases", "list"])
    assert done.exit_code == 1
    assert leaks(done.output) == []
    assert "ValueError at registry/cli/commands/cases.py:" in done.stderr
    assert len(done.stderr.splitlines()) == 1


PROGRAM = """
    import logging, sys, threading, warnings
    from registry.security import ServiceLog, capture_faults
    from tests.support.canaries import CANARIES

    capture_faults(ServiceLog())
    secrets = list(CANARIES.values())

    class Destroyed:
        def __del__(self):
            raise ValueError(*secrets)

    def fail():
        raise ValueError(*secrets)

    logging.getLogger("werkzeug").error("%s", secrets)
    logging.getLogger("sqlalchemy").warning(" ".join(secrets))
    warnings.warn(secrets[0], stacklevel=1)
    Destroyed()
    thread = threading.Thread(target=fail, name=secrets[0])
    thread.start()
    thread.join()
    try:
        fail()
    except ValueError:
        logging.exception(secrets[0])
    fail()
"""


@pytest.mark.parametrize("program", [PROGRAM])
def test_a_process_prints_no_fault_of_its_own(program):
    """Libraries, warnings, threads, destructors and the end of a process write lines of ours, without texts."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert leaks(done.stderr) == []
    lines = done.stderr.splitlines()
    assert [line.split('"event": "')[1].split('"')[0] for line in lines] == [
        "library.message",
        "library.message",
        "library.message",
        "program.failed",
        "program.failed",
        "library.failed",
        "program.failed",
    ]
    assert all('"where": "' in line or '"where": null' in line for line in lines)
