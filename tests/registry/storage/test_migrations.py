"""Migrations on both databases: the head is the metadata, twice is harmless, and so is at once."""

import itertools
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import delete, insert, inspect, select, text

from index.search.codes.flat import FlatEngine
from index.verdict.boxes import WHOLE
from index.verdict.ladder import Verdict
from index.verdict.reasons import Reason
from index.verdict.vocabulary import Band, Level, MatchKind, Outcome
from registry.domain.case_states import CaseState
from registry.domain.clips import frame_key
from registry.domain.family import CODE_FAMILIES, Family
from registry.domain.verification import EvidenceKind, level_of
from registry.errors import StorageUnavailable
from registry.indexing.follower import IndexFollower
from registry.permissions import Permission
from registry.ports.indexing import FeedPage
from registry.storage import migrate
from registry.storage.codes.anchored import window_row
from registry.storage.codes.index_machines import SqlIndexMachines
from registry.storage.database import Durability
from registry.storage.rows.checks import SqlChecks
from registry.storage.schema import check_tables, tables
from tests.support.databases.old_faces import make_old_faces
from tests.support.databases.registry_parts import (
    ALICE,
    NOW,
    SEALER,
    a_case,
    a_reference,
    add_people,
    clip,
    digest,
    pdq,
    windows,
)
from tests.support.paths import ROOT

SCHEMAS = {migrate.REGISTRY: tables.metadata, migrate.CHECKS: check_tables.metadata}


def _upgrade(databases):
    migrate.upgrade(databases.registry, databases.checks, os.urandom)


def _epoch(databases):
    with databases.registry.read() as connection:
        return connection.execute(select(tables.meta).where(tables.meta.c.name == "epoch")).all()


def _of(databases, schema):
    return databases.registry if schema == migrate.REGISTRY else databases.checks


@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_head_is_the_metadata(databases, schema):
    """Alembic finds nothing to migrate between the newest schema and what the program declares."""
    metadata = SCHEMAS[schema]

    def own(_object, name, kind, _reflected, _other):
        return kind != "table" or name in metadata.tables  # PostgreSQL holds both schemas in one database

    with _of(databases, schema).read() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "version_table": migrate.version_table(schema),
                "compare_type": True,
                "compare_server_default": True,
                "include_object": own,
            },
        )
        assert compare_metadata(context, metadata) == []


@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_comparison_notices_a_difference(databases, schema):
    """The test above fails on a missing column and on a missing index."""
    table, column = ("decisions", "tenant_id") if schema == migrate.REGISTRY else ("checks", "as_of")
    with _of(databases, schema).write() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN {column}")
        connection.commit()
    with pytest.raises(AssertionError, match=column):
        test_the_head_is_the_metadata(databases, schema)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_schema_has_one_head(schema):
    """The versions of a schema are one line from the first to the newest."""
    scripts = ScriptDirectory.from_config(migrate.configuration(schema))
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1


def test_upgrading_again_changes_nothing(databases):
    """A second upgrade leaves rows, versions and epoch as they are."""
    case = a_case()
    with databases.units.write() as unit:
        unit.cases.add(case)
        unit.commit()
    before = _epoch(databases)
    _upgrade(databases)
    assert _epoch(databases) == before
    with databases.units.read() as unit:
        assert unit.cases.get(case.id, ALICE.tenant_id) == case
    migrate.require_newest(databases.registry, databases.checks)


def test_every_new_database_has_another_epoch(databases, empty_sqlite):
    """Two databases' lives are told apart."""
    _upgrade(empty_sqlite)
    (mine,), (other,) = _epoch(databases), _epoch(empty_sqlite)
    assert mine.value != other.value
    assert len(mine.value) == len(other.value) == 32


