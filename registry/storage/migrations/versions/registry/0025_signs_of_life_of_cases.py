"""Signs of life of cases."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Migrate the schema to this version."""
    op.create_table(
        "retention_notices",
        sa.Column("case_id", sa.String(length=24), nullable=False),
        sa.Column("days", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_retention_notices_case_id")),
        sa.PrimaryKeyConstraint("case_id", "days", name=op.f("pk_retention_notices")),
    )
    op.add_column("cases", sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True))
