"""Run benchmarks as commands, read the figures that their help names, and draw pictures for them."""

import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

from PIL import Image

from benchmarks.common.drawn_pictures import drawn_luma
from tests.support.paths import ROOT

FOLDER = ROOT / "scripts" / "bench"
FIRST_SEED = 7000
"""Beyond the pictures that the projection was fitted on, and those that `checks` registers or asks about."""

_NAMES = re.compile(r"  (\w+(?:, \w+)*)(?:  |$)")


def run_bench(name: str, *given: object) -> str:
    """Runs a benchmark in a process of its own and returns what it printed; it must end well."""
    command = [sys.executable, str(FOLDER / name), *map(str, given)]
    out = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert out.returncode == 0, out.stderr[-3000:]
    return out.stdout


def last_line(printed: str) -> dict:
    """Reads the figures where they are the last line printed."""
    return json.loads(printed.splitlines()[-1])


def documented(name: str) -> set[str]:
    """Names the JSON fields that a benchmark's help lists: words that begin a line two columns in."""
    (command,) = re.findall(
        r"^from (\S+) import main$", (FOLDER / name).read_text(encoding="utf-8"), re.MULTILINE
    )
    described = import_module(command).__doc__
    _, listed = described.split("JSON fields", 1)
    return {word for line in listed.splitlines() for word in _named(line)}


def _named(line: str) -> list[str]:
    found = _NAMES.match(line)
    return found[1].split(", ") if found else []


def write_drawn(folder: Path, names: list[str]) -> None:
    """Draws a picture for each name of a file, no two alike: shapes over noise."""
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(drawn_luma(FIRST_SEED + number)).save(path, quality=92)
