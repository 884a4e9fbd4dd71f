"""Alembic's environment: runs on the connection that `registry.storage.migrate` hands over."""

from alembic import context

from registry.storage import REGISTRY, version_table
from registry.storage.schema import check_tables, tables

schema = context.config.attributes["schema"]
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.metadata if schema == REGISTRY else check_tables.metadata,
    version_table=version_table(schema),
    render_as_batch=True,
)
context.run_migrations()
