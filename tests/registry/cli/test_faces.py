"""`takedown faces rotate-keys`, on cases with made-up faces."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from index.hashing.codes import Algorithm, Code
from index.verdict.vocabulary import Level, ReferenceKind
from registry.cli.backends import local_actor, open_local
from registry.config import Settings
from registry.domain.likeness import FacePhoto, StoredLikeness
from registry.domain.reference import Draft, StoredCode, View
from registry.usecases.cases.opening import open_case
from registry.usecases.enrolment.enrolling import enrol

ENGINE = "made-up-1"


def a_draft(number):
    """A likeness of one photograph, as an engine that nobody has describes it."""
    vector = np.random.default_rng(number).standard_normal(8)
    photo = FacePhoto(
        engine=ENGINE, model_sha256=bytes(32), vector=(vector / np.linalg.norm(vector)).astype(np.float32)
    )
    digest = Code(algorithm=Algorithm.SHA256, value=bytes([number]) * 32)
    return Draft(
        kind=ReferenceKind.LIKENESS,
        codes=(StoredCode(code=digest, view=View.BYTES, version="made-up"),),
        flat_share=None,
        likeness=StoredLikeness(photos=(photo,)),
        has_consented=True,
    )


@pytest.fixture
def cases(shell):
    """Three cases with a face each; returns their ids in order."""
    with open_local(Settings(data=shell.data)) as container:
        parts = {
            "actor": local_actor(container),
            "units": container.units,
            "environment": container.environment,
        }
        opened = [open_case(Level.V2, None, **parts).case.id for _ in range(3)]
        for number, case in enumerate(opened):
            enrol(case, a_draft(number), **parts)
    return sorted(opened)


def rows(shell, query):
    with closing(sqlite3.connect(shell.data / "registry.sqlite")) as connection:
        return connection.execute(query).fetchall()


def numbers(shell):
    return rows(shell, "SELECT case_id, number FROM face_keys ORDER BY case_id")


def seals(shell):
    return {sealed for (sealed,) in rows(shell, "SELECT sealed FROM face_templates")}


def test_every_subject_gets_a_fresh_key(shell, cases):
    """All keys and seals are new, the intact ledger records it for each case, and no old seal is on the disk."""
    before = seals(shell)
    done = shell.run("faces", "rotate-keys")
    assert (done.code, done.out) == (0, "3 cases have a fresh key.\n")
    assert numbers(shell) == [(case, 2) for case in cases]
    assert len(seals(shell)) == len(before) == 3
    assert not seals(shell) & before
    told = rows(shell, "SELECT case_id FROM ledger_entries WHERE event = 'face_key.rotated'")
    assert sorted(case for (case,) in told) == cases
    assert shell.run("ledger", "verify").code == 0
    left = b"".join(path.read_bytes() for path in shell.data.glob("registry.sqlite*"))
    assert not [sealed for sealed in before if sealed in left]


def test_the_same_time_goes_on_where_it_was_left(shell, cases):
    """Named again, the time that was printed passes over what is done; another person's key alone is left."""
    first = shell.run("faces", "rotate-keys", "--json")
    [line] = first.lines
    assert (line["rotated"], line["broken"]) == (3, [])
    assert line["made_before"] in first.err
    with closing(sqlite3.connect(shell.data / "registry.sqlite")) as connection, connection:
        connection.execute(
            "UPDATE face_keys SET made_at = '2026-01-01 00:00:00' WHERE case_id = ?", cases[1:2]
        )
    again = shell.run("faces", "rotate-keys", "--made-before", line["made_before"], "--json")
    assert (again.code, again.lines[0]["rotated"]) == (0, 1)
    assert numbers(shell) == [(cases[0], 2), (cases[1], 3), (cases[2], 2)]


def test_only_old_keys_are_replaced(shell, cases):
    """A time before all keys replaces none; its offset counts."""
    ago = datetime.now(UTC) - timedelta(hours=1)
    seoul = ago.replace(tzinfo=None) + timedelta(hours=9)
    done = shell.run("faces", "rotate-keys", "--made-before", f"{seoul.isoformat()}+09:00", "--json")
    assert (done.code, done.lines[0]["rotated"]) == (0, 0)
    assert numbers(shell) == [(case, 1) for case in cases]
    later = shell.run("faces", "rotate-keys", "--made-before", f"{seoul.isoformat()}Z", "--json")
    assert later.lines[0]["rotated"] == 3


@pytest.mark.parametrize("time", ["yesterday", "2026-11-27T09:00:00", "", "2026-11-27"])
def test_a_time_has_one_meaning(shell, time):
    """A value that is no time, or has no offset, is a usage error."""
    done = shell.run("faces", "rotate-keys", "--made-before", time)
    assert (done.code, done.out) == (2, "")


def test_a_changed_seal_is_told_and_left(shell, cases):
    """A case whose faces do not open is named and left under its old key; the others have their fresh ones."""
    with closing(sqlite3.connect(shell.data / "registry.sqlite")) as connection, connection:
        connection.execute(
            "UPDATE face_templates SET sealed = zeroblob(length(sealed)) WHERE case_id = ?", cases[1:2]
        )
    done = shell.run("faces", "rotate-keys", "--json")
    assert done.code == 1
    assert (done.lines[0]["rotated"], done.lines[0]["broken"]) == (2, [cases[1]])
    assert numbers(shell) == [(cases[0], 2), (cases[1], 1), (cases[2], 2)]
    assert cases[1] in done.err
