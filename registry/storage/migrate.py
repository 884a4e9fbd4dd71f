"""Migrate both schemas to their newest version with Alembic, and give a new database its epoch."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, select, text

from registry.errors import StorageUnavailable
from registry.storage.codes import EPOCH, EPOCH_BYTES
from registry.storage.database import PATIENCE_MS, Database
from registry.storage.failures import translated_errors
from registry.storage.schema import meta

REGISTRY: Final = "registry"
CHECKS: Final = "checks"
REGISTRY_ID: Final = "registry"
"""Name of the random id of the registry's data. Unlike the epoch, a restored database keeps it."""

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
        with _turn(database) as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    with _turn(registry) as connection:
        for name in (EPOCH, REGISTRY_ID):
            if connection.execute(select(meta.c.name).where(meta.c.name == name)).first() is None:
                connection.execute(insert(meta).values(name=name, value=random(EPOCH_BYTES).hex()))
        connection.commit()


@contextmanager
def _turn(database: Database) -> Iterator[Connection]:
    """Begin a writing transaction of the one process that migrates. The others wait for `PATIENCE_MS`.

    SQLite has one writer at a time. On PostgreSQL only the lock between migrations is waited for that long: a migration
    that waits for a table's lock keeps all later requests waiting behind it.
    """
    with database.write(patient=True) as connection:
        connection.begin()  # or Alembic commits after each migration on SQLite, and another process comes in between
        if not database.is_sqlite:
            connection.execute(text(f"SET LOCAL lock_timeout = {PATIENCE_MS}"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            connection.execute(text("SET LOCAL lock_timeout TO DEFAULT"))
        yield connection


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


def registry_id(registry: Database) -> str:
    """Return the id of the registry's data, 32 hexadecimal digits."""
    with registry.read() as connection:
        found: str = connection.execute(select(meta.c.value).where(meta.c.name == REGISTRY_ID)).scalar_one()
    return found


def version_table(schema: str) -> str:
    """Return the name of the table with a schema's version. Both schemas may share one PostgreSQL database."""
    return f"alembic_version_{schema}"
