"""Cases without an account."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_TENANT = "ten_000000000000000c"


def upgrade() -> None:
    """Migrate the schema to this version, and make the tenant of all cases without an account."""
    op.create_table(
        "claim_accesses",
        sa.Column("case_id", sa.String(length=24), nullable=False),
        sa.Column("secret_salt", sa.LargeBinary(), nullable=False),
        sa.Column("secret_tag", sa.SmallInteger(), nullable=False),
        sa.Column("secret_digest", sa.LargeBinary(), nullable=False),
        sa.Column("recovery_salt", sa.LargeBinary(), nullable=False),
        sa.Column("recovery_tag", sa.SmallInteger(), nullable=False),
        sa.Column("recovery_digest", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_claim_accesses_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_claim_accesses")),
    )
    op.create_table(
        "claim_contacts",
        sa.Column("case_id", sa.String(length=24), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_claim_contacts_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_claim_contacts")),
    )
    tenants = sa.table(
        "tenants", sa.column("id"), sa.column("label"), sa.column("created_at", sa.DateTime(timezone=True))
    )
    if op.get_bind().execute(sa.select(tenants.c.id).where(tenants.c.id == _TENANT)).first() is None:
        op.bulk_insert(
            tenants, [{"id": _TENANT, "label": "cases without an account", "created_at": datetime.now(UTC)}]
        )
