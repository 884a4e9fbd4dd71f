"""docs/architecture.md is a map of what is there."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
QUESTIONS = re.findall(r"^\| ([^|]+\?) \| (.+) \|$", TEXT, re.MULTILINE)
ROOMS = re.search(r"^## Rooms\n(.*?)^## ", TEXT, re.MULTILINE | re.DOTALL)[1]


@pytest.mark.parametrize("root", ["registry", "index"])
def test_the_layers_are_the_linter_s(root):
    """The layers that a newcomer reads are those that import-linter holds."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    wanted = next(
        contract["layers"]
        for contract in contracts
        if contract["type"] == "layers" and contract["layers"][0].startswith(f"{root}.")
    )
    written = re.search(rf"^```layers {root}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)[1]
    assert written.splitlines() == wanted


@pytest.mark.parametrize(("question", "answer"), QUESTIONS, ids=[question for question, _ in QUESTIONS])
def test_a_newcomer_opens_two_files_at_most(question, answer):
    """Each of a newcomer's questions is answered in one or two files, which are there."""
    files = re.findall(r"`([^`]+)`", answer)
    assert 1 <= len(files) <= 2
    assert [name for name in files if not (ROOT / name).is_file()] == []


def test_every_package_is_a_room():
    """Each package right below `index` and `registry` is in the table of rooms, and each room is there."""
    rooms = {name.rstrip("/") for name in re.findall(r"`([a-z_/]+/)`", ROOMS)}
    packages = {
        str(init.parent.relative_to(ROOT))
        for root in ("index", "registry")
        for init in (ROOT / root).glob("*/__init__.py")
    }
    assert rooms == packages


def test_every_module_is_listed():
    """Each module is in the generated list, in the table of its package."""
    text = (ROOT / "docs" / "modules.md").read_text(encoding="utf-8")
    parts = dict(re.findall(r"^## `([\w/]+)/`\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    migrations = ROOT / "registry" / "storage" / "migrations"
    missing = [
        str(file.relative_to(ROOT))
        for root in ("index", "registry")
        for file in (ROOT / root).rglob("*.py")
        if file.name != "__init__.py"
        and migrations not in file.parents
        and f"| `{file.stem}` | " not in parts.get(str(file.parent.relative_to(ROOT)), "")
    ]
    assert missing == []


def test_behaviours_lead_to_files():
    """At least forty behaviours have a file, and each file is there."""
    table = TEXT.partition("## Behaviour and file")[2]
    rows = re.findall(r"^\| ([^|]+) \| (`[^|]+`) .*\|$|^\| ([^|]+) \| (`[^|]+`) \|$", table, re.MULTILINE)
    files = [name for row in rows for cell in row for name in re.findall(r"`([\w/.-]+/[\w/.-]+)`", cell)]
    assert len(rows) >= 40
    assert [name for name in files if not (ROOT / name).exists()] == []
