"""The ledger as rows, on both databases: the chain holds, and no field can be changed unseen."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, insert, select, text, update

from registry.domain.ledger import GENESIS, Act, verify
from registry.events import LedgerEvent
from registry.storage.rows import ledger as ledger_rows
from registry.storage.schema.tables import ledger_entries
from registry.usecases.ledger.verifying import verify_ledger
from tests.support.databases.registry_parts import ALICE, FRANK, NOW

LENGTH = 7
TAMPERED = 4


def _act(number=0, **changes):
    fields = {
        "event": LedgerEvent.REFERENCE_ENROLLED,
        "tenant_id": ALICE.tenant_id,
        "credential_id": ALICE.credential_id,
        "at": NOW + timedelta(microseconds=number),
        "case_id": "case_1",
        "reference_id": None if number == TAMPERED else "ref_1",
        "check_id": None if number % 2 else "chk_1",
    }
    return Act(**(fields | changes))


def _append(units, *acts):
    with units.write() as unit:
        entries = [unit.ledger.append(act) for act in acts]
        unit.commit()
    return entries


@pytest.fixture
def chain(units):
    return _append(units, *(_act(number) for number in range(1, LENGTH + 1)))


def _report(units):
    return verify_ledger(actor=FRANK, units=units)


def _change(databases, statement):
    with databases.registry.write() as connection:
        connection.execute(statement)
        connection.commit()


def test_the_chain_comes_back_as_it_was_appended(units, chain):
    """Entries are read in order with the acts and digests that their receipts told."""
    with units.read() as unit:
        assert list(unit.ledger.entries()) == chain
    assert [entry.number for entry in chain] == list(range(1, LENGTH + 1))


def test_an_empty_ledger_holds(units):
    """Nothing happened is a chain of no entries whose head is the genesis."""
    report = _report(units)
    assert (report.entries, report.head, report.first_broken) == (0, GENESIS, None)


def test_a_whole_chain_verifies(units, chain):
    """The report on an intact ledger gives its length and the last receipt."""
    report = _report(units)
    assert (report.entries, report.head, report.first_broken) == (LENGTH, chain[-1].digest, None)


def test_the_chain_goes_on_over_transactions(units, chain):
    """An entry of a later transaction follows the last one before it."""
    (entry,) = _append(units, _act())
    assert entry.number == LENGTH + 1
    assert _report(units).head == entry.digest


def test_pages_join(units, chain, monkeypatch):
    """Reading in pages yields every entry once."""
    monkeypatch.setattr(ledger_rows, "MAX_NAMES", 3)
    with units.read() as unit:
        assert list(unit.ledger.entries()) == chain


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("event", LedgerEvent.CASE_WITHDRAWN.value),
        ("event", "no.such.event"),
        ("tenant_id", "ten_charlie"),
        ("credential_id", "crd_charlie"),
        ("at", NOW + timedelta(seconds=1)),
        ("at", NOW + timedelta(microseconds=TAMPERED + 1)),
        ("case_id", "case_2"),
        ("case_id", None),
        ("case_id", ""),
        ("reference_id", "ref_2"),
        ("reference_id", ""),
        ("check_id", None),
        ("check_id", "chk_2"),
        ("detail", "ver_2 V4 public_body"),
        ("detail", ""),
        ("digest", bytes(32)),
        ("digest", b""),
    ],
)
def test_every_field_is_covered(databases, units, chain, column, value):
    """Whichever field of an entry is changed, the report names that entry as the first broken one."""
    _change(
        databases,
        update(ledger_entries).where(ledger_entries.c.number == TAMPERED).values({column: value}),
    )
    report = _report(units)
    assert (report.first_broken, report.entries) == (TAMPERED, TAMPERED - 1)
    assert report.head == chain[TAMPERED - 2].digest


def test_every_column_is_tampered_with_somewhere():
    """A column that is added later is noticed here: it has to be hashed, and tampered with in these tests."""
    tampered = {"event", "tenant_id", "credential_id", "at", "case_id", "reference_id", "check_id"}
    tampered |= {"detail", "digest"}
    assert {column.name for column in ledger_entries.c} == tampered | {"number"}


@pytest.mark.parametrize("number", range(1, LENGTH))
def test_a_missing_entry_is_noticed(databases, units, chain, number):
    """Wherever an entry is taken out, the report names its number."""
    _change(databases, delete(ledger_entries).where(ledger_entries.c.number == number))
    assert _report(units).first_broken == number


def test_a_renumbered_gap_is_noticed(databases, units, chain):
    """Closing the gap after taking an entry out does not help: the digests cover the numbers."""
    _change(databases, delete(ledger_entries).where(ledger_entries.c.number == TAMPERED))
    for number in range(TAMPERED + 1, LENGTH + 1):
        _change(
            databases,
            update(ledger_entries).where(ledger_entries.c.number == number).values(number=number - 1),
        )
    assert _report(units).first_broken == TAMPERED


@pytest.mark.parametrize("number", [0, -1])
def test_an_entry_before_the_first_is_noticed(databases, units, chain, number):
    """An entry smuggled in under a number before the first breaks the chain at its beginning."""
    row = {
        "number": number,
        "event": "case.opened",
        "tenant_id": "ten_x",
        "credential_id": "crd_x",
        "at": NOW,
    }
    _change(databases, insert(ledger_entries).values(**row, digest=bytes(32)))
    assert _report(units).first_broken == 1


def test_two_swapped_entries_are_noticed(databases, units, chain):
    """Order is part of what is proven."""
    for old, new in ((2, 100), (3, 2), (100, 3)):
        _change(databases, update(ledger_entries).where(ledger_entries.c.number == old).values(number=new))
    assert _report(units).first_broken == 2


def test_a_chain_rewritten_from_the_middle_has_another_head(databases, units, chain):
    """A rewritten entry, with all later ones, gives a valid chain, but no earlier receipt fits it."""
    _change(databases, delete(ledger_entries).where(ledger_entries.c.number >= TAMPERED))
    _append(units, *(_act(number, case_id="case_9") for number in range(TAMPERED, LENGTH + 1)))
    report = _report(units)
    assert report.first_broken is None
    assert report.head != chain[-1].digest


def test_an_entry_counts_only_once_committed(units, chain):
    """An append that is not committed leaves the chain as it was, and its number is used again."""
    with units.write() as unit:
        unit.ledger.append(_act())
    assert _report(units).entries == LENGTH
    assert _append(units, _act())[0].number == LENGTH + 1


def test_writers_at_the_same_time_make_one_chain(databases, units):
    """Eight writers that append at once lose no entry and never fork the chain."""
    start = threading.Barrier(8)

    def write():
        own = databases.units
        start.wait()
        for _ in range(5):
            _append(own, _act())

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = _report(units)
    assert (report.entries, report.first_broken) == (40, None)


def test_an_unreadable_time_is_noticed(sqlite):
    """A time that is no time any more makes the verification fail at that entry instead of passing it."""
    _append(sqlite.units, *(_act(number) for number in range(1, LENGTH + 1)))
    with sqlite.registry.write() as connection:
        connection.execute(text("UPDATE ledger_entries SET at = 'then' WHERE number = 4"))
        connection.commit()
    assert _report(sqlite.units).first_broken == TAMPERED


def test_verification_takes_any_iterable(units, chain):
    """The pure verification agrees with the use case."""
    assert verify(iter(chain)) == _report(units)


def test_the_ledger_holds_no_more_than_it_tells(databases, units, chain):
    """There is one row for each entry."""
    with databases.registry.read() as connection:
        assert connection.execute(select(func.count()).select_from(ledger_entries)).scalar_one() == LENGTH
