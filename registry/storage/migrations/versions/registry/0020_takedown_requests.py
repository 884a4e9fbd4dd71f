"""Takedown requests."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Migrate the schema to this version."""
    op.create_table(
        "takedown_keys",
        sa.Column("case_id", sa.String(length=24), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_takedown_keys_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_takedown_keys")),
    )
    op.create_table(
        "takedowns",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("case_id", sa.String(length=24), nullable=False),
        sa.Column("tenant_id", sa.String(length=24), nullable=False),
        sa.Column("platform_id", sa.String(length=24), nullable=True),
        sa.Column("profile", sa.String(length=40), nullable=False),
        sa.Column("profile_version", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(length=24), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("extensions", sa.Integer(), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("missed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("executed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("block_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("appeal_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_takedowns_case_id")),
        sa.ForeignKeyConstraint(["platform_id"], ["tenants.id"], name=op.f("fk_takedowns_platform_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_takedowns_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_takedowns")),
    )
    with op.batch_alter_table("takedowns", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_takedowns_case_id"), ["case_id"], unique=False)
        batch_op.create_index("ix_takedowns_opened_by_opened_at", ["opened_by", "opened_at"], unique=False)
        batch_op.create_index(
            "ix_takedowns_platform_id_due_at_id", ["platform_id", "due_at", "id"], unique=False
        )
        batch_op.create_index(
            "ix_takedowns_platform_id_opened_at_id", ["platform_id", "opened_at", "id"], unique=False
        )
        batch_op.create_index("ix_takedowns_profile_ended_at", ["profile", "ended_at"], unique=False)
        batch_op.create_index("ix_takedowns_state_due_at", ["state", "due_at"], unique=False)
        batch_op.create_index("ix_takedowns_tenant_id_due_at_id", ["tenant_id", "due_at", "id"], unique=False)
        batch_op.create_index(
            "ix_takedowns_tenant_id_opened_at_id", ["tenant_id", "opened_at", "id"], unique=False
        )

    op.create_table(
        "takedown_contents",
        sa.Column("takedown_id", sa.String(length=24), nullable=False),
        sa.Column("case_id", sa.String(length=24), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_takedown_contents_case_id")),
        sa.ForeignKeyConstraint(
            ["takedown_id"], ["takedowns.id"], name=op.f("fk_takedown_contents_takedown_id")
        ),
        sa.PrimaryKeyConstraint("takedown_id", name=op.f("pk_takedown_contents")),
    )
    with op.batch_alter_table("takedown_contents", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_takedown_contents_case_id"), ["case_id"], unique=False)

    op.create_table(
        "takedown_events",
        sa.Column("takedown_id", sa.String(length=24), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.String(length=24), nullable=True),
        sa.Column("credential_id", sa.String(length=24), nullable=True),
        sa.ForeignKeyConstraint(
            ["takedown_id"], ["takedowns.id"], name=op.f("fk_takedown_events_takedown_id")
        ),
        sa.PrimaryKeyConstraint("takedown_id", "number", name=op.f("pk_takedown_events")),
    )
