"""Altered regions of a check's matches."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Migrate the schema to this version. Both databases add a column with a constant default without a copy."""
    op.add_column(
        "checks", sa.Column("altered", sa.String(length=200), nullable=False, server_default=sa.text("''"))
    )
