"""What the project asks pip for is what its code imports, and nothing else."""

import ast
import functools
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = ("faces", "postgres", "redis")

# Needed though no import names them.
REASONS = {
    "dlib-bin": "its module `dlib` lies beside the names that it lists",
    "face-recognition-models": "data only: its files are found, not imported",
    "imageio-ffmpeg": "brings the program that videohash starts; found, not imported",
    "psycopg": "SQLAlchemy loads it by the name in a database URL",
    "redis": "limits loads it for a Redis URL",
}
# Imported though another dependency brings them, as parts of its interface.
INHERITED = {
    "imagedominantcolor": "videohash's, replaced in its worker",
    "pydantic_core": "pydantic's error details",
    "werkzeug": "Flask's requests and exceptions",
}


def declared():
    """Return the canonical names of the dependencies of the program, its product extras included."""
    asked = [*PROJECT["dependencies"]]
    for extra in EXTRAS:
        asked += PROJECT["optional-dependencies"][extra]
    return sorted(canonicalize_name(Requirement(line).name) for line in asked)


@functools.cache
def imported():
    """Return the top-level names of all imports of the product, deferred ones included."""
    found = set()
    for package in ("registry", "index"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    found |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module:
                    found.add(node.module.partition(".")[0])
    return found


@functools.cache
def providers():
    """Return which distributions of this environment provide each imported name."""
    return {
        name: {canonicalize_name(distribution) for distribution in distributions}
        for name, distributions in metadata.packages_distributions().items()
    }


@pytest.mark.parametrize("name", declared())
def test_every_dependency_is_imported(name):
    """Each declared dependency provides a name that a module imports, or has its reason here."""
    used = {owner for module in imported() for owner in providers().get(module, set())}
    assert name in used or name in REASONS


def test_every_import_is_declared():
    """Each package that a module imports is declared: none is there by luck, as another's dependency."""
    owners = providers()
    foreign = {module: owners[module] for module in imported() - INHERITED.keys() if module in owners}
    asked = set(declared()) | {"takedown-registry"}
    assert {module: found for module, found in foreign.items() if not found & asked} == {}
