"""Inserts that may meet a row that is there. SQLAlchemy has them for each database by itself."""

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_into(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an insert that has `on_conflict_do_nothing` and `on_conflict_do_update`.

    Args:
        dialect: SQLAlchemy's name of the database.
        table: the table.
    """
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
