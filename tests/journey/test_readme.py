"""The README's commands, run as they stand."""

import json
import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from registry.demo.pictures import drawn, recompressed_half
from tests.support.serving import running

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.timeout(900)  # a dozen commands in one fixture, each of which starts Python


def block(name):
    """Returns the README's shell block with this name."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.search(rf"^```sh {name}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)[1]


def newcomer(folder):
    """Makes a newcomer's folder: the project's virtual environment and three photographs."""
    (folder / ".venv").symlink_to(Path(os.sys.prefix))
    (folder / "photo.jpg").write_bytes(drawn(311))
    (folder / "copy.jpg").write_bytes(recompressed_half(drawn(311)))
    (folder / "unrelated.jpg").write_bytes(drawn(312))
    return folder


@pytest.fixture
def home(tmp_path):
    """A newcomer's folder."""
    return newcomer(tmp_path)


def bash(script, home, **environment):
    """Runs a block; fails with it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TAKEDOWN_")}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=home,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def answers(text):
    """Parses JSON documents that stand one after the other."""
    decoder, found, place = json.JSONDecoder(), [], 0
    while place < len(text):
        value, place = decoder.raw_decode(text, place)
        found.append(value)
        while place < len(text) and text[place].isspace():
            place += 1
    return found


def url_of(lines):
    return lines[-1].removeprefix("ready ")


def check(url, key):
    return f'curl -s -H "Authorization: Bearer {key}" -F media=@copy.jpg {url}/v1/checks'


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the README's blocks printed, one after the other at one registry with two workers.

    Attributes:
        keyed: the answer to a key that was made beside the running server, while nothing is registered.
        again: eight answers after a restart.
    """

    journey: list
    keys: str
    keyed: dict
    commands: str
    again: list


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What a newcomer is told who runs every block."""
    home = newcomer(tmp_path_factory.mktemp("home"))
    with running(home / "data", "--workers", "2") as lines:
        url = url_of(lines)
        journey = answers(bash(block("journey").replace("http://127.0.0.1:8080", url), home))
        keys = bash(block("keys"), home)
        made = re.search(r"^tdr_\S+$", keys, re.MULTILINE)[0]
        (keyed,) = answers(bash(check(url, made), home))
        first = (home / "data" / "first-credential").read_text(encoding="ascii").strip()
        commands = bash(block("commands"), home, TAKEDOWN_URL=url, TAKEDOWN_KEY=first)
    with running(home / "data", "--workers", "2") as lines:
        script = f"for i in 1 2 3 4 5 6 7 8; do {check(url_of(lines), first)} & done; wait"
        again = answers(bash(script, home))
    return Told(journey=journey, keys=keys, keyed=keyed, commands=commands, again=again)


def test_the_journey(told):
    """Key, case, reference, check, withdrawal: every step answers as the README says, with two workers."""
    reference, verified, copy, unrelated, withdrawal, after = told.journey
    assert (verified["level"], verified["state"]) == ("V1", "active")
    assert reference["outcome"] == "enrolled"
    assert (copy["verdict"], unrelated["verdict"], after["verdict"]) == ("block", "allow", "allow")
    assert withdrawal["state"] == "withdrawn"


def test_the_commands_and_a_restart(told):
    """The command line does the same over HTTP, and what was registered is there after a restart on every worker."""
    verdicts = {
        Path(line["file"]).name: line["verdict"]
        for line in map(json.loads, re.findall(r"^\{.*\}$", told.commands, re.MULTILINE))
    }
    assert verdicts == {"copy.jpg": "block", "photo.jpg": "block", "unrelated.jpg": "allow"}
    assert told.commands.count("exit code 20") == 2
    assert [answer["verdict"] for answer in told.again] == ["block"] * 8


def test_the_operators_commands(told):
    """Keys are made and the ledger is verified on the data folder beside a running server, which accepts them."""
    assert "intact" in told.keys
    assert told.keyed["verdict"] == "allow"


def test_the_demonstration(home):
    """`serve --demo` prints three lines that do what is said beside them."""
    with running(home / "data", "--demo", "--workers", "2") as lines:
        allowed, caught, withdrawal = [line for line in lines if line.startswith("curl ")]
        assert answers(bash(allowed, home))[0]["verdict"] == "allow"
        assert answers(bash(caught, home))[0]["verdict"] == "block"
        case = answers(bash(withdrawal, home))[0]["case"]
        assert answers(bash(caught, home))[0]["verdict"] == "allow"
        erased = None
        deadline = time.monotonic() + 30
        while erased is None and time.monotonic() < deadline:
            read = withdrawal.replace("-X POST ", "").replace("/withdrawal", "")
            erased = answers(bash(read, home))[0]["erased_at"]
        assert erased is not None, case
