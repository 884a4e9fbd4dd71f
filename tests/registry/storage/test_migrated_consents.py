"""The migration that makes consents rows: what was registered before has one, and faces refer to it."""

import pytest
from alembic import command
from sqlalchemy import insert, text

from index.verdict.vocabulary import Level
from registry.domain.consent import BEFORE_TEXTS, ConsentPurpose, ConsentWay, Language
from registry.storage import migrate
from registry.storage.schema.face_tables import consents
from tests.support.databases.registry_parts import NOW, a_case
from tests.support.faces.stored import a_photo, consent_to_faces

_OLD = """
INSERT INTO tenants (id, label, created_at) VALUES ('ten_alice', 'alice', '2026-03-01 12:00:00');
INSERT INTO cases (id, tenant_id, level, state, opened_at, opened_by, claimed_level) VALUES
    ('case_faces', 'ten_alice', 2, 'active', '2026-03-01 12:00:00', 'crd_alice', 2),
    ('case_codes', 'ten_alice', 1, 'active', '2026-03-01 12:00:00', 'crd_0000000000000000', 1),
    ('case_empty', 'ten_alice', 1, 'active', '2026-03-01 12:00:00', 'crd_alice', 1);
INSERT INTO cases (id, tenant_id, level, state, opened_at, opened_by, claimed_level, withdrawn_at) VALUES
    ('case_gone', 'ten_alice', 1, 'erased', '2026-03-01 12:00:00', 'crd_alice', 1, '2026-03-02 12:00:00');
INSERT INTO case_references (key, id, case_id, tenant_id, kind, enrolled_at) VALUES
    (1, 'ref_face', 'case_faces', 'ten_alice', 'likeness', '2026-03-01 12:00:00'),
    (2, 'ref_code', 'case_codes', 'ten_alice', 'intimate_item', '2026-03-01 12:00:00'),
    (3, 'ref_gone', 'case_gone', 'ten_alice', 'intimate_item', '2026-03-01 12:00:00');
INSERT INTO ledger_entries (number, event, tenant_id, credential_id, at, case_id, digest) VALUES
    (1, 'likeness.consented', 'ten_alice', 'crd_bob', '2026-03-01 12:00:00', 'case_faces', '1');
INSERT INTO face_keys (case_id, number, made_at, sealed_key) VALUES ('case_faces', 1, '2026-03-01 13:00:00', '1');
INSERT INTO face_photos (reference_key, engine, model_sha256, sealed) VALUES (1, 'large-1', '1', '1');
INSERT INTO face_templates (key, case_id, engine, model_sha256, photographs, sealed) VALUES
    (7, 'case_faces', 'large-1', '1', 1, '1');
INSERT INTO face_templates (key, case_id, engine, model_sha256, photographs, sealed) VALUES
    (9, 'case_faces', 'small-1', '1', 1, '1');
DELETE FROM face_templates WHERE key = 9
"""


@pytest.fixture
def old(empty_databases):
    """The databases of version 0014 with a likeness."""
    config = migrate.configuration(migrate.REGISTRY)
    with empty_databases.registry.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0014")
        for statement in _OLD.split(";"):
            connection.exec_driver_sql(statement)
        if empty_databases.location.kind == "postgresql":
            for name in ("case_references", "face_templates"):
                connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'key'), 9)"))
        connection.commit()
    migrate.upgrade(empty_databases.registry, empty_databases.checks, bytes)
    return empty_databases


def test_what_was_registered_has_its_consents(old):
    """A case with references has one for its fingerprints, a likeness one more; a withdrawn or empty case has none."""
    with old.units.read() as unit:
        prints, face = unit.consents.of_case("case_faces")
        (codes,) = unit.consents.of_case("case_codes")
        assert unit.consents.of_case("case_gone") == unit.consents.of_case("case_empty") == ()
    assert (prints.purpose, prints.recorded_by, prints.text) == (
        ConsentPurpose.FINGERPRINTS,
        "crd_alice",
        BEFORE_TEXTS,
    )
    assert (face.purpose, face.recorded_by, face.id) == (ConsentPurpose.LIKENESS, "crd_bob", "con_face")
    assert (face.stated.language, face.stated.way) == (Language.UNKNOWN, ConsentWay.API)
    assert codes.recorded_by is None


def test_faces_refer_to_their_consent_and_can_be_withdrawn(old):
    """The rows of faces are there, and go with the consent."""
    with old.registry.read() as connection:
        found = connection.execute(text("SELECT case_id FROM face_photos")).scalar_one()
        letting = connection.execute(
            text("SELECT case_id FROM consents WHERE faces_of_case IS NOT NULL")
        ).scalar_one()
    assert found == letting == "case_faces"
    with old.units.write() as unit:
        unit.references.erase_faces("case_faces", NOW)
        assert unit.consents.withdraw("case_faces", [ConsentPurpose.LIKENESS], NOW) == 1
        unit.commit()


def test_no_key_of_a_template_is_used_again(old):
    """The next template has a higher key than any before it, also than those that are gone."""
    case = a_case(level=Level.V2)
    with old.units.write() as unit:
        unit.cases.add(case)
        consent_to_faces(unit, case)
        unit.references.add(a_photo(case, "alice"))
        unit.commit()
    with old.registry.read() as connection:
        keys = connection.execute(text("SELECT key FROM face_templates ORDER BY key")).scalars().all()
    assert len(keys) == 3
    assert min(keys[1:]) > 9


def test_a_new_row_of_consents_comes_after_the_migrated_ones(old):
    """Their order is that of their numbers."""
    row = {"purpose": "fingerprints", "text": "t", "language": "en", "way": "api", "given_at": NOW}
    with old.registry.write() as connection:
        connection.execute(insert(consents).values(id="con_new", case_id="case_codes", **row))
        connection.commit()
    with old.units.read() as unit:
        assert [one.id for one in unit.consents.of_case("case_codes")] == ["con_codes", "con_new"]
