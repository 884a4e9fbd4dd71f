"""Labels and lists of checks."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Migrate the schema to this version."""
    op.create_table(
        "check_labels",
        sa.Column("check_id", sa.String(length=24), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("check_id", "label", name=op.f("pk_check_labels")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("check_labels", schema=None) as batch_op:
        batch_op.create_index("ix_check_labels_label", ["label"], unique=False)

    with op.batch_alter_table("checks", schema=None) as batch_op:
        batch_op.create_index(
            "ix_checks_tenant_id_checked_at_id", ["tenant_id", "checked_at", "id"], unique=False
        )
