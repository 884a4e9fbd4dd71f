"""Fixtures that tests of several folders ask for, one profile of hypothesis for all of them, and the order of files."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.databases.sqlite_fixtures import sqlite, sqlite_template

__all__ = ["sqlite", "sqlite_template"]

# The duration of an example depends on the load of the machine, and pytest's own time limit holds.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

LONG_FOLDERS = {"bench", "crash", "integration", "journey"}
"""Folders whose tests start servers and commands: few tests a file, and long ones."""

MANY_TESTS = 40


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files first that take long, then those with many tests; the order within a file stays as drawn.

    Two processes share the files, so that at the end of a run neither waits for the other's long file.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    tests = Counter(item.path for item in items)

    def turn(path: Path) -> int:
        if path in slow or LONG_FOLDERS & set(path.parts):
            return 0
        return 1 if tests[path] > MANY_TESTS else 2

    items.sort(key=lambda item: turn(item.path))
