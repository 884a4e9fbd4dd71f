"""No face stands in the database in plain; rows open in their own place alone; what is withdrawn is nowhere."""

from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import delete, func, select, update

from index.verdict.vocabulary import Level
from registry.domain.likeness import mean_template
from registry.errors import NotPermitted, SealBroken, StorageUnavailable
from registry.events import LedgerEvent
from registry.security.keys import Keys
from registry.security.sealing import Sealer
from registry.storage.schema.face_tables import face_keys, face_photos, face_templates
from registry.usecases.cases.erasing import Eraser
from registry.usecases.cases.withdrawing import withdraw
from registry.usecases.operations.rotating import FaceKeysRotated, rotate_face_keys
from tests.support.databases.registry_parts import ALICE, FRANK, SEALER, Clock, Environment, a_case
from tests.support.faces.stored import (
    DIMENSIONS,
    LARGE,
    a_photo,
    consent_to_faces,
    enrol_faces,
    face,
    face_feed,
)

RUN = 16
"""Bytes in a row that are called a find: four numbers of a vector."""


def _files(databases):
    """Reads all files of an embedded registry: databases and write-ahead logs."""
    folder = databases.registry.path.parent
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def _finds(content, secret):
    """Counts the runs of a secret that stand somewhere in the content."""
    return sum(secret[start : start + RUN] in content for start in range(len(secret) - RUN + 1))


def _plain(person, photographs):
    """Returns every vector of a person: of photographs, and the means that were templates on the way."""
    found = []
    for engine in DIMENSIONS:
        vectors = [face(person, number, engine) for number in range(photographs)]
        found += vectors + [mean_template(np.stack(vectors[: count + 1])) for count in range(photographs)]
    return [vector.tobytes() for vector in found]


def _sealed(databases):
    """Reads all seals of faces, and those of keys."""
    with databases.registry.read() as connection:
        columns = (face_photos.c.sealed, face_templates.c.sealed, face_keys.c.sealed_key)
        return [bytes(one) for column in columns for one in connection.execute(select(column)).scalars()]


def _held(feed):
    feed.state()
    _, ids, rows = feed.everything()
    return dict(zip(ids.tolist(), rows.tolist(), strict=True))


@pytest.fixture
def feed(databases):
    made = face_feed(databases)
    yield made
    made.close()


@pytest.fixture
def rotate():
    """Rotates keys a day after the enrolments, as the operator."""
    clock = Clock()
    clock.advance(days=1)

    def run(databases, actor=FRANK, made_before=None):
        return rotate_face_keys(
            made_before or clock(),
            actor=actor,
            units=databases.units,
            purge_files=databases.registry.purge_files,
            environment=Environment(now=clock, random=None),
        )

    run.clock = clock
    return run


def test_no_vector_stands_in_plain_in_any_file(sqlite):
    """After enrolments not four numbers of a photograph or a template stand in the database or its log."""
    enrol_faces(sqlite.units, "alice", 3)
    content = _files(sqlite)
    assert len(_sealed(sqlite)) == 2 * 3 + 2 + 1
    assert all(seal in content for seal in _sealed(sqlite))  # the search finds what is there
    assert [_finds(content, secret) for secret in _plain("alice", 3)] == [0] * 12


def test_a_withdrawal_leaves_not_even_a_seal(sqlite):
    """After withdrawal and erasure no byte run of keys, photographs or templates is in any file, also of old ones."""
    case = a_case(level=Level.V2)
    with sqlite.units.write() as unit:
        unit.cases.add(case)
        consent_to_faces(unit, case)
        unit.commit()
    seals = set()
    for number in range(3):
        _add(sqlite, case, number)
        seals.update(_sealed(sqlite))
    around = Environment(now=Clock(), random=None)
    withdraw(case.id, actor=ALICE, units=sqlite.units, environment=around)
    eraser = Eraser(
        units=sqlite.units, checks=_NoChecks(), purge_files=sqlite.registry.purge_files, environment=around
    )
    assert eraser.erase() == [case.id]
    content = _files(sqlite)
    assert len(seals) > 8
    assert [_finds(content, secret) for secret in seals] == [0] * len(seals)


