"""Separate code families, and anchored windows."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WHOLE = "pdq-1"  # the family of all earlier rows


def upgrade() -> None:
    """Migrate the schema to this version."""
    op.create_table(
        "anchored_windows",
        sa.Column("reference_key", _BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("family", sa.String(length=40), nullable=False),
        sa.Column("profile", sa.String(length=40), nullable=False),
        sa.Column("count", sa.SmallInteger(), nullable=False),
        sa.Column("large_mask", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reference_key"], ["case_references.key"], name=op.f("fk_anchored_windows_reference_key")
        ),
        sa.PrimaryKeyConstraint("reference_key", "family", name=op.f("pk_anchored_windows")),
    )
    op.create_table(
        "code_families",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_code_families")),
    )
    _add_family_to_changes()
    _add_family_to_index_machines()


def _add_family_to_changes() -> None:
    kept = {"sqlite_autoincrement": True}  # SQLite copies the table, and ids must never be used again
    with op.batch_alter_table("changes", schema=None, table_kwargs=kept) as batch_op:
        batch_op.add_column(sa.Column("family", sa.String(length=40), nullable=False, server_default=_WHOLE))
    with op.batch_alter_table("changes", schema=None, table_kwargs=kept) as batch_op:
        batch_op.alter_column("family", existing_type=sa.String(length=40), server_default=None)
    with op.batch_alter_table("changes", schema=None, table_kwargs=kept) as batch_op:
        batch_op.create_index("ix_changes_family_position", ["family", "position"], unique=False)
    op.execute("INSERT INTO code_families (name) SELECT DISTINCT family FROM changes")


def _add_family_to_index_machines() -> None:
    old = sa.table(
        "index_machines",
        sa.column("id", sa.String()),
        sa.column("erased_position", sa.BigInteger()),
        sa.column("seen_at", sa.DateTime(timezone=True)),
    )
    rows = [{**row, "family": _WHOLE} for row in op.get_bind().execute(sa.select(old)).mappings()]
    op.drop_table("index_machines")
    new = op.create_table(
        "index_machines",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("family", sa.String(length=40), nullable=False),
        sa.Column("erased_position", _BIG_KEY, nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", "family", name=op.f("pk_index_machines")),
    )
    op.bulk_insert(new, rows)
