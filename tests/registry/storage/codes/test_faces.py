"""Faces as rows: means of photographs, the log that names them, and what confirms them."""

import numpy as np
import pytest
from sqlalchemy import event, func, select

from index.verdict.vocabulary import Level, ReferenceKind
from registry.domain.case import withdraw
from registry.domain.consent import ConsentPurpose
from registry.domain.family import Family
from registry.domain.likeness import mean_template
from registry.domain.reference import FoundBy
from registry.errors import FaceDisagrees, Refused
from registry.indexing.batches import as_batch
from registry.storage.codes.index_machines import SqlIndexMachines
from registry.storage.schema.face_tables import face_keys, face_photos, face_templates
from registry.storage.schema.tables import cases, changes
from tests.support.databases.registry_parts import NOW, a_case, a_reference, pdq
from tests.support.faces.stored import (
    LARGE,
    MODELS,
    SMALL,
    a_photo,
    consent_to_faces,
    enrol_faces,
    face,
    face_feed,
)

FAMILIES = [SMALL, LARGE]


@pytest.fixture
def feeds(databases):
    made = {family: face_feed(databases, family) for family in FAMILIES}
    yield made
    for feed in made.values():
        feed.close()


def _log(feed):
    return feed.after(0, feed.state().head, 1000)


def _held(feed):
    feed.state()  # numbers what waits
    _, ids, rows = feed.everything()
    return dict(zip(ids.tolist(), rows.view(np.float32), strict=True))


def _mean(person, photographs, family):
    return mean_template(np.stack([face(person, number, family.engine_id) for number in range(photographs)]))


def _counts(databases):
    with databases.registry.read() as connection:
        tables = (face_keys, face_photos, face_templates)
        return [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]


@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_a_photograph_is_one_template_of_each_engine(databases, feeds, family):
    """The first photograph's vector is the case's template, in every engine's family, as the engine made it."""
    enrol_faces(databases.units, "alice")
    feed = feeds[family]
    (held,) = _held(feed).values()
    assert held.tolist() == pytest.approx(face("alice", 0, family.engine_id).tolist(), abs=1e-6)
    batch = as_batch(_log(feed), family)
    assert batch.add_codes.tobytes() == held.tobytes()
    assert feed.state().families >= {SMALL.value, LARGE.value}
    assert feed.waiting(0, feed.state().head) == 1


@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_another_photograph_makes_another_template_under_another_key(databases, feeds, family):
    """The template is the mean of all the case's photographs; the one before it is removed in the same transaction."""
    case = enrol_faces(databases.units, "alice")
    feed = feeds[family]
    (first,) = _held(feed)
    for photograph in (1, 2):
        with databases.units.write() as unit:
            unit.references.add(a_photo(case, "alice", photograph))
            unit.commit()
    ((key, held),) = _held(feed).items()
    assert key > first
    assert held.tolist() == pytest.approx(_mean("alice", 3, family).tolist(), abs=1e-6)
    named = [(change.code_id, change.value is not None) for change in _log(feed).changes]
    middle = named[2][0]
    assert first < middle < key
    assert named == [(first, False)] * 2 + [(middle, False)] * 2 + [(key, True)]
    batch = as_batch(_log(feed), family)
    assert (batch.add_ids.tolist(), batch.remove_ids.tolist()) == ([key], [first, middle])
    totals = feed.totals()
    assert (totals.sequence, totals.size) == (feed.state().head, 1)


def test_templates_of_several_people_stand_beside_each_other(databases, feeds):
    """Each case has its own, and books agree with what is read."""
    people = {person: enrol_faces(databases.units, person, 2) for person in ("alice", "bob", "eve")}
    held = _held(feeds[LARGE])
    found = {one.case_id: one for one in databases.candidates().confirm_faces(sorted(held), LARGE)}
    for person, case in people.items():
        assert held[found[case.id].key].tolist() == pytest.approx(_mean(person, 2, LARGE).tolist(), abs=1e-6)
    assert feeds[LARGE].totals().size == len(held) == 3
    assert databases.candidates().template_counts() == {"small-1": 3, "large-1": 3}


