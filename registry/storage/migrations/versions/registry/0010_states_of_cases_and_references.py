"""States of cases and references."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Migrate the schema to this version.

    A case was active or withdrawn. A withdrawn one whose erasure is finished is erased now. Both databases add a column
    with a constant default without a copy.
    """
    op.add_column(
        "case_references",
        sa.Column("state", sa.String(length=40), nullable=False, server_default=sa.text("'indexed'")),
    )
    op.execute("UPDATE cases SET state = 'erased' WHERE state = 'withdrawn' AND erased_at IS NOT NULL")
    op.execute(
        "UPDATE case_references SET state = 'removed'"
        " WHERE case_id IN (SELECT id FROM cases WHERE withdrawn_at IS NOT NULL)"
    )
