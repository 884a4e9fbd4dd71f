"""Whole codes of key frames: the change log names those of the clips that are already registered."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_FAMILY = "frame-pdq-1"
_WINDOWS = "frames-1"  # the family of the rows, in which the whole codes are sealed
_SEARCHED_QUALITY = 50

_frames = sa.table(
    "clip_frames",
    sa.column("key", sa.BigInteger()),
    sa.column("family", sa.String()),
    sa.column("quality", sa.SmallInteger()),
)
_changes = sa.table(
    "changes",
    sa.column("position", sa.BigInteger()),
    sa.column("family", sa.String()),
    sa.column("code_id", sa.BigInteger()),
    sa.column("added", sa.Boolean()),
    sa.column("changed_at", sa.DateTime(timezone=True)),
)
_families = sa.table("code_families", sa.column("name", sa.String()))


def upgrade() -> None:
    """Migrate the schema to this version. The indexes then read the new entries and open the rows."""
    connection = op.get_bind()
    position: sa.ColumnElement[Any] = sa.null()  # on PostgreSQL the sequencer numbers them
    if connection.dialect.name == "sqlite":
        head = sa.select(sa.func.coalesce(sa.func.max(_changes.c.position), 0)).scalar_subquery()
        position = head + sa.func.row_number().over(order_by=_frames.c.key)
    at = sa.literal(datetime.now(UTC), sa.DateTime(timezone=True))
    entries = (
        sa.select(sa.cast(position, sa.BigInteger()), sa.literal(_FAMILY), _frames.c.key, sa.true(), at)
        .where(_frames.c.family == _WINDOWS, _frames.c.quality >= _SEARCHED_QUALITY)
        .order_by(_frames.c.key)
    )
    columns = ["position", "family", "code_id", "added", "changed_at"]
    connection.execute(sa.insert(_changes).from_select(columns, entries))
    logged = sa.exists().where(_changes.c.family == _FAMILY)
    connection.execute(
        sa.insert(_families).from_select(["name"], sa.select(sa.literal(_FAMILY)).where(logged))
    )