def test_photographs_that_come_together_count_together(databases, feeds):
    """Several references of one transaction make one template, and one entry in the log."""
    case = a_case(level=Level.V2)
    with databases.units.write() as unit:
        unit.cases.add(case)
        consent_to_faces(unit, case)
        unit.references.add_many([a_photo(case, "alice", number) for number in range(3)])
        unit.commit()
    ((key, held),) = _held(feeds[LARGE]).items()
    assert held.tolist() == pytest.approx(_mean("alice", 3, LARGE).tolist(), abs=1e-6)
    assert [change.code_id for change in _log(feeds[LARGE]).changes] == [key]


def test_photographs_that_point_apart_are_refused_and_change_nothing(databases, feeds):
    """Two vectors against each other have no mean: the second is refused, and the first stands."""
    case = enrol_faces(databases.units, "alice")
    opposite = a_photo(case, "alice", 1, engines=["large-1"])
    object.__setattr__(opposite.draft.likeness.photos[0], "vector", -face("alice"))
    with databases.units.write() as unit, pytest.raises(Refused, match="one person"):
        unit.references.add(opposite)
    assert _counts(databases) == [1, 2, 2]
    assert len(_log(feeds[LARGE]).changes) == 1


def test_a_model_that_was_replaced_is_not_averaged_with_the_new_one(databases):
    """Vectors of two models under one engine's id are never mixed: the template is of the newest model alone."""
    case = enrol_faces(databases.units, "alice")
    other = MODELS | {"large-1": b"\xff" * 32}
    with databases.units.write() as unit:
        unit.references.add(a_photo(case, "alice", 1, models=other))
        unit.commit()
    feed = face_feed(databases, LARGE, model=b"\xff" * 32)
    (held,) = _held(feed).values()
    assert held.tolist() == pytest.approx(face("alice", 1).tolist(), abs=1e-6)
    (found,) = databases.candidates().confirm_faces(list(_held(feed)), LARGE)
    assert found.photographs == 1
    feed.close()


def test_a_confirmed_template_tells_its_case_and_first_likeness(databases, feeds):
    """A check reads the case, its level, its first likeness, the number of photographs, and the template."""
    case = a_case(level=Level.V3)
    photos = [a_photo(case, "alice", number) for number in range(2)]
    with databases.units.write() as unit:
        unit.cases.add(case)
        consent_to_faces(unit, case)
        unit.references.add(a_reference(case, pdq(1)))
        unit.commit()
    for photo in photos:
        with databases.units.write() as unit:
            unit.references.add(photo)
            unit.commit()
    ((key, held),) = _held(feeds[LARGE]).items()
    (found,) = databases.candidates().confirm_faces([key, 999_999], LARGE)
    assert (found.key, found.case_id, found.reference_id) == (key, case.id, photos[0].id)
    assert (found.kind, found.level, found.photographs) == (ReferenceKind.LIKENESS, Level.V3, 2)
    assert found.template.tolist() == held.tolist()
    assert databases.candidates().confirm_faces([key], SMALL) == ()
    assert databases.candidates().confirm_faces([key], Family.WHOLE) == ()
    assert databases.candidates().confirm_faces([], LARGE) == ()


@pytest.mark.parametrize("level", Level)
def test_a_face_below_v2_is_not_confirmed(databases, feeds, level):
    """Photographs wait in a case until somebody else has verified V2, whatever an index proposes."""
    case = a_case(level=level)
    with databases.units.write() as unit:
        unit.cases.add(case)
        consent_to_faces(unit, case)
        unit.references.add(a_photo(case, "alice"))
        unit.commit()
    ((key, _),) = _held(feeds[LARGE]).items()
    assert len(databases.candidates().confirm_faces([key], LARGE)) == (level >= Level.V2)


def _statements(databases, act):
    """Does something; returns what it asked the database, with the parameters."""
    asked = []

    def note(_connection, _cursor, statement, parameters, *_):
        asked.append((statement, parameters))

    event.listen(databases.registry.engine, "before_cursor_execute", note)
    act()
    event.remove(databases.registry.engine, "before_cursor_execute", note)
    return [(statement, parameters) for statement, parameters in asked if statement.startswith("SELECT")]