def test_an_absent_schema_is_refused(empty_databases):
    """A database without a schema is refused, with what to do about it."""
    with pytest.raises(StorageUnavailable, match=r"version none.*takedown db upgrade"):
        migrate.require_newest(empty_databases.registry, empty_databases.checks)


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("version", ["0000", "9999"])
def test_another_version_is_refused(databases, schema, version):
    """An older or a newer schema than the program's is refused, whichever of the two it is."""
    with _of(databases, schema).write() as connection:
        connection.execute(text(f"UPDATE {migrate.version_table(schema)} SET version_num = '{version}'"))
        connection.commit()
    with pytest.raises(StorageUnavailable, match=f"The {schema} schema is at version {version}"):
        migrate.require_newest(databases.registry, databases.checks)


def test_requiring_leaves_no_trace(empty_databases):
    """Looking at the version makes no table."""
    with pytest.raises(StorageUnavailable):
        migrate.require_newest(empty_databases.registry, empty_databases.checks)
    with empty_databases.registry.read() as connection:
        assert inspect(connection).get_table_names() == []


@pytest.mark.parametrize("tables_altered", [0, 9], ids=["in the first", "in a later one"])
def test_an_interrupted_upgrade_leaves_nothing(empty_databases, monkeypatch, tables_altered):
    """An upgrade that fails on its way is undone, its earlier migrations too, and the next one succeeds."""
    alter = Operations.batch_alter_table
    calls = itertools.count()

    def fail(*arguments, **options):
        if next(calls) == tables_altered:
            raise KeyboardInterrupt
        return alter(*arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr("alembic.operations.Operations.batch_alter_table", fail)
        with pytest.raises(KeyboardInterrupt):
            _upgrade(empty_databases)
    with empty_databases.registry.read() as connection:
        assert inspect(connection).get_table_names() == []
    _upgrade(empty_databases)
    migrate.require_newest(empty_databases.registry, empty_databases.checks)


@contextmanager
def _holding_up(databases, count):
    """On PostgreSQL, keeps any table from being made until that many connections wait for something."""
    if databases.location.kind == "sqlite":
        yield
        return
    waiting = text(
        "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    with databases.registry.engine.connect() as connection:
        connection.execute(text("LOCK TABLE pg_catalog.pg_class IN SHARE MODE"))
        yield
        while connection.execute(waiting).scalar_one() < count:
            connection.execute(text("SELECT pg_sleep(0.01)"))


def test_processes_that_upgrade_at_once_end_well(empty_databases):
    """Four processes that migrate the same new database at once all succeed, with one epoch between them."""
    location = str(empty_databases.location)
    empty_databases.close()
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.support.databases.upgrading"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        process.stdin.write(location + "\n")
        process.stdin.flush()
    for process in processes:
        assert process.stdout.readline() == "waiting\n", process.stderr.read()
    with _holding_up(empty_databases, len(processes)):
        for process in processes:
            process.stdin.write("now\n")
            process.stdin.flush()
    ended = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0, 0], ended
    assert len(_epoch(empty_databases)) == 1
    add_people(empty_databases.units)


def test_the_constraints_that_isolation_rests_on_are_enforced(databases):
    """A case of a tenant that does not exist is refused by the database itself."""
    with databases.registry.write() as connection, pytest.raises(Exception, match=r"(?i)foreign key"):
        connection.execute(
            insert(tables.cases).values(
                id="case_x", tenant_id="ten_nobody", level=0, state="active", opened_at=a_case().opened_at
            )
        )


def test_rows_of_an_epochless_database_get_one(databases):
    """A database that lost its epoch gets a new one at the next upgrade."""
    with databases.registry.write() as connection:
        connection.execute(delete(tables.meta))
        connection.commit()
    _upgrade(databases)
    assert len(_epoch(databases)) == 1


def test_an_upgrade_without_a_reachable_database_is_unavailable(sqlite):
    """A file that is no database is refused as unavailable, not with the driver's own error."""
    sqlite.close()
    path = sqlite.registry.path
    for file in path.parent.glob("registry.sqlite*"):
        file.unlink()
    path.write_bytes(b"this is not a database, " * 100)
    with pytest.raises(StorageUnavailable):
        _upgrade(sqlite.another())
    with pytest.raises(StorageUnavailable):
        sqlite.another().registry.require_durability(Durability.FULL)


_OLD_ROWS = """
INSERT INTO tenants (id, label, created_at) VALUES ('ten_alice', 'alice', '2026-03-01 12:00:00');
INSERT INTO cases (id, tenant_id, level, state, opened_at)
    VALUES ('case_stands', 'ten_alice', 1, 'active', '2026-03-01 12:00:00');
INSERT INTO cases (id, tenant_id, level, state, opened_at, withdrawn_at, removal_id)
    VALUES ('case_gone', 'ten_alice', 1, 'withdrawn', '2026-03-01 12:00:00', '2026-03-02 12:00:00', 3);
INSERT INTO cases (id, tenant_id, level, state, opened_at, withdrawn_at, erased_at)
    VALUES ('case_erased', 'ten_alice', 1, 'withdrawn', '2026-03-01 12:00:00', '2026-03-02 12:00:00',
    '2026-03-02 12:30:00');
INSERT INTO credentials (id, tenant_id, role, label, prefix, secret_hmac, permissions, created_at) VALUES
    ('crd_bob', 'ten_alice', 'agency', 'bob', 'abcdefgh', '1', 'tenant:case:create tenant:case:read tenant:case:verify',
    '2026-03-01 12:00:00');
INSERT INTO ledger_entries (number, event, tenant_id, credential_id, at, case_id, digest) VALUES
    (1, 'case.opened', 'ten_alice', 'crd_alice', '2026-03-01 12:00:00', 'case_stands', '1');
INSERT INTO case_references (key, id, case_id, tenant_id, kind, enrolled_at)
    VALUES (1, 'ref_stands', 'case_stands', 'ten_alice', 'intimate_item', '2026-03-01 12:00:00');
INSERT INTO changes (id, position, code_id, added, changed_at) VALUES
    (1, 1, 1, true, '2026-03-01 12:00:00'),
    (2, 2, 2, true, '2026-03-01 12:00:00'),
    (3, 3, 2, false, '2026-03-02 12:00:00');
INSERT INTO index_machines (id, erased_position, seen_at) VALUES ('mac_1', 2, '2026-03-02 12:30:15.000001')
"""


_SINCE_THE_EIGHTH = ("regions", "sealed_regions")  # columns of windows and key frames

_OLD_CHECKS = """
INSERT INTO checks (id, tenant_id, outcome, band, kinds, reasons, policy_version, as_of, checked_at)
    VALUES ('chk_old', 'ten_dana', 'block', 'tight', 'copy', 'tight_match', '2026-11.1', 3, '2026-03-02 12:00:00');
INSERT INTO check_matches (check_id, reference_id) VALUES ('chk_old', 'ref_stands')
"""


def _as_of_the_first_version(databases):
    """Makes the schemas as the first version had them, with a case, a reference, a machine, a withdrawal, a check."""
    for schema in SCHEMAS:
        config = migrate.configuration(schema)
        with _of(databases, schema).write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "0001")
            connection.commit()
    code = {"algorithm": "pdq", "view": "plane", "version": "test", "quality": 100, "searched": True}
    with databases.registry.write() as connection:
        for statement in _OLD_ROWS.split(";"):
            connection.exec_driver_sql(statement)
        connection.execute(insert(tables.codes).values(id=1, reference_key=1, value=pdq(1).value, **code))
        if databases.location.kind == "postgresql":  # these rows named their own ids
            for name, column in (("changes", "id"), ("codes", "id"), ("case_references", "key")):
                connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', '{column}'), 10)"))
        connection.commit()
    with databases.checks.write() as connection:
        for statement in _OLD_CHECKS.split(";"):
            connection.exec_driver_sql(statement)
        connection.commit()


