"""Erasure receipts."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Migrate the schema to this version."""
    op.create_table(
        "erasures",
        sa.Column("case_id", sa.String(length=24), nullable=False),
        sa.Column("counts", sa.String(length=400), nullable=True),
        sa.Column("statement", sa.Text(), nullable=True),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.Column("entry", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_erasures_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_erasures")),
    )
