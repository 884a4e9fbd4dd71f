"""Fixtures that tests of several folders ask for, and one profile of hypothesis for all of them."""

from hypothesis import settings

from tests.support.databases.sqlite_fixtures import sqlite, sqlite_template

__all__ = ["sqlite", "sqlite_template"]

# The duration of an example depends on the load of the machine, and pytest's own time limit holds.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
