"""People told to uploaders, and uploads with a face."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Migrate the schema to this version."""
    op.create_table(
        "face_uploads",
        sa.Column("tenant_id", sa.String(length=24), nullable=False),
        sa.Column("seen_on", sa.Date(), nullable=False),
        sa.Column("uploads", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "seen_on", name=op.f("pk_face_uploads")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "people_told",
        sa.Column("tenant_id", sa.String(length=24), nullable=False),
        sa.Column("case_id", sa.String(length=24), nullable=False),
        sa.Column("uploader_hmac", sa.LargeBinary(), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.Column("is_told", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "case_id", "uploader_hmac", name=op.f("pk_people_told")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_people_told_case_id", "people_told", ["case_id"])
    op.create_index("ix_people_told_tenant_id_uploader_hmac", "people_told", ["tenant_id", "uploader_hmac"])
    op.create_index(op.f("ix_people_told_told_on"), "people_told", ["told_on"])
