"""Fixtures of embedded registries: files of SQLite, migrated, with the standing people."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.databases.registry_parts import Databases, Location, migrated


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory) -> Path:
    """A folder of migrated files with the standing people, to be copied."""
    folder = tmp_path_factory.mktemp("template")
    migrated(Location.folder(folder))
    return folder


@pytest.fixture
def sqlite(tmp_path, sqlite_template) -> Iterator[Databases]:
    """An embedded registry of the test's own, with the standing people."""
    folder = tmp_path / "data"
    shutil.copytree(sqlite_template, folder)
    databases = Location.folder(folder).open()
    yield databases
    databases.close()
