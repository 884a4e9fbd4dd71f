"""The first schema of the checks."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Migrate the schema to this version."""
    op.create_table(
        "check_acknowledgements",
        sa.Column("tenant_id", sa.String(length=24), nullable=False),
        sa.Column("key_hmac", sa.LargeBinary(), nullable=False),
        sa.Column("request_hmac", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "key_hmac", name=op.f("pk_check_acknowledgements")),
    )
    with op.batch_alter_table("check_acknowledgements", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_check_acknowledgements_created_at"), ["created_at"], unique=False
        )

    op.create_table(
        "check_matches",
        sa.Column("check_id", sa.String(length=24), nullable=False),
        sa.Column("reference_id", sa.String(length=24), nullable=False),
        sa.PrimaryKeyConstraint("check_id", "reference_id", name=op.f("pk_check_matches")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("check_matches", schema=None) as batch_op:
        batch_op.create_index("ix_check_matches_reference_id", ["reference_id"], unique=False)

    op.create_table(
        "checks",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("tenant_id", sa.String(length=24), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("band", sa.String(length=40), nullable=False),
        sa.Column("kinds", sa.String(length=200), nullable=False),
        sa.Column("reasons", sa.String(length=400), nullable=False),
        sa.Column("policy_version", sa.String(length=40), nullable=False),
        sa.Column("as_of", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checks")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "probes",
        sa.Column("tenant_id", sa.String(length=24), nullable=False),
        sa.Column("reference_id", sa.String(length=24), nullable=False),
        sa.Column("probe_hmac", sa.LargeBinary(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "reference_id", "probe_hmac", name=op.f("pk_probes")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("probes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_probes_asked_on"), ["asked_on"], unique=False)