def test_the_first_version_is_migrated_with_its_data(empty_databases):
    """The data of version 0001 are in the newest version, in the family of whole codes, and the registry works."""
    _as_of_the_first_version(empty_databases)
    _upgrade(empty_databases)
    for schema in SCHEMAS:
        test_the_head_is_the_metadata(empty_databases, schema)
    feed, anchored = empty_databases.feed(), empty_databases.feed(Family.ANCHORED)
    assert (feed.state().head, feed.state().families) == (3, {Family.WHOLE.value})
    page = feed.after(0, 3, 100)
    assert [(one.position, one.code_id, one.value) for one in page.changes] == [
        (1, 1, pdq(1).value),
        (2, 2, None),
        (3, 2, None),
    ]
    assert anchored.after(0, 3, 100) == FeedPage(changes=(), reached=3)
    with empty_databases.registry.read() as connection:
        (machine,) = connection.execute(select(tables.index_machines)).all()
    seen = datetime(2026, 3, 2, 12, 30, 15, 1, tzinfo=UTC)
    assert tuple(machine) == ("mac_1", "pdq-1", 2, seen)
    with empty_databases.units.read() as unit:
        (waiting,) = unit.cases.unerased()
        assert waiting.state is CaseState.WITHDRAWN
        assert unit.cases.get("case_erased", "ten_alice").state is CaseState.ERASED
        stands = unit.cases.get("case_stands", "ten_alice")
        assert (stands.state, stands.level, stands.claimed_level) == (CaseState.ACTIVE, Level.V1, Level.V1)
        assert (stands.opened_by, stands.is_verified_by_another) == ("crd_alice", False)
        [record] = unit.verifications.of_case(stands.id)
        assert (record.evidence, record.credential_id) == (EvidenceKind.BEFORE_RECORDS, "crd_alice")
        assert level_of([record]) is Level.V1
        permitted = {one.id: one.permissions for one in unit.credentials.all()}
        assert permitted == {"crd_bob": {Permission.CASE_CREATE, Permission.CASE_READ}}
        held = unit.quotas.standing("ten_alice").used
        assert (held.cases, held.references) == (1, len(unit.references.of_case("case_stands")))
        assert unit.cases.gone_from_files([waiting], seen) == ()
    SqlIndexMachines(empty_databases.registry, Family.WHOLE, lambda: seen).save("mac_1", 3)
    with empty_databases.units.read() as unit:
        assert unit.cases.gone_from_files([waiting], seen) == (waiting,)
    feed.close()
    anchored.close()