class _NoChecks:
    """Holds no checks."""

    def forget_references(self, _names):
        """Forgets nothing."""

    def forget_people(self, _names):
        """Forgets nothing."""


def _add(databases, case, number):
    with databases.units.write() as unit:
        unit.references.add(a_photo(case, "alice", number))
        unit.commit()


def test_a_key_that_is_gone_opens_nothing(databases, feed):
    """Without the key's row, what is left of a case's faces is not read: shredding is erasure."""
    enrol_faces(databases.units, "alice")
    (key,) = _held(feed)
    with databases.registry.write() as connection:
        connection.execute(delete(face_keys))
        connection.commit()
    assert _held(feed) == {}
    assert databases.candidates().confirm_faces([key], LARGE) == ()


def test_another_deployments_pepper_opens_nothing(databases):
    """A stolen database without its pepper is closed, and says so."""
    enrol_faces(databases.units, "alice")
    feed = face_feed(databases, sealing=Sealer.of(Keys(b"q" * 32)))
    feed.state()
    with pytest.raises(SealBroken):
        feed.everything()
    feed.close()


def test_another_model_under_the_same_name_opens_nothing(databases):
    """An engine whose file was replaced meets no vector of the old one: it fails loudly instead of comparing them."""
    enrol_faces(databases.units, "alice")
    feed = face_feed(databases, model=b"\xee" * 32)
    head = feed.state().head
    with pytest.raises(SealBroken):
        feed.everything()
    with pytest.raises(SealBroken):
        feed.after(0, head, 100)
    assert feed.totals().size == 1
    feed.close()


@pytest.mark.parametrize("column", ["photographs", "sealed", "case"])
def test_a_row_that_was_changed_does_not_open(databases, feed, column):
    """A count that was raised, another case's seal and another case's row are noticed at reading and confirming."""
    enrol_faces(databases.units, "alice")
    enrol_faces(databases.units, "bob")
    keys = sorted(_held(feed))
    t = face_templates.c
    with databases.registry.write() as connection:
        rows = connection.execute(select(t.key, t.sealed, t.case_id).where(t.engine == "large-1")).all()
        first, second = sorted(rows, key=lambda row: row.key)
        if column == "case":
            connection.execute(delete(face_templates).where(t.key == second.key))
            values = {"case_id": second.case_id}
        else:
            values = {"photographs": {"photographs": 5}, "sealed": {"sealed": second.sealed}}[column]
        connection.execute(update(face_templates).where(t.key == first.key).values(values))
        connection.commit()
    with pytest.raises(SealBroken):
        feed.everything()
    with pytest.raises(SealBroken):
        databases.candidates().confirm_faces(keys, LARGE)


def test_fresh_keys_seal_everything_anew(databases, feed, rotate):
    """After a rotation every seal is another, templates keep key and content, and photographs go on to be averaged."""
    cases = [enrol_faces(databases.units, person, 2) for person in ("alice", "bob")]
    before, seals = _held(feed), set(_sealed(databases))
    assert rotate(databases) == FaceKeysRotated(rotated=2)
    assert not seals & set(_sealed(databases))
    assert _held(feed) == before
    _add(databases, cases[0], 2)
    (found,) = [
        one
        for one in databases.candidates().confirm_faces(list(_held(feed)), LARGE)
        if one.case_id == cases[0].id
    ]
    assert found.photographs == 3
    with databases.units.read() as unit:
        acts = [entry.act for entry in unit.ledger.entries()]
    rotations = [act for act in acts if act.event is LedgerEvent.FACE_KEY_ROTATED]
    assert {act.case_id for act in rotations} == {case.id for case in cases}
    assert {act.credential_id for act in rotations} == {FRANK.credential_id}


