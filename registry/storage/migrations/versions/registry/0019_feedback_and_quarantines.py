"""Feedback and quarantines."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Migrate the schema to this version."""
    op.create_table(
        "quarantines",
        sa.Column("reference_id", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("quarantined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["reference_id"], ["case_references.id"], name=op.f("fk_quarantines_reference_id")
        ),
        sa.PrimaryKeyConstraint("reference_id", name=op.f("pk_quarantines")),
    )
    op.create_index("ix_quarantines_cleared_at", "quarantines", ["cleared_at"])

    op.create_table(
        "reference_votes",
        sa.Column("reference_id", sa.String(length=24), nullable=False),
        sa.Column("tenant_id", sa.String(length=24), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("confirmed", sa.Integer(), nullable=False),
        sa.Column("mistaken", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reference_id"], ["case_references.id"], name=op.f("fk_reference_votes_reference_id")
        ),
        sa.PrimaryKeyConstraint("reference_id", "tenant_id", "source", name=op.f("pk_reference_votes")),
    )
    op.add_column("decisions", sa.Column("feedback", sa.String(length=40), nullable=True))
