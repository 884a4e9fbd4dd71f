"""The recipes of CONTRIBUTING.md can be followed: what they name is there, and their commands answer."""

import importlib
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from registry.cli.main import main

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
RECIPES = dict(re.findall(r"^### (.+?)\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL))
WANTED = {
    "Add a migration",
    "Add a command of the command line",
    "Add a verdict reason",
    "Add a code family",
    "Add an index engine",
    "Add an endpoint",
    "Add an error",
}
QUOTED = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL))
PATHS = sorted(
    {name for name in QUOTED if re.fullmatch(r"(index|registry|scripts|tests|docs)/[\w./-]+", name)}
)
NAMES = sorted({name for name in QUOTED if re.fullmatch(r"(index|registry)(\.\w+)+", name)})
BLOCKS = re.findall(r"^```sh\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
COMMANDS = sorted({line.partition("#")[0].strip() for block in BLOCKS for line in block.splitlines()} - {""})
PYTHON = re.compile(r"#!.*python")


def test_the_recipes_are_there():
    """A newcomer finds a recipe for each common change."""
    assert set(RECIPES) >= WANTED


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_each_recipe_names_a_file(name):
    """A recipe says which files to touch."""
    assert re.search(r"`(index|registry|tests|docs|scripts)/", RECIPES[name])


@pytest.mark.parametrize("path", [path for path in PATHS if "NAME" not in path])
def test_named_files_exist(path):
    """Each file that a recipe names is there; what it is to make is called NAME."""
    assert (ROOT / path).exists()


@pytest.mark.parametrize("name", NAMES)
def test_named_members_exist(name):
    """Each dotted name of a recipe leads to a module or a member of one."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            found = getattr(found, part)
        return
    pytest.fail(name)


@pytest.mark.parametrize("command", COMMANDS)
def test_named_commands_answer(command):
    """Each command of a recipe is there and explains itself."""
    program, *arguments = shlex.split(command)
    if program in {"takedown", ".venv/bin/takedown"}:
        words = [word for word in arguments if not word.startswith("-")]
        done = CliRunner().invoke(main, [*words, "--help"])
        assert done.exit_code == 0, done.output
        return
    script = ROOT / program
    assert script.is_file()
    first = script.read_text(encoding="utf-8").partition("\n")[0]
    run = [sys.executable, str(script)] if PYTHON.match(first) else [str(script)]
    done = subprocess.run([*run, "--help"], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