def test_pictures_of_the_second_version_stand_beside_clips_after_the_migration(empty_databases):
    """The data of version 0002 are found in the newest version, and a clip is added in a family of its own."""
    _as_of_the_first_version(empty_databases)
    config = migrate.configuration(migrate.REGISTRY)
    with empty_databases.registry.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        row = window_row(1, windows(1), SEALER)
        for later in _SINCE_THE_EIGHTH:
            del row[later]
        connection.execute(insert(tables.anchored_windows).values(row))
        connection.execute(
            insert(tables.changes).values(
                id=4, position=4, family="anchored-1", code_id=1, added=True, changed_at=NOW
            )
        )
        connection.execute(insert(tables.code_families).values(name="anchored-1"))
        connection.commit()
    _upgrade(empty_databases)
    test_the_head_is_the_metadata(empty_databases, migrate.REGISTRY)
    (old,) = empty_databases.candidates().confirm_pictures([1], Family.ANCHORED)
    assert (old.reference_id, old.windows.pack(), old.regions) == (
        "ref_stands",
        windows(1).windows.pack(),
        None,
    )
    case = replace(a_case(), id="case_new")
    with empty_databases.units.write() as unit:
        unit.cases.add(case)
        unit.references.add(a_reference(case, digest(1), clip=clip(1)))
        unit.commit()
    (stands,) = _of_case(empty_databases, "case_stands")
    (new,) = _of_case(empty_databases, "case_new")
    assert (stands.clip_facts, stands.window_count) == (None, 5)
    assert (new.clip_facts, new.window_count) == (clip(1).facts, 0)
    feeds = {family: empty_databases.feed(family) for family in CODE_FAMILIES}
    assert feeds[Family.FRAMES].state().families == {family.value for family in CODE_FAMILIES}
    pages = {family: feed.after(0, 10, 1000) for family, feed in feeds.items()}
    assert {page.reached for page in pages.values()} == {10}
    assert [len(page.changes) for page in pages.values()] == [3, 1, 3, 3]
    for feed in feeds.values():
        feed.close()


