"""Migrate both schemas to their newest version with Alembic, and give a new database its epoch."""

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
"""Key of the advisory lock that migrations take on PostgreSQL."""

FOLDER: Final = Path(__file__).parent / "migrations"
"""Directory of Alembic's environment, the template of new migrations, and the migrations of both schemas."""


def configuration(schema: str, folder: Path = FOLDER) -> Config:
    """Return Alembic's configuration for one of the two schemas, by default with the program's own migrations."""
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("version_locations", str(folder / "versions" / schema))
    config.set_main_option("path_separator", "newline")
    config.attributes["schema"] = schema
    return config


def upgrade(registry: Database, checks: Database, random: Callable[[int], bytes]) -> None:
    """Migrate both schemas. A database at the newest version stays unchanged.

    Raises:
        StorageUnavailable: the database is locked, full or unreachable.
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
    """Keep two processes from migrating at once. SQLite has one writer at a time anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def require_newest(registry: Database, checks: Database) -> None:
    """Raise `StorageUnavailable` unless both schemas have the version that this program expects."""
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
    """Return the name of the table with a schema's version. Both schemas may share one PostgreSQL database."""
    return f"alembic_version_{schema}"
