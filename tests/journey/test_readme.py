"""The README's commands, run as they stand."""

import json
import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from registry.demo.pictures import drawn, recompressed_half

ROOT = Path(__file__).parents[2]


def block(name):
    """Returns the README's shell block with this name."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.search(rf"^```sh {name}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)[1]


@pytest.fixture
def home(tmp_path):
    """A newcomer's folder: the project's virtual environment and three photographs."""
    (tmp_path / ".venv").symlink_to(Path(os.sys.prefix))
    (tmp_path / "photo.jpg").write_bytes(drawn(311))
    (tmp_path / "copy.jpg").write_bytes(recompressed_half(drawn(311)))
    (tmp_path / "unrelated.jpg").write_bytes(drawn(312))
    return tmp_path


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
        timeout=120,
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


def test_the_journey(home, serve):
    """Key, case, reference, check, withdrawal: every step answers as the README says, with two workers."""
    with serve(home / "data", "--workers", "2") as lines:
        script = block("journey").replace("http://127.0.0.1:8080", url_of(lines))
        reference, copy, unrelated, withdrawal, after = answers(bash(script, home))
    assert reference["outcome"] == "enrolled"
    assert (copy["verdict"], unrelated["verdict"], after["verdict"]) == ("block", "allow", "allow")
    assert withdrawal["state"] == "withdrawn"


def test_the_commands_and_a_restart(home, serve):
    """The command line does the same over HTTP, and what was registered is there after a restart on every worker."""
    with serve(home / "data", "--workers", "2") as lines:
        key = (home / "data" / "first-credential").read_text(encoding="ascii").strip()
        environment = {"TAKEDOWN_URL": url_of(lines), "TAKEDOWN_KEY": key}
        out = bash(block("commands"), home, **environment)
    verdicts = {
        Path(line["file"]).name: line["verdict"]
        for line in map(json.loads, re.findall(r"^\{.*\}$", out, re.MULTILINE))
    }
    assert verdicts == {"copy.jpg": "block", "photo.jpg": "block", "unrelated.jpg": "allow"}
    assert out.count("exit code 20") == 2
    with serve(home / "data", "--workers", "2") as lines:
        script = f"for i in 1 2 3 4 5 6 7 8; do {check(url_of(lines), key)} & done; wait"
        again = answers(bash(script, home))
    assert [answer["verdict"] for answer in again] == ["block"] * 8


def check(url, key):
    return f'curl -s -H "Authorization: Bearer {key}" -F media=@copy.jpg {url}/v1/checks'


def test_the_operators_commands(home, serve):
    """Keys are made and the ledger is verified on the data folder beside a running server, which accepts them."""
    with serve(home / "data", "--workers", "2") as lines:
        out = bash(block("keys"), home)
        key = re.search(r"^tdr_\S+$", out, re.MULTILINE)[0]
        answer = answers(bash(check(url_of(lines), key), home))[0]
    assert "intact" in out
    assert answer["verdict"] == "allow"


def test_the_demonstration(home, serve):
    """`serve --demo` prints three lines that do what is said beside them."""
    with serve(home / "data", "--demo", "--workers", "2") as lines:
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
