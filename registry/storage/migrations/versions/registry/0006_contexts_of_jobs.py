"""Contexts of jobs: platforms' statements about the place of a clip."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Migrate the schema to this version."""
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("context", sa.String(length=40), server_default="general", nullable=False)
        )
