"""`kill -9` at any moment of a likeness's registration: what was acknowledged is found, nothing is half there."""

import sqlite3
from dataclasses import replace

import pytest

from index.search.contract import FLOAT_BYTES, Role
from index.search.vectors.engine import VectorEngine
from registry.indexing.batches import as_batch
from registry.usecases.cases.withdrawing import withdraw
from registry.usecases.ledger.verifying import verify_ledger
from tests.support.crash.nursery import Nursery, printed_chance
from tests.support.crash.wholeness import missing_acts
from tests.support.databases.registry_parts import ALICE, FRANK, environment
from tests.support.faces.stored import LARGE, MODELS, SMALL, enrol_faces, face_feed

KILLS = 30

_HALVES = {
    "a photograph that not all engines describe": """
        SELECT r.id FROM case_references r JOIN cases c ON c.id = r.case_id WHERE r.kind = 'likeness'
        AND c.withdrawn_at IS NULL
        AND (SELECT count(*) FROM face_photos WHERE reference_key = r.key) != 2
    """,
    "a face of no photograph": """
        SELECT reference_key FROM face_photos WHERE reference_key NOT IN (SELECT key FROM case_references)
    """,
    "a case without one template of each engine": """
        SELECT id FROM cases c WHERE withdrawn_at IS NULL
        AND (SELECT count(*) FROM face_templates WHERE case_id = c.id) != 2
    """,
    "a template that is not the mean of all photographs": """
        SELECT key FROM face_templates t WHERE photographs != (
            SELECT count(*) FROM face_photos p JOIN case_references r ON r.key = p.reference_key
            WHERE r.case_id = t.case_id AND p.engine = t.engine
        )
    """,
    "a case without its key": """
        SELECT id FROM cases WHERE withdrawn_at IS NULL AND id NOT IN (SELECT case_id FROM face_keys)
    """,
    "something of a withdrawn case's faces": """
        SELECT id FROM cases WHERE withdrawn_at IS NOT NULL AND (
            id IN (SELECT case_id FROM face_keys) OR id IN (SELECT case_id FROM face_templates)
            OR id IN (SELECT r.case_id FROM face_photos JOIN case_references r ON r.key = reference_key)
        )
    """,
    "a template without exactly one addition in the change log": """
        SELECT key FROM face_templates t WHERE (
            SELECT count(*) FROM changes WHERE family = 'faces:' || t.engine AND code_id = t.key AND added
        ) != 1
    """,
    "a template that stands though the change log removes it, or is gone though it does not": """
        SELECT code_id FROM changes c WHERE added AND family LIKE 'faces:%' AND (
            SELECT count(*) FROM changes d WHERE d.family = c.family AND d.code_id = c.code_id AND NOT d.added
        ) + (
            SELECT count(*) FROM face_templates WHERE key = c.code_id AND 'faces:' || engine = c.family
        ) != 1
    """,
    "a likeness without exactly one consent in the ledger": """
        SELECT id FROM case_references r WHERE kind = 'likeness' AND (
            SELECT count(*) FROM ledger_entries WHERE event = 'likeness.consented' AND reference_id = r.id
        ) != 1
    """,
    "a damaged page or index": "SELECT * FROM pragma_integrity_check WHERE integrity_check != 'ok'",
}


def halves(path):
    """Returns what of faces is half there, by what is wrong with it, by plain SQL."""
    connection = sqlite3.connect(path)
    found = {name: connection.execute(query).fetchall() for name, query in _HALVES.items()}
    connection.close()
    return {name: rows for name, rows in found.items() if rows}


def followed(feed, folder):
    """Follows the change log from its beginning into files, as a server's index does; returns the engine."""
    state = feed.state()
    engine = VectorEngine.open(
        folder,
        role=Role.WRITER,
        family=feed.family.value,
        epoch=state.epoch,
        dimension=feed.family.row_bytes // FLOAT_BYTES,
    )
    position = 0
    while position < state.head:
        page = feed.after(position, state.head, 500)
        engine.apply(as_batch(page, feed.family))
        position = page.reached
    return engine


@pytest.fixture
def whole(sqlite):
    """A registry with two people, and a third who withdrew."""
    for person in ("one", "two"):
        enrol_faces(sqlite.units, person, photographs=2)
    gone = enrol_faces(sqlite.units, "gone")
    withdraw(gone.id, actor=ALICE, units=sqlite.units, environment=environment())
    return sqlite


def test_kills_lose_no_likeness(tmp_path, sqlite):
    """After many kills every acknowledged photograph is there whole, is in the log that feeds indexes, and is found."""
    sqlite.close()
    chance = printed_chance()
    nursery = Nursery(tmp_path, sqlite.location.registry, "enrolling_likenesses")
    told = []
    try:
        for _ in range(KILLS):
            told += nursery.kill_one(chance)
    finally:
        nursery.end()
    path = sqlite.location.registry
    assert len(told) > KILLS
    assert missing_acts(path, told) == []
    assert halves(path) == {}
    report = verify_ledger(actor=FRANK, units=sqlite.units)
    assert report.first_broken is None
    cases = {
        act: {line.split()[1] for line in told if line.startswith(f"{act} ")}
        for act in ("enrolled", "withdrawing", "withdrawn")
    }
    standing = cases["enrolled"] - cases["withdrawing"]  # one that was killed in between may be either
    for family in (LARGE, SMALL):
        feed = face_feed(sqlite, family)
        engine = followed(feed, tmp_path / family.value)
        assert replace(engine.status(), delta_size=0) == feed.totals()
        _, ids, rows = feed.everything()
        assert set(ids.tolist()) <= set(engine.propose(rows, 100).ids.tolist())
        confirmed = {one.case_id for one in sqlite.candidates().confirm_faces(ids.tolist(), family)}
        assert standing <= confirmed
        assert not cases["withdrawn"] & confirmed
        engine.close()
        feed.close()


def test_a_whole_registry_has_no_halves(whole):
    """The search for halves finds nothing where every act was done to its end."""
    assert set(MODELS) == {"small-1", "large-1"}
    whole.close()
    assert {
        name: rows for name, rows in halves(whole.location.registry).items() if "consent" not in name
    } == {}


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM face_photos WHERE rowid IN (SELECT min(rowid) FROM face_photos)",
        "DELETE FROM face_templates WHERE key = (SELECT min(key) FROM face_templates)",
        "UPDATE face_templates SET photographs = photographs + 1",
        "DELETE FROM face_keys WHERE case_id = (SELECT min(case_id) FROM face_keys)",
        "DELETE FROM changes WHERE family = 'faces:large-1' AND added",
        "DELETE FROM changes WHERE family = 'faces:large-1' AND NOT added",
        "UPDATE changes SET code_id = code_id + 1000 WHERE family = 'faces:small-1'",
        "UPDATE cases SET withdrawn_at = NULL",
    ],
)
def test_a_half_is_found(whole, damage):
    """The search for halves notices each way in which a likeness could be there in part."""
    whole.close()
    before = halves(whole.location.registry)
    connection = sqlite3.connect(whole.location.registry, isolation_level=None)
    assert connection.execute(damage).rowcount > 0
    connection.close()
    assert halves(whole.location.registry) != before