def test_templates_are_confirmed_by_one_statement(databases, feeds):
    """However many were met, one read confirms them."""
    for person in range(5):
        enrol_faces(databases.units, person)
    keys = list(_held(feeds[LARGE]))
    found = []
    asked = _statements(databases, lambda: found.extend(databases.candidates().confirm_faces(keys, LARGE)))
    assert (len(asked), len(found)) == (1, 5)


def test_confirming_reads_by_indexes_alone(sqlite):
    """No table is read through to confirm a template."""
    ((query, given),) = _statements(sqlite, lambda: sqlite.candidates().confirm_faces([1, 2], LARGE))
    with sqlite.registry.read() as connection:
        steps = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", given)]
    assert len([step for step in steps if "SEARCH" in step]) == 5
    assert [step for step in steps if "SCAN" in step] == []


def test_machines_overwrite_templates_that_were_replaced_or_withdrawn(databases, feeds, erase):
    """A machine is told every removed key of the family, and a case waits until it has overwritten the last."""
    machines = {family: SqlIndexMachines(databases.registry, family, lambda: NOW) for family in FAMILIES}
    machines[Family.WHOLE] = SqlIndexMachines(databases.registry, Family.WHOLE, lambda: NOW)
    case = enrol_faces(databases.units, "alice", 2)
    erase(case)
    head = feeds[LARGE].state().head
    removed = [change.code_id for change in _log(feeds[LARGE]).changes if change.position > 2]
    reached, ids = machines[LARGE].removed(0, head, 100)
    assert (reached, ids.tolist()) == (head, sorted(set(removed)))
    for family, machine in machines.items():
        machine.save("mac_1", head - 1 if family == LARGE else head)
    assert not _is_gone(databases, case)
    machines[LARGE].save("mac_1", head)
    assert _is_gone(databases, case)


def _is_gone(databases, case):
    with databases.units.read() as unit:
        return unit.cases.gone_from_files([case], NOW) != ()


def test_a_withdrawal_takes_all_faces_and_the_key(databases, feeds, erase):
    """Photographs, templates and the key are gone, the log says so, and the case waits for the last of its removals."""
    case = enrol_faces(databases.units, "alice", 2)
    kept = enrol_faces(databases.units, "bob")
    held = _held(feeds[LARGE])
    erase(case)
    assert _counts(databases) == [1, 2, 2]
    left = _held(feeds[LARGE])
    assert len(left) == 1
    gone = set(held) - set(left)
    assert gone < set(as_batch(_log(feeds[LARGE]), LARGE).remove_ids.tolist())
    assert feeds[LARGE].totals().size == 1
    (found,) = databases.candidates().confirm_faces(list(held), LARGE)
    assert found.case_id == kept.id
    with databases.registry.read() as connection:
        removal = connection.execute(select(cases.c.removal_id).where(cases.c.id == case.id)).scalar_one()
        last = connection.execute(select(func.max(changes.c.id)).where(~changes.c.added)).scalar_one()
    assert removal == last


def test_a_withdrawn_case_is_confirmed_no_more_even_where_rows_are_left(databases, feeds):
    """The state of the case decides, also while rows are there."""
    case = enrol_faces(databases.units, "alice")
    keys = list(_held(feeds[LARGE]))
    with databases.units.write() as unit:
        unit.cases.save(withdraw(case, NOW))
        unit.commit()
    assert databases.candidates().confirm_faces(keys, LARGE) == ()


def test_a_likeness_that_was_read_tells_its_engines(databases, erase):
    """`found_by` says that other pictures of the face are found, until the case is withdrawn."""
    case = enrol_faces(databases.units, "alice")
    with databases.units.read() as unit:
        (read,) = unit.references.of_case(case.id)
    assert read.face_engines == ("large-1", "small-1")
    assert read.found_by == (FoundBy.FILE, FoundBy.LIKENESS)
    assert a_photo(case, "alice").stored.found_by == (FoundBy.FILE, FoundBy.LIKENESS)
    erase(case)
    with databases.units.read() as unit:
        (read,) = unit.references.of_case(case.id)
    assert (read.face_engines, read.found_by) == ((), ())


