"""Uploaders of the clips that wait for their check."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Migrate the schema to this version. Both databases add a column that may be NULL without a copy."""
    op.add_column("jobs", sa.Column("uploader_hmac", sa.LargeBinary(), nullable=True))
