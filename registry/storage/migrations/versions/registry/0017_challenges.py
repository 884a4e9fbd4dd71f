"""Challenges of cases and references, what is stated about them, and strikes. A suspension has its time."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Migrate the schema to this version."""
    op.create_table(
        "challenge_decisions",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("challenge_id", sa.String(length=24), nullable=False),
        sa.Column("credential_id", sa.String(length=24), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("is_bad_faith", sa.Boolean(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_challenge_decisions")),
        sa.UniqueConstraint(
            "challenge_id", "credential_id", name=op.f("uq_challenge_decisions_challenge_id_credential_id")
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "check_challenges",
        sa.Column("check_id", sa.String(length=24), nullable=False),
        sa.Column("tenant_id", sa.String(length=24), nullable=False),
        sa.Column("credential_id", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("challenged_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("check_id", name=op.f("pk_check_challenges")),
    )
    op.create_index(op.f("ix_check_challenges_tenant_id"), "check_challenges", ["tenant_id"])
    op.create_table(
        "strikes",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("party_id", sa.String(length=24), nullable=False),
        sa.Column("suspends", sa.String(length=40), nullable=False),
        sa.Column("challenge_id", sa.String(length=24), nullable=False),
        sa.Column("struck_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_strikes")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_strikes_party_id"), "strikes", ["party_id"])
    op.create_table(
        "challenges",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("case_id", sa.String(length=24), nullable=False),
        sa.Column("case_tenant_id", sa.String(length=24), nullable=False),
        sa.Column("reference_id", sa.String(length=24), nullable=True),
        sa.Column("tenant_id", sa.String(length=24), nullable=False),
        sa.Column("credential_id", sa.String(length=24), nullable=False),
        sa.Column("party_id", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("is_by_check", sa.Boolean(), nullable=False),
        sa.Column("is_effective", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("challenged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_challenges_case_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_challenges")),
        sa.UniqueConstraint("id", name=op.f("uq_challenges_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_challenges_case_id"), "challenges", ["case_id"])
    op.create_index("ix_challenges_case_tenant_id_number", "challenges", ["case_tenant_id", "number"])
    op.create_index(op.f("ix_challenges_party_id"), "challenges", ["party_id"])

    op.add_column("cases", sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True))
