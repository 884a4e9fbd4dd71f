"""What documents, docstrings and comments cite is in the repository."""

import importlib
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from registry.events import LogEvent

ROOT = Path(__file__).parents[2]
ELSEWHERE = re.compile(
    r"domain[ ]map|style[ ]rule|domain\.md|style\.md"
    r"|\bdesign(\.md)?`?,?\s+(\(?§|section\b)|\bthe design's\b",
    re.IGNORECASE,
)
"""Documents that a clone does not have, and numbered sections of one that has none."""
DOCUMENT = re.compile(r"(?<![\w/.-])[\w./-]*\w\.md\b")
DOTTED = re.compile(r"`((?:index|registry)(?:\.\w+)+)(?:\(\))?`")
NO_MODULES = {"registry.sqlite", *(event.value for event in LogEvent)}
"""Dotted names that are no Python: a file, and events of the log."""


@cache
def tracked():
    """Returns the files of the repository, those that are not committed yet too."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git repository")
    return [ROOT / name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


def is_text_of_ours(file):
    if file == Path(__file__) or "vendor" in file.parts:
        return False
    is_script = "scripts" in file.parts and file.suffix == ""
    return file.suffix in {".py", ".md", ".toml"} or is_script


def lines():
    """Yields each line of our texts, with its place."""
    for file in tracked():
        if is_text_of_ours(file):
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
                yield file, f"{file.relative_to(ROOT)}:{number}", line


def test_nothing_cites_what_a_clone_does_not_have():
    """No document, docstring or comment leads to a document that a user's clone lacks."""
    assert [f"{place}: {line.strip()}" for _, place, line in lines() if ELSEWHERE.search(line)] == []


def test_cited_documents_exist():
    """Each document that is named is there, beside its citer or in a documents folder; tests write some of theirs."""
    folders = (ROOT, ROOT / "docs", ROOT / "docs" / "decisions")
    missing = [
        f"{place}: {name}"
        for file, place, line in lines()
        for name in DOCUMENT.findall(line)
        if "tests" not in file.parts and not any((at / name).is_file() for at in (file.parent, *folders))
    ]
    assert missing == []


def resolve(name):
    """Imports as much of a dotted name as is a module, and looks the rest up; raises where it leads nowhere."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        module = ".".join(parts[:end])
        try:
            found = importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name is None or not module.startswith(error.name):
                raise
            continue
        for part in parts[end:]:
            if part not in getattr(found, "__dataclass_fields__", {}):
                found = getattr(found, part)
        return
    raise ModuleNotFoundError(name)


def test_dotted_names_resolve():
    """Each dotted name in backticks is a module or a member of one, so that nobody looks for what has moved."""
    wrong = []
    for _, place, line in lines():
        for name in set(DOTTED.findall(line)) - NO_MODULES:
            try:
                resolve(name)
            except (ImportError, AttributeError):
                wrong.append(f"{place}: {name}")
    assert wrong == []
