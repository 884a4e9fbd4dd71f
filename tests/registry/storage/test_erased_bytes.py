"""After withdrawal and erasure no byte of a case is left in the database's files, in any spelling.

On SQLite that is so by itself; on PostgreSQL after `takedown db purge`, with log segments that are not used again.
`tests/registry/web/test_privacy.py` searches the whole data folder, with the index files.
"""

from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, text

from index.verdict.vocabulary import Level
from registry.storage.rows.checks import SqlChecks
from registry.usecases.cases.erasing import Eraser
from registry.usecases.cases.opening import open_case
from registry.usecases.cases.withdrawing import withdraw
from tests.support.databases.registry_parts import (
    ALICE,
    clip_draft,
    dhash,
    digest,
    environment,
    pdq,
    seen_draft,
)
from tests.support.faces.stored import enrol_faces, face
from tests.support.spellings import found_in, found_in_files, spellings


def secrets(seed):
    """Returns what is stored of a case that `registers` makes: codes, which are stored plainly, and what is sealed."""
    codes = {"pdq": pdq(seed), "dhash": dhash(seed), "sha256": digest(seed), "clip": digest(("clip", seed))}
    sealed = {
        "window": seen_draft(seed).windows.windows.codes[0].tobytes(),
        "signature": seen_draft(seed).windows.regions.pack()[1:65],
        "frame": clip_draft(seed).clip.frames[0].pdq.value,
        "face": face(seed).tobytes()[:64],
    }
    return {name: code.value for name, code in codes.items()}, sealed


def registers(databases, seed):
    """Registers a picture, a clip and a face; returns their cases."""
    around = {"actor": ALICE, "units": databases.units, "environment": environment()}
    opened = [open_case(Level.V0, draft, **around).case.id for draft in (seen_draft(seed), clip_draft(seed))]
    return [*opened, enrol_faces(databases.units, seed).id]


def withdraws(databases, cases):
    """Withdraws and erases."""
    for case in cases:
        withdraw(case, actor=ALICE, units=databases.units, environment=environment())
    Eraser(
        units=databases.units,
        checks=SqlChecks(databases.checks),
        purge_files=databases.registry.purge_files,
        environment=environment(),
    ).erase()


def files(databases):
    """Lists the files of a database; on PostgreSQL those of its whole cluster but other tests' databases."""
    if databases.registry.is_sqlite:
        return [path for path in databases.registry.path.parent.rglob("*") if path.is_file()]
    with databases.registry.read() as connection:
        folder = Path(connection.execute(text("SHOW data_directory")).scalar_one())
        own = connection.execute(
            text("SELECT oid FROM pg_database WHERE datname = current_database()")
        ).scalar_one()
    return [
        path
        for path in folder.rglob("*")
        if path.is_file() and (path.parent.parent.name != "base" or path.parent.name == str(own))
    ]


@pytest.fixture
def forgetful(databases):
    """The databases, on a server that uses no segment of its log again."""
    if databases.registry.is_sqlite:
        yield databases
        return
    address = make_url(databases.location.registry).set(drivername="postgresql")
    with psycopg.connect(address.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET wal_recycle = off")
        connection.execute("SELECT pg_reload_conf()")
        yield databases
        connection.execute("ALTER SYSTEM RESET wal_recycle")


def test_no_byte_is_left(forgetful):
    """Codes are found before the withdrawal; afterwards nothing is, and the codes of a standing case still are."""
    databases = forgetful
    gone, stays = registers(databases, "gone"), registers(databases, "stays")
    assert len(gone) == len(stays)
    plain, sealed = secrets("gone")
    if not databases.registry.is_sqlite:
        with databases.registry.engine.connect() as connection:
            own = connection.execution_options(isolation_level="AUTOCOMMIT")
            own.execute(text("CHECKPOINT"))
            own.execute(text("ANALYZE"))
    assert {what for what, _ in found_in_files(files(databases), plain)} == set(plain)
    assert found_in_files(files(databases), sealed) == set()
    withdraws(databases, gone)
    databases.registry.rewrite_files()
    assert found_in_files(files(databases), plain | sealed) == set()
    kept, _ = secrets("stays")
    assert {what for what, _ in found_in_files(files(databases), kept)} == set(kept)


def test_every_spelling_would_be_found():
    """The search above finds each spelling of a value, wherever it stands in a file."""
    value = bytes(range(100, 132))
    for name, spelled in spellings(value).items():
        assert found_in(b"some bytes" + spelled + b"more", {"value": value}), name
    assert found_in(b"x" * 50, {"value": value}) == set()
