"""Column types that both schemas share."""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, LargeBinary, String
from sqlalchemy.types import TypeDecorator

# SQLite generates keys only for INTEGER columns.
BIG_KEY: Final = BigInteger().with_variant(Integer, "sqlite")
ID: Final = String(24)
NAME: Final = String(40)
BYTES: Final = LargeBinary()


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes in UTC. Naive datetimes are refused, because SQLite drops offsets (9 hours wrong for Korea)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the datetime in UTC; raise `ValueError` for a naive one."""
        if value is None or value.tzinfo is UTC:
            return value
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the datetime as aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
