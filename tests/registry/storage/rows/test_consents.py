"""Consents as rows, and the database's own refusal of a face without one."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from index.verdict.vocabulary import Level
from registry.domain.consent import ConsentPurpose
from registry.storage.schema.face_tables import consents, face_keys, face_photos, face_templates
from registry.storage.schema.tables import references
from tests.support.databases.registry_parts import NOW, a_case, a_reference, pdq
from tests.support.faces.stored import LARGE, a_photo, consent_to_faces, enrol_faces, face_feed

LIKENESS = (ConsentPurpose.LIKENESS,)


@pytest.fixture
def case(databases):
    """A case with a picture and without a consent to faces."""
    case = a_case(level=Level.V2)
    with databases.units.write() as unit:
        unit.cases.add(case)
        unit.references.add(a_reference(case, pdq(1)))
        unit.commit()
    return case


def _rows(databases, table):
    with databases.registry.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _reference_key(databases, case):
    with databases.registry.read() as connection:
        query = select(references.c.key).where(references.c.case_id == case.id)
        return connection.execute(query.limit(1)).scalar_one()


def _face_rows(databases, case):
    key = {"case_id": case.id, "number": 1, "made_at": NOW, "sealed_key": b"1"}
    made = {"case_id": case.id, "engine": "large-1", "model_sha256": bytes(32), "sealed": b"1"}
    photo = {**made, "reference_key": _reference_key(databases, case)}
    return {face_keys: key, face_photos: photo, face_templates: {**made, "photographs": 1}}


@pytest.mark.parametrize("table", [face_keys, face_photos, face_templates], ids=lambda table: table.name)
@pytest.mark.parametrize("was", ["never", "withdrawn", "of fingerprints", "of another case"])
def test_no_face_is_inserted_without_a_consent_in_force(databases, case, table, was):
    """Plain SQL is refused by the database, whatever else the case has agreed to."""
    with databases.units.write() as unit:
        if was == "of another case":
            other = a_case(level=Level.V2)
            unit.cases.add(other)
            consent_to_faces(unit, other)
        elif was == "withdrawn":
            consent_to_faces(unit, case)
            unit.consents.withdraw(case.id, LIKENESS, NOW)
        elif was == "of fingerprints":
            consent = replace(consent_to_faces(unit, a_case_in(unit)), id="con_prints", case_id=case.id)
            unit.consents.add(replace(consent, purpose=ConsentPurpose.FINGERPRINTS))
        unit.commit()
    row = _face_rows(databases, case)[table]
    with databases.registry.engine.connect() as connection, pytest.raises(IntegrityError):
        connection.execute(insert(table).values(row))
    assert _rows(databases, table) == 0


def a_case_in(unit):
    case = a_case(level=Level.V2)
    unit.cases.add(case)
    return case


def test_the_same_rows_are_taken_with_a_consent(databases, case):
    """The refusals above are of the consent alone."""
    with databases.units.write() as unit:
        consent_to_faces(unit, case)
        unit.commit()
    with databases.registry.write() as connection:
        for table, row in _face_rows(databases, case).items():
            connection.execute(insert(table).values(row))
        connection.commit()
    assert _rows(databases, face_photos) == 1


@pytest.mark.parametrize(
    "change",
    [
        update(consents).values(faces_of_case=None, withdrawn_at=NOW),
        update(consents).values(withdrawn_at=NOW),
        update(consents).values(purpose="fingerprints"),
        delete(consents),
    ],
    ids=["withdrawn", "withdrawn by half", "another purpose", "deleted"],
)
def test_a_consent_does_not_end_while_faces_stand(databases, change):
    """By plain SQL no consent is withdrawn, changed or deleted before the faces that it allows are gone."""
    enrol_faces(databases.units, "alice")
    with databases.registry.engine.connect() as connection, pytest.raises(IntegrityError):
        connection.execute(change)


@pytest.mark.parametrize("purpose", [None, "fingerprints"])
def test_only_a_consent_to_the_likeness_lets_faces_in(databases, case, purpose):
    """A row of another purpose, or of another case, cannot be the one to which faces refer."""
    with databases.units.write() as unit:
        consent_to_faces(unit, case)
        unit.consents.withdraw(case.id, LIKENESS, NOW)
        unit.commit()
    wrong = {"faces_of_case": case.id} if purpose is None else {"faces_of_case": case.id, "purpose": purpose}
    with databases.registry.engine.connect() as connection, pytest.raises(IntegrityError):
        connection.execute(update(consents).values(wrong))


def test_faces_are_refused_where_the_consent_is_missing(databases, case):
    """A program that forgets the consent stores nothing: the failure is told, not overlooked."""
    photo = a_photo(case, "alice")
    with databases.units.write() as unit, pytest.raises(IntegrityError):
        unit.references.add(photo)
    assert _rows(databases, face_keys) == 0


def test_faces_go_and_fingerprints_stay(databases):
    """The faces of one case leave rows, log and index; its codes and other people's faces stay."""
    case, other = (enrol_faces(databases.units, person, 2) for person in ("alice", "bob"))
    feed = face_feed(databases, LARGE)
    with databases.units.write() as unit:
        before = unit.references.of_case(case.id)
        unit.references.erase_faces(case.id, NOW)
        assert unit.consents.withdraw(case.id, LIKENESS, NOW) == 1
        unit.commit()
    with databases.units.read() as unit:
        after = unit.references.of_case(case.id)
        assert [one.codes for one in after] == [one.codes for one in before]
        assert {one.face_engines for one in after} == {()}
        assert [one.withdrawn_at for one in unit.consents.of_case(case.id)] == [NOW]
        assert [one.withdrawn_at for one in unit.consents.of_case(other.id)] == [None]
    feed.state()
    _, ids, _ = feed.everything()
    (found,) = databases.candidates().confirm_faces(ids.tolist(), LARGE)
    assert found.case_id == other.id
    feed.close()


def test_a_consent_that_is_given_again_is_another_row(databases, case):
    """After a withdrawal the subject may agree anew; the first row keeps its time."""
    later = NOW + timedelta(days=1)
    with databases.units.write() as unit:
        consent_to_faces(unit, case, 1)
        unit.consents.withdraw(case.id, LIKENESS, later)
        consent_to_faces(unit, case, 2)
        consent_to_faces(unit, case, 3)
        unit.references.add(a_photo(case, "alice"))
        unit.commit()
    with databases.units.read() as unit:
        assert [one.withdrawn_at for one in unit.consents.of_case(case.id)] == [later, None, None]
        assert unit.consents.unerased() == ((case.id, case.tenant_id),)
    with databases.units.write() as unit:
        unit.consents.save_erased([case.id], later, later)
        unit.commit()
    with databases.units.read() as unit:
        assert unit.consents.unerased() == ()
