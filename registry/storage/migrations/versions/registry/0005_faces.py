"""Faces: keys of subjects, photographs and templates."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Migrate the schema to this version."""
    op.create_table(
        "face_keys",
        sa.Column("case_id", sa.String(length=24), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_face_keys_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_face_keys")),
    )
    with op.batch_alter_table("face_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_face_keys_made_at"), ["made_at"], unique=False)
    op.create_table(
        "face_photos",
        sa.Column("reference_key", _BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("engine", sa.String(length=40), nullable=False),
        sa.Column("model_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reference_key"], ["case_references.key"], name=op.f("fk_face_photos_reference_key")
        ),
        sa.PrimaryKeyConstraint("reference_key", "engine", name=op.f("pk_face_photos")),
    )
    op.create_table(
        "face_templates",
        sa.Column("key", _BIG_KEY, nullable=False),
        sa.Column("case_id", sa.String(length=24), nullable=False),
        sa.Column("engine", sa.String(length=40), nullable=False),
        sa.Column("model_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("photographs", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_face_templates_case_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_face_templates")),
        sa.UniqueConstraint("case_id", "engine", name=op.f("uq_face_templates_case_id_engine")),
        sqlite_autoincrement=True,
    )
