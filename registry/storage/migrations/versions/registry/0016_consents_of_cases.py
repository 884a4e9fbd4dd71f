"""Consents of cases."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Migrate the schema to this version.

    1. What was registered had the subject's consent, as whoever registered it stated: it becomes consents whose text is
       `before_texts`. That to a likeness is in the ledger. An opener that the ledger does not name (0014) is none.
    2. The tables of faces then refer to them. SQLite copies these tables; keys of templates are never used again.
    """
    op.create_table(
        "consents",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("case_id", sa.String(length=24), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("text", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=40), nullable=False),
        sa.Column("way", sa.String(length=40), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=24), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("faces_of_case", sa.String(length=24), nullable=True),
        sa.CheckConstraint(
            "faces_of_case IS NULL OR (faces_of_case = case_id AND purpose = 'likeness' AND withdrawn_at IS NULL)",
            name="ck_consents_faces_of_case",
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_consents_case_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_consents")),
        sa.UniqueConstraint("faces_of_case", name=op.f("uq_consents_faces_of_case")),
        sa.UniqueConstraint("id", name=op.f("uq_consents_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consents_case_id"), ["case_id"], unique=False)

    _record_consents()
    _refer_to_consents()
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("consent_language", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("consent_way", sa.String(length=40), nullable=True))


def _record_consents() -> None:
    op.execute(  # 1.
        "INSERT INTO consents (id, case_id, purpose, text, language, way, given_at, recorded_by)"
        " SELECT 'con_' || substr(id, 6), id, 'fingerprints', 'before_texts', 'und', 'api', opened_at,"
        " NULLIF(opened_by, 'crd_0000000000000000') FROM cases WHERE withdrawn_at IS NULL"
        " AND EXISTS (SELECT 1 FROM case_references WHERE case_id = cases.id) ORDER BY opened_at, id"
    )
    op.execute(
        "INSERT INTO consents (id, case_id, purpose, text, language, way, given_at, recorded_by, faces_of_case)"
        " SELECT 'con_' || substr((SELECT min(id) FROM case_references WHERE case_id = face_keys.case_id"
        " AND kind = 'likeness'), 5), case_id, 'likeness', 'before_texts', 'und', 'api', made_at,"
        " (SELECT credential_id FROM ledger_entries WHERE case_id = face_keys.case_id"
        " AND event = 'likeness.consented' ORDER BY number LIMIT 1), case_id FROM face_keys ORDER BY made_at, case_id"
    )


def _refer_to_consents() -> None:
    with op.batch_alter_table("face_keys", schema=None) as batch_op:  # 2.
        batch_op.drop_constraint(batch_op.f("fk_face_keys_case_id"), type_="foreignkey")
        batch_op.create_foreign_key(
            batch_op.f("fk_face_keys_case_id"), "consents", ["case_id"], ["faces_of_case"]
        )
    op.add_column("face_photos", sa.Column("case_id", sa.String(length=24), nullable=True))
    op.execute(
        "UPDATE face_photos SET case_id ="
        " (SELECT case_id FROM case_references WHERE case_references.key = face_photos.reference_key)"
    )
    with op.batch_alter_table("face_photos", schema=None) as batch_op:
        batch_op.alter_column("case_id", existing_type=sa.String(length=24), nullable=False)
        batch_op.create_index(batch_op.f("ix_face_photos_case_id"), ["case_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_face_photos_case_id"), "consents", ["case_id"], ["faces_of_case"]
        )
    highest = _highest_template()
    kept = {"sqlite_autoincrement": True}
    with op.batch_alter_table("face_templates", schema=None, table_kwargs=kept) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_face_templates_case_id"), type_="foreignkey")
        batch_op.create_foreign_key(
            batch_op.f("fk_face_templates_case_id"), "consents", ["case_id"], ["faces_of_case"]
        )
    if highest is not None:
        op.execute("DELETE FROM sqlite_sequence WHERE name = 'face_templates'")
        op.execute(f"INSERT INTO sqlite_sequence (name, seq) VALUES ('face_templates', {highest:d})")  # noqa: S608  a number


def _highest_template() -> int | None:
    """Return the highest key that SQLite has ever given to a template; None on PostgreSQL, and if there was none."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return None
    query = sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'face_templates'")
    found: int | None = connection.execute(query).scalar_one_or_none()
    return found