def test_a_likeness_without_an_engine_is_found_by_its_file_alone(databases):
    """A deployment without engines keeps the photograph's codes, and says that the face leads nowhere."""
    case = a_case(level=Level.V2)
    reference = a_reference(case, pdq(1), kind=ReferenceKind.LIKENESS)
    with databases.units.write() as unit:
        unit.cases.add(case)
        unit.references.add(reference)
        unit.commit()
        assert unit.references.of_case(case.id) == (reference.stored,)
    assert reference.stored.found_by == (FoundBy.COPIES,)
    assert _counts(databases) == [0, 0, 0]


def test_what_is_not_committed_leaves_nothing(databases, feeds):
    """Rows, key, log and family are one transaction: all or nothing."""
    case = a_case(level=Level.V2)
    with databases.units.write() as unit:
        unit.cases.add(case)
        consent_to_faces(unit, case)
        unit.references.add(a_photo(case, "alice"))
    assert _counts(databases) == [0, 0, 0]
    assert feeds[LARGE].state().families == frozenset()
    assert _log(feeds[LARGE]).changes == ()


@pytest.mark.postgres
def test_late_numbers_miss_no_template(postgresql):
    """On PostgreSQL a bulk read is complete up to the position it reports, also while additions wait for a number."""
    enrol_faces(postgresql.units, "alice")
    feed = face_feed(postgresql, LARGE)
    feed.state()
    case = enrol_faces(postgresql.units, "bob")
    position, ids, _ = feed.everything()
    assert (position, len(ids)) == (2, 1)
    with postgresql.units.write() as unit:
        unit.cases.save(withdraw(case, NOW))
        unit.references.erase_codes(case.id, NOW)
        unit.commit()
    totals = feed.totals()
    assert totals.size == 1
    assert feed.after(2, totals.sequence, 100).reached == totals.sequence
    feed.close()


def _agreeing(photo, agrees_from):
    for one in photo.draft.likeness.photos:
        object.__setattr__(one, "agrees_from", agrees_from)
    return photo


@pytest.mark.parametrize("together", [False, True], ids=["one by one", "in one transaction"])
def test_a_photograph_of_somebody_else_is_refused_in_a_case(databases, together):
    """Another person's photograph is not mixed into a likeness, and the first ones stand; elsewhere it is taken."""
    case = a_case(level=Level.V2)
    mine = [a_photo(case, "alice", number) for number in range(2)]
    theirs = _agreeing(a_photo(case, "bob"), 0.5)
    photos = [*(_agreeing(photo, 0.5) for photo in mine), theirs]
    with databases.units.write() as unit:
        unit.cases.add(case)
        consent_to_faces(unit, case)
        if together:
            with pytest.raises(FaceDisagrees, match="case of their own"):
                unit.references.add_many(photos)
            return
        unit.references.add_many(photos[:2])
        unit.commit()
    with databases.units.write() as unit, pytest.raises(FaceDisagrees):
        unit.references.add(theirs)
    assert _counts(databases) == [1, 4, 2]
    other = a_case(level=Level.V2)
    with databases.units.write() as unit:
        unit.cases.add(other)
        consent_to_faces(unit, other)
        unit.references.add(_agreeing(a_photo(other, "bob"), 0.5))
        unit.commit()


def test_every_engine_must_agree(databases):
    """One engine that sees another person is enough."""
    case = enrol_faces(databases.units, "alice")
    photo = _agreeing(a_photo(case, "alice", 1), 0.5)
    object.__setattr__(photo.draft.likeness.photos[0], "vector", face("bob", 0, "small-1"))
    with databases.units.write() as unit, pytest.raises(FaceDisagrees):
        unit.references.add(photo)


def test_after_the_consent_is_withdrawn_the_right_person_can_be_registered(databases):
    """Where the first photograph was the wrong one, the faces are deleted and the right ones are taken."""
    case = enrol_faces(databases.units, "bob")
    with databases.units.write() as unit:
        unit.references.erase_faces(case.id, NOW)
        unit.consents.withdraw(case.id, [ConsentPurpose.LIKENESS], NOW)
        consent_to_faces(unit, case, 1)
        unit.references.add(_agreeing(a_photo(case, "alice"), 0.5))
        unit.commit()
    assert _counts(databases) == [1, 2, 2]
