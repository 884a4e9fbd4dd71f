"""Uploaders of probes, and probes that were held."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Migrate the schema to this version. Both databases add the columns without a copy."""
    op.add_column("probes", sa.Column("uploader_hmac", sa.LargeBinary(), nullable=True))
    op.add_column("probes", sa.Column("is_held", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_probes_tenant_id_uploader_hmac", "probes", ["tenant_id", "uploader_hmac"])
    op.create_index("ix_probes_tenant_id_is_held", "probes", ["tenant_id", "is_held"])
