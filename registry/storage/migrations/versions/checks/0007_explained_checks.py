"""Explained checks."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Migrate the schema to this version."""
    op.create_table(
        "explanations",
        sa.Column("check_id", sa.String(length=24), nullable=False),
        sa.Column("tenant_id", sa.String(length=24), nullable=False),
        sa.Column("credential_id", sa.String(length=24), nullable=False),
        sa.Column("explained_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("check_id", name="pk_explanations"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_explanations_explained_on", "explanations", ["explained_on"])
    op.create_index("ix_explanations_tenant_id", "explanations", ["tenant_id"])