def _as_of_the_sixth_version(databases):
    """Makes the databases as version 0006 left them: two clips, one of them withdrawn, and no whole codes logged."""
    config = migrate.configuration(migrate.REGISTRY)
    _upgrade(databases)
    add_people(databases.units)
    cases = [a_case(), a_case()]
    poor = replace(clip(2, 1).frames[0], pdq=pdq("poor", 49))
    with databases.units.write() as unit:
        for seed, case in enumerate(cases):
            unit.cases.add(case)
            made = clip(seed, 3)
            frames = (*made.frames, replace(poor, start_ms=9000, end_ms=9500))
            unit.references.add(a_reference(case, digest(seed), clip=replace(made, frames=frames)))
        unit.commit()
    with databases.units.write() as unit:
        unit.references.erase_codes(cases[1].id, NOW)
        unit.commit()
    databases.feed().state()  # numbers the changes on PostgreSQL
    with databases.registry.write() as connection:
        connection.execute(tables.changes.delete().where(tables.changes.c.family == "frame-pdq-1"))
        connection.execute(tables.code_families.delete().where(tables.code_families.c.name == "frame-pdq-1"))
        for table in ("anchored_windows", "clip_frames"):
            for later in _SINCE_THE_EIGHTH:
                connection.execute(text(f"ALTER TABLE {table} DROP COLUMN {later}"))
        for later in ("uploader_hmac", "consent_language", "consent_way"):
            connection.execute(text(f"ALTER TABLE jobs DROP COLUMN {later}"))
        make_old_faces(connection)
        connection.execute(text("ALTER TABLE case_references DROP COLUMN state"))
        connection.execute(text("ALTER TABLE decisions DROP COLUMN feedback"))
        for made_later in (
            "TABLE challenges",
            "TABLE challenge_decisions",
            "TABLE check_challenges",
            "TABLE strikes",
            "TABLE retention_notices",
            "TABLE erasures",
            "TABLE withdrawal_journals",
            "INDEX ix_cases_withdrawn_at",
            "TABLE mandates",
            "TABLE case_links",
            "TABLE case_labels",
            "TABLE takedown_contents",
            "TABLE takedown_events",
            "TABLE takedown_keys",
            "TABLE takedowns",
            "TABLE ledger_checkpoints",
            "TABLE ledger_tiles",
            "INDEX ix_ledger_entries_digest",
            "TABLE quotas",
            "TABLE case_uses",
            "INDEX ix_jobs_live_of_tenants",
            "INDEX ix_jobs_live_of_keys",
            "TABLE reference_votes",
            "TABLE quarantines",
            "TABLE benign_pictures",
        ):
            connection.execute(text(f"DROP {made_later}"))
        connection.execute(text("DROP TABLE claim_contacts"))
        connection.execute(text("DROP TABLE claim_accesses"))
        connection.execute(text("DROP TABLE verifications"))
        connection.execute(text("ALTER TABLE ledger_entries DROP COLUMN detail"))
        connection.execute(text("DROP INDEX ix_cases_tenant_id_opened_at_id"))
        connection.execute(text("DROP INDEX ix_ledger_entries_case_id"))
        connection.execute(text("CREATE INDEX ix_cases_tenant_id ON cases (tenant_id)"))
        for later in ("heard_at", "opened_by", "claimed_level", "verified_by", "suspended_at"):
            connection.execute(text(f"ALTER TABLE cases DROP COLUMN {later}"))
        config.attributes["connection"] = connection
        command.stamp(config, "0006")
        connection.commit()


