"""Quotas of tenants and keys. What tenants hold is counted once; what a key had registered before is not known."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Migrate the schema to this version."""
    op.create_table(
        "quotas",
        sa.Column("owner_id", sa.String(length=24), nullable=False),
        sa.Column("used_cases", sa.BigInteger(), nullable=False),
        sa.Column("used_references", sa.BigInteger(), nullable=False),
        sa.Column("max_cases", sa.BigInteger(), nullable=True),
        sa.Column("max_references", sa.BigInteger(), nullable=True),
        sa.Column("max_jobs", sa.BigInteger(), nullable=True),
        sa.Column("max_bytes", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("owner_id", name=op.f("pk_quotas")),
    )
    op.create_table(
        "case_uses",
        sa.Column("case_id", sa.String(length=24), nullable=False),
        sa.Column("credential_id", sa.String(length=24), nullable=False),
        sa.Column("cases", sa.BigInteger(), nullable=False),
        sa.Column("references", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_uses_case_id")),
        sa.PrimaryKeyConstraint("case_id", "credential_id", name=op.f("pk_case_uses")),
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index(
            "ix_jobs_live_of_keys",
            ["credential_id"],
            unique=False,
            sqlite_where=sa.text("sealed_key IS NOT NULL"),
            postgresql_where=sa.text("sealed_key IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_jobs_live_of_tenants",
            ["tenant_id"],
            unique=False,
            sqlite_where=sa.text("sealed_key IS NOT NULL"),
            postgresql_where=sa.text("sealed_key IS NOT NULL"),
        )
    op.execute(
        "INSERT INTO quotas (owner_id, used_cases, used_references)"
        " SELECT tenants.id,"
        " (SELECT count(*) FROM cases WHERE cases.tenant_id = tenants.id AND cases.withdrawn_at IS NULL),"
        " (SELECT count(*) FROM case_references JOIN cases ON cases.id = case_references.case_id"
        "  WHERE cases.tenant_id = tenants.id AND cases.withdrawn_at IS NULL)"
        " FROM tenants"
    )
