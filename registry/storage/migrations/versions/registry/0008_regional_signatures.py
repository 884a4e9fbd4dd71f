"""Regional signatures of pictures and key frames."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Migrate the schema to this version. Both databases add columns that may be NULL without a copy.

    Rows of older versions have no signature: the media that it is computed from was not kept.
    """
    for table in ("anchored_windows", "clip_frames"):
        op.add_column(table, sa.Column("regions", sa.String(length=40), nullable=True))
        op.add_column(table, sa.Column("sealed_regions", sa.LargeBinary(), nullable=True))
