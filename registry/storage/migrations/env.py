"""Alembic's environment. It runs on the connection that `registry.storage.migrate` hands over."""

from typing import Literal

from alembic import context

from registry.storage import REGISTRY, version_table
from registry.storage.schema import UtcDateTime, check_tables, tables


def render(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Render our own column type as the plain type, because migrations must not change with the program."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


schema = context.config.attributes["schema"]
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.metadata if schema == REGISTRY else check_tables.metadata,
    version_table=version_table(schema),
    render_as_batch=True,
    render_item=render,
    compare_server_default=True,
)
context.run_migrations()
