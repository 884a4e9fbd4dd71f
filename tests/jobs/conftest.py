"""Embedded registries for the tests of this folder; the helpers lie beside the tests of storage and of use cases."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "storage"))
sys.path.insert(0, str(Path(__file__).parents[1] / "usecases"))

from sqlite_fixtures import sqlite, sqlite_template

__all__ = ["sqlite", "sqlite_template"]
