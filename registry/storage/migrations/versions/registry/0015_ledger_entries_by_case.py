"""An index of the ledger's entries by their cases."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Migrate the schema to this version."""
    named = sa.text("case_id IS NOT NULL")
    op.create_index(
        "ix_ledger_entries_case_id",
        "ledger_entries",
        ["case_id"],
        sqlite_where=named,
        postgresql_where=named,
    )
