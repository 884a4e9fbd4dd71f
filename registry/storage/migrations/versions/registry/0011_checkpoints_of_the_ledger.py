"""Checkpoints of the ledger, the tiles of its tree, and an index by which a receipt is found."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Migrate the schema to this version. The first checkpoint makes the tree over the entries there are."""
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "ledger_checkpoints",
        sa.Column("size", key, autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_ledger_checkpoints")),
    )
    op.create_table(
        "ledger_tiles",
        sa.Column("level", key, autoincrement=False, nullable=False),
        sa.Column("position", key, autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "position", name=op.f("pk_ledger_tiles")),
    )
    op.create_index("ix_ledger_entries_digest", "ledger_entries", ["digest"])