def test_clips_of_the_sixth_version_are_found_by_whole_codes_after_the_migration(empty_databases):
    """The log names the key frames that show enough and stand, an index reads them, and new ones come after."""
    _as_of_the_sixth_version(empty_databases)
    feed = empty_databases.feed(Family.FRAME_WHOLE)
    head = feed.state().head
    assert feed.after(0, head, 100).changes == ()
    _upgrade(empty_databases)
    assert feed.state().families == {"frame-pdq-1", "frames-1"}
    page = feed.after(0, head + 10, 100)
    wanted = [(frame_key(1, number), one.pdq.value) for number, one in enumerate(clip(0, 3).frames)]
    assert [(one.code_id, one.value) for one in page.changes] == wanted
    assert [one.position for one in page.changes] == [head + 1, head + 2, head + 3]
    engine = FlatEngine()
    follower = IndexFollower(feed=feed, new_engine=lambda _epoch: engine, report=lambda *_told: None)
    follower.begin()
    assert follower.reconcile()
    held = np.frombuffer(wanted[1][1], np.uint8)[None]
    assert engine.propose(held, 0).ids.tolist() == [wanted[1][0]]
    case = replace(a_case(), id="case_new")
    with empty_databases.units.write() as unit:
        unit.cases.add(case)
        unit.references.add(a_reference(case, digest(3), clip=clip(3)))
        unit.commit()
    follower.follow()
    assert (follower.size(), follower.reconcile()) == (6, True)
    _upgrade(empty_databases)  # a second time it does nothing
    assert feed.totals().size == 6
    follower.close()
    feed.close()


def _of_case(databases, case_id):
    with databases.units.read() as unit:
        return unit.references.of_case(case_id)


def test_an_answer_of_the_first_version_is_read_after_the_migration(empty_databases):
    """A check from before boxes were stored reads back as it was answered, without boxes."""
    _as_of_the_first_version(empty_databases)
    _upgrade(empty_databases)
    verdict = Verdict(
        outcome=Outcome.BLOCK,
        band=Band.TIGHT,
        kinds=(MatchKind.COPY,),
        reasons=(Reason.TIGHT_MATCH,),
        policy_version="2026-11.1",
    )
    checks = SqlChecks(empty_databases.checks)
    old = checks.get("chk_old", "ten_dana")
    assert (old.verdict, old.as_of, old.reference_ids) == (verdict, 3, ("ref_stands",))
    new = replace(old, id="chk_new", verdict=replace(verdict, boxes=(WHOLE,)))
    checks.add(new)
    assert checks.get("chk_new", "ten_dana") == new
    assert checks.get("chk_old", "ten_dana") == old


def test_no_number_is_used_again_after_a_migration(empty_databases):
    """A change that is logged after the migration has a higher id than any before it, also where the last are gone."""
    _as_of_the_first_version(empty_databases)
    _upgrade(empty_databases)
    case = replace(a_case(), id="case_new")
    with empty_databases.units.write() as unit:
        unit.cases.add(case)
        unit.references.add(a_reference(case, pdq(2), windows=windows(2)))
        unit.commit()
    assert empty_databases.feed().state().head == 5
    with empty_databases.registry.read() as connection:
        ids = connection.execute(select(tables.changes.c.id).order_by(tables.changes.c.id)).scalars().all()
        made = connection.execute(
            text("SELECT sql FROM sqlite_master WHERE name = 'changes'")
            if empty_databases.location.kind == "sqlite"
            else text("SELECT 'AUTOINCREMENT'")
        ).scalar_one()
    assert len(ids) == 5
    assert min(ids[3:]) > 3
    assert "AUTOINCREMENT" in made
