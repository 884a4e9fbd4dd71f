"""Sources and times of matches."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Migrate the schema to this version."""
    # Columns without a default are added in place. A copy of a table with a row for every match would take long.
    op.add_column("check_matches", sa.Column("source", sa.LargeBinary(), nullable=True))
    op.add_column("check_matches", sa.Column("tight_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_check_matches_tight_at",
        "check_matches",
        ["tight_at"],
        sqlite_where=sa.text("tight_at IS NOT NULL"),
        postgresql_where=sa.text("tight_at IS NOT NULL"),
    )
