"""Verification records."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_UNKNOWN = "crd_0000000000000000"
"""Opener of a case that the ledger does not name. No key has this id.

It stays the default of the column, which both databases add in place: SQLite copies no table that others refer to.
"""


def upgrade() -> None:
    """Migrate the schema to this version.

    1. The opener of a case is the key of its first ledger entry.
    2. What openers stated of levels stays in effect: it becomes a record `before_records` of the opener. Nobody else
       stands behind it, so `verified_by` stays empty.
    3. Keys of agencies lose the permission to verify: whoever opens cases does not verify them.
    """
    op.add_column("ledger_entries", sa.Column("detail", sa.String(length=80), nullable=True))
    op.create_table(
        "verifications",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("case_id", sa.String(length=24), nullable=False),
        sa.Column("credential_id", sa.String(length=24), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("evidence", sa.String(length=40), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_verifications_case_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_verifications")),
        sa.UniqueConstraint("id", name=op.f("uq_verifications_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_verifications_case_id"), "verifications", ["case_id"])
    unknown, none = sa.text(f"'{_UNKNOWN}'"), sa.text("0")
    op.add_column(
        "cases", sa.Column("opened_by", sa.String(length=24), nullable=False, server_default=unknown)
    )
    op.add_column("cases", sa.Column("claimed_level", sa.SmallInteger(), nullable=False, server_default=none))
    op.add_column("cases", sa.Column("verified_by", sa.String(length=24), nullable=True))
    op.execute(  # 1.
        "UPDATE cases SET claimed_level = level, opened_by = COALESCE((SELECT credential_id FROM ledger_entries"
        " WHERE case_id = cases.id AND event = 'case.opened' ORDER BY number LIMIT 1), opened_by)"
    )
    op.execute(  # 2.
        "INSERT INTO verifications (id, case_id, credential_id, level, evidence, recorded_at)"
        " SELECT 'ver_' || substr(id, 6), id, opened_by, level, 'before_records', opened_at"
        " FROM cases WHERE level > 0 ORDER BY opened_at, id"
    )
    op.drop_index("ix_cases_tenant_id", table_name="cases")
    op.create_index("ix_cases_tenant_id_opened_at_id", "cases", ["tenant_id", "opened_at", "id"])
    op.execute(  # 3.
        "UPDATE credentials SET permissions = TRIM(REPLACE(' ' || permissions || ' ', ' tenant:case:verify ', ' '))"
        " WHERE role = 'agency'"
    )
