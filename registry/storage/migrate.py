"""Brings both schemas to their newest version by Alembic, and gives a new database its epoch."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, select, text

from registry.errors import StorageUnavailable
from registry.storage.codes import EPOCH, EPOCH_BYTES
from registry.storage.database import Database, translated_errors
from registry.storage.schema import meta

REGISTRY: Final = "registry"
CHECKS: Final = "checks"
_LOCK: Final = 7_361_003
"""PostgreSQL's advisory lock of migrations."""

_FOLDER: Final = Path(__file__).parent / "migrations"


def configuration(schema: str) -> Config:
    """Returns Alembic's configuration for one of the two schemas."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("version_locations", str(_FOLDER / "versions" / schema))
    config.set_main_option("path_separator", "newline")
    config.attributes["schema"] = schema
    return config


def upgrade(registry: Database, checks: Database, random: Callable[[int], bytes]) -> None:
    """Migrates both schemas; a database that is newest already is left as it is.

    Raises:
        StorageUnavailable: the database is locked, full or away.
    """
    for schema, database in ((REGISTRY, registry), (CHECKS, checks)):
        config = configuration(schema)
        with database.write() as connection:
            _wait_for_turn(connection)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    with registry.write() as connection:
        _wait_for_turn(connection)
        if connection.execute(select(meta.c.name).where(meta.c.name == EPOCH)).first() is None:
            connection.execute(insert(meta).values(name=EPOCH, value=random(EPOCH_BYTES).hex()))
        connection.commit()


def _wait_for_turn(connection: Connection) -> None:
    """Keeps two processes from migrating at once; on SQLite there is one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def require_newest(registry: Database, checks: Database) -> None:
    """Raises `StorageUnavailable` unless both schemas are what this version of the program expects."""
    for schema, database in ((REGISTRY, registry), (CHECKS, checks)):
        newest = ScriptDirectory.from_config(configuration(schema)).get_current_head()
        with translated_errors(), database.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"version_table": version_table(schema)})
            present = context.get_current_revision()
        if present != newest:
            raise StorageUnavailable(
                f"The {schema} schema is at version {present or 'none'}, not {newest}: run takedown db upgrade."
            )


def version_table(schema: str) -> str:
    """Names the table that holds a schema's version; the two may share a PostgreSQL database."""
    return f"alembic_version_{schema}"
