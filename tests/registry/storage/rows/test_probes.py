"""`SqlProbes` on both databases: different questions, within a window, tenant by tenant."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from registry.domain.probe import Asker
from registry.storage.rows.checks import SqlChecks
from registry.storage.rows.days import WINDOW_DAYS
from registry.storage.rows.probes import Decoy, SqlProbes, write_probes
from tests.support.databases.registry_parts import ALICE, DANA, NOW, a_probe

REFERENCE = "ref_1"


@pytest.fixture
def count(databases):
    """Counts the questions other than one."""
    probes = SqlProbes(databases.checks)

    def ask(*references, name="asked", tenant_id=DANA.tenant_id, uploader=None, days=0):
        asker = Asker(tenant_id=tenant_id, uploader=uploader)
        digest = a_probe(name=name).digest
        return probes.count(
            asker, digest, references or (REFERENCE,), None, (NOW + timedelta(days=days)).date()
        )

    return ask


@pytest.fixture
def asked(databases):
    """Keeps a question."""
    checks = SqlChecks(databases.checks)

    def keep(name, *references, tenant_id=DANA.tenant_id, days=0, **changes):
        probe = a_probe(*(references or (REFERENCE,)), name=name, **changes)
        checks.add_probe(tenant_id, probe, NOW + timedelta(days=days))

    return keep


def test_different_questions_are_counted(count, asked):
    """Each other question about a reference is one more."""
    for name in range(3):
        asked(name)
    assert count().of_references == {REFERENCE: 3}


def test_questions_are_written_in_one_order(databases):
    """Transactions that write the same rows, decoys too, then never wait for each other on PostgreSQL."""
    written = []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        if statement.startswith("INSERT INTO probes"):
            written.extend(told(values) for values in parameters)

    def told(values):
        """SQLite's values are views of memory, whose texts are their addresses."""
        held = values.values() if isinstance(values, dict) else values
        return [bytes(one) if isinstance(one, memoryview) else str(one) for one in held]

    asked = [
        (tenant, a_probe(f"ref_{number}"))
        for tenant in (DANA.tenant_id, ALICE.tenant_id)
        for number in (2, 1)
    ]
    decoys = [Decoy(tenant_id=one.tenant_id, place=b"0", value=b"x") for one in (DANA, ALICE)]
    event.listen(databases.checks.engine, "before_cursor_execute", note)
    for turn in (1, -1):
        with databases.checks.write() as connection:
            write_probes(connection, asked[::turn], NOW.date(), decoys[::turn])
            connection.commit()
    event.remove(databases.checks.engine, "before_cursor_execute", note)
    assert len(written) == 12
    assert written[:6] == written[6:]


def test_the_same_question_counts_once(count, asked):
    """The same picture, uploaded by many, spends nothing; the question that is asked now does not count itself."""
    for _ in range(3):
        asked("same")
    assert count().of_references == {REFERENCE: 1}
    assert count(name="same").of_references == {REFERENCE: 0}


def test_each_reference_has_its_own_count(count, asked):
    """A question near several references is counted for each, and once for who asks it."""
    asked(1)
    asked("both", REFERENCE, "ref_2", uploader=b"one", is_held=True)
    counts = count(REFERENCE, "ref_2", "ref_3", uploader=b"one")
    assert counts.of_references == {REFERENCE: 2, "ref_2": 1, "ref_3": 0}
    assert (counts.of_uploader, counts.held) == (1, 1)


def test_uploaders_have_their_own_counts(count, asked):
    """One user's questions do not count for another, nor for uploads without a user."""
    asked(1, uploader=b"one")
    asked(2, "ref_2", uploader=b"one")
    asked(3, uploader=b"two")
    assert [count(uploader=name).of_uploader for name in (b"one", b"two", b"three", None)] == [2, 1, 0, 0]


def test_held_questions_have_their_own_count(count, asked):
    """Only questions whose answer was withheld count towards the tenant's budget."""
    asked(1)
    asked(2, is_held=True)
    assert count().held == 1


def test_tenants_spend_their_own(count, asked):
    """One platform's questions never spend another's budgets."""
    asked(1, uploader=b"one", is_held=True)
    counts = count(tenant_id=ALICE.tenant_id, uploader=b"one")
    assert (counts.of_references, counts.of_uploader, counts.held) == ({REFERENCE: 0}, 0, 0)


def test_questions_leave_the_window_after_its_days(count, asked):
    """A question counts on its day and the six that follow, and not on the seventh."""
    asked("old", uploader=b"one", is_held=True)
    last, gone = (count(uploader=b"one", days=days) for days in (WINDOW_DAYS - 1, WINDOW_DAYS))
    assert (last.of_references[REFERENCE], last.of_uploader, last.held) == (1, 1, 1)
    assert (gone.of_references[REFERENCE], gone.of_uploader, gone.held) == (0, 0, 0)


def test_what_left_the_window_is_deleted(databases, asked):
    """No question is kept longer than the window."""
    asked("old")
    asked("new", days=WINDOW_DAYS)
    with databases.checks.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM probes").scalar_one() == 1


def test_a_question_near_very_many_references_is_counted(count, asked):
    """As many references as a check confirms at most fit into one question."""
    names = [f"ref_{number}" for number in range(20_000)]
    asked("wide", *names)
    assert set(count(*names).of_references.values()) == {1}


def test_a_cleared_tenant_begins_anew(databases, count, asked):
    """The operator's clearing takes all of a tenant's questions, and nobody else's."""
    asked(1)
    asked(2, tenant_id=ALICE.tenant_id)
    assert SqlProbes(databases.checks).clear(DANA.tenant_id) == 1
    assert count().of_references == {REFERENCE: 0}
    assert count(tenant_id=ALICE.tenant_id).of_references == {REFERENCE: 1}


def test_near_or_far_the_same_statements_run(databases, count, asked):
    """The time of a question near something is that of one near nothing: the same statement, and none that writes."""
    asked(1)
    run = []
    event.listen(databases.checks.engine, "before_cursor_execute", lambda *call: run.append(call[2]))
    asker, day = Asker(tenant_id=DANA.tenant_id), NOW.date()
    shapes = []
    for people in (None, ()):
        for references in ([], [REFERENCE]):
            run.clear()
            SqlProbes(databases.checks).count(asker, b"asked", references, people, day)
            shapes.append([statement.split(" IN ")[0] for statement in run])
    assert shapes[0] == shapes[1]
    assert shapes[2] == shapes[3]
    assert not [statement for statement in shapes[0] if "INSERT" in statement or "DELETE" in statement]
