"""The command that makes a migration: the next number, the title, and what the tables have that the schema has not."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy import inspect

from registry.storage import Database, Durability, migrate
from registry.storage.schema import check_tables, tables

SCRIPT = Path(migrate.__file__).parents[2] / "scripts" / "_new_migration.py"
METADATA = {migrate.REGISTRY: tables.metadata, migrate.CHECKS: check_tables.metadata}


@pytest.fixture
def copy(tmp_path):
    """Copy the migrations, so that the program's own stay as they are."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrate.FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def _make(*arguments):
    return subprocess.run(
        [sys.executable, str(SCRIPT), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=SCRIPT.parents[1],
    )


def _upgraded(path, schema, folder):
    """Upgrade a new database by the migrations of a folder; return its version and its tables."""
    database = Database.sqlite(path, Durability.PROCESS)
    config = migrate.configuration(schema, folder)
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        version = connection.exec_driver_sql(f"SELECT * FROM {migrate.version_table(schema)}").scalar_one()
        names = set(inspect(connection).get_table_names())
        connection.commit()
    database.close()
    return version, names


@pytest.mark.parametrize("schema", METADATA)
def test_a_migration_is_made_and_upgrades(tmp_path, copy, schema):
    """The file has the next number, follows the newest migration, and Alembic upgrades with it."""
    newest, before = _upgraded(tmp_path / "before.sqlite", schema, migrate.FOLDER)
    number = f"{int(newest) + 1:04}"
    made = _make(schema, "marks of the colour blue", "--folder", copy)
    assert made.returncode == 0, made.stderr
    path = copy / "versions" / schema / f"{number}_marks_of_the_colour_blue.py"
    assert made.stdout.splitlines()[-1].endswith(path.name)
    module = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(module) == "Marks of the colour blue."
    ids = {line.targets[0].id: line.value.value for line in module.body if isinstance(line, ast.Assign)}
    assert (ids["revision"], ids["down_revision"]) == (number, newest)
    assert _upgraded(tmp_path / "after.sqlite", schema, copy) == (number, before)


def test_a_new_table_is_written_into_the_migration(tmp_path, copy, monkeypatch):
    """The difference between the tables and the schema becomes the migration's body, in plain column types."""
    monkeypatch.syspath_prepend(SCRIPT.parent)
    from _new_migration import new_migration  # noqa: PLC0415 - a script, which is no package

    added = sa.Table(
        "colours",
        METADATA[migrate.REGISTRY],
        sa.Column("name", sa.String(8), primary_key=True),
        sa.Column("seen_at", tables.UtcDateTime),
    )
    try:
        path = new_migration(migrate.REGISTRY, "Colours", copy)
    finally:
        METADATA[migrate.REGISTRY].remove(added)
    text = path.read_text(encoding="utf-8")
    assert "registry." not in text
    assert 'sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True)' in text
    assert "colours" in _upgraded(tmp_path / "new.sqlite", migrate.REGISTRY, copy)[1]


@pytest.mark.parametrize("title", ["", "1 colour", "Colours.", "Two\nlines", 'A "quote"'])
def test_a_title_is_one_plain_sentence(copy, title):
    """The title becomes a file name and a docstring: anything else is refused, and nothing is written."""
    before = sorted((copy / "versions" / migrate.REGISTRY).iterdir())
    made = _make(migrate.REGISTRY, title, "--folder", copy)
    assert made.returncode == 1
    assert "title" in made.stderr
    assert sorted((copy / "versions" / migrate.REGISTRY).iterdir()) == before


def test_only_the_two_schemas_are_migrated(copy):
    """A schema that is none is refused."""
    assert _make("elsewhere", "Colours", "--folder", copy).returncode == 2
