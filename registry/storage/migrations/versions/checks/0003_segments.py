"""Segments of a check's matches in an uploaded clip."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Migrate the schema to this version. Both databases add a column with a constant default without a copy."""
    op.add_column(
        "checks", sa.Column("segments", sa.String(length=1000), nullable=False, server_default=sa.text("''"))
    )