def test_old_seals_are_gone_from_the_files_after_a_rotation(sqlite, rotate):
    """Nothing that an old key sealed, and no old key, stands in any file."""
    enrol_faces(sqlite.units, "alice", 2)
    seals = _sealed(sqlite)
    rotate(sqlite)
    content = _files(sqlite)
    assert [_finds(content, secret) for secret in seals] == [0] * len(seals)
    assert all(seal in content for seal in _sealed(sqlite))


def test_an_interrupted_rotation_goes_on_where_it_was(databases, feed, rotate):
    """A repeated rotation with the same time continues with the rest; each case is under one key at any moment."""
    for person in range(3):
        enrol_faces(databases.units, person)
    held, started = _held(feed), rotate.clock()
    done = []

    def two_cases_long():
        if len(done) == 2:
            raise StorageUnavailable
        done.append(rotate.clock())
        return done[-1]

    with pytest.raises(StorageUnavailable):
        rotate_face_keys(
            started,
            actor=FRANK,
            units=databases.units,
            purge_files=databases.registry.purge_files,
            environment=Environment(now=two_cases_long, random=None),
        )
    assert _held(feed) == held
    assert _numbers(databases) == [1, 2, 2]
    assert rotate(databases, made_before=started) == FaceKeysRotated(rotated=1)
    assert _numbers(databases) == [2, 2, 2]
    assert rotate(databases, made_before=started) == FaceKeysRotated(rotated=0)


def _numbers(databases):
    with databases.registry.read() as connection:
        return sorted(connection.execute(select(face_keys.c.number)).scalars())


def test_a_case_that_does_not_open_keeps_no_other_from_its_fresh_key(databases, rotate):
    """Broken seals are told by the case's id and left as they are."""
    broken, fine = (enrol_faces(databases.units, person) for person in ("alice", "bob"))
    with databases.registry.write() as connection:
        connection.execute(
            update(face_keys).where(face_keys.c.case_id == broken.id).values(sealed_key=SEALER.seal(b"", b""))
        )
        connection.commit()
    assert rotate(databases) == FaceKeysRotated(rotated=1, broken=(broken.id,))
    with databases.registry.read() as connection:
        numbers = dict(connection.execute(select(face_keys.c.case_id, face_keys.c.number)).all())
    assert numbers == {broken.id: 1, fine.id: 2}


def test_an_old_row_does_not_open_under_the_fresh_key(databases, feed, rotate):
    """A row copied before a rotation cannot be put back: the key's number is part of every seal."""
    enrol_faces(databases.units, "alice")
    with databases.registry.read() as connection:
        ((key, old),) = connection.execute(
            select(face_templates.c.key, face_templates.c.sealed).where(face_templates.c.engine == "large-1")
        ).all()
    rotate(databases)
    with databases.registry.write() as connection:
        connection.execute(update(face_templates).where(face_templates.c.key == key).values(sealed=old))
        connection.commit()
    with pytest.raises(SealBroken):
        _held(feed)


def test_who_may_not_manage_faces_rotates_nothing(databases, rotate):
    """Only the operator's permission does; nothing is read before it is asked for."""
    enrol_faces(databases.units, "alice")
    with pytest.raises(NotPermitted):
        rotate(databases, actor=replace(FRANK, permissions=ALICE.permissions))
    assert _numbers(databases) == [1]


@pytest.mark.postgres
def test_a_photograph_waits_for_a_rotation_that_is_under_way(postgresql, rotate):
    """While a case is being resealed, no other transaction adds to its faces: it is refused after its time is up."""
    case = enrol_faces(postgresql.units, "alice")
    with postgresql.units.write() as rotating:
        assert rotating.templates.reseal(case.id, rotate.clock(), rotate.clock())
        with pytest.raises(StorageUnavailable):
            _add(postgresql, case, 1)
        rotating.commit()
    _add(postgresql, case, 1)
    with postgresql.registry.read() as connection:
        assert connection.execute(select(func.max(face_templates.c.photographs))).scalar_one() == 2
