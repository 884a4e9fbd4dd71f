"""Clips and their key frames."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Migrate the schema to this version."""
    op.create_table(
        "clips",
        sa.Column("reference_key", _BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("profile", sa.String(length=40), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("frame_count", sa.Integer(), nullable=False),
        sa.Column("found_frames", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reference_key"], ["case_references.key"], name=op.f("fk_clips_reference_key")
        ),
        sa.PrimaryKeyConstraint("reference_key", name=op.f("pk_clips")),
    )
    op.create_table(
        "clip_frames",
        sa.Column("key", _BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("family", sa.String(length=40), nullable=False),
        sa.Column("reference_key", _BIG_KEY, nullable=False),
        sa.Column("start_ms", sa.Integer(), nullable=False),
        sa.Column("end_ms", sa.Integer(), nullable=False),
        sa.Column("quality", sa.SmallInteger(), nullable=True),
        sa.Column("flat_share", sa.Float(), nullable=False),
        sa.Column("count", sa.SmallInteger(), nullable=False),
        sa.Column("large_mask", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reference_key"], ["clips.reference_key"], name=op.f("fk_clip_frames_reference_key")
        ),
        sa.PrimaryKeyConstraint("key", "family", name=op.f("pk_clip_frames")),
    )
    with op.batch_alter_table("clip_frames", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_clip_frames_reference_key"), ["reference_key"], unique=False)
