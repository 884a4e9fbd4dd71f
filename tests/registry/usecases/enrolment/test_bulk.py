"""Enrolling a batch: all or none, in one transaction with one ledger entry."""

import pytest

from index.verdict.vocabulary import Level
from registry.errors import CaseWithdrawn, NotFound, Refused
from registry.events import LedgerEvent
from registry.usecases.cases.opening import open_case
from registry.usecases.cases.reading import read_case
from registry.usecases.cases.withdrawing import withdraw
from registry.usecases.enrolment.bulk import MAX_PER_BATCH, bulk_enrol
from registry.usecases.enrolment.enrolling import enrol
from tests.support.databases.registry_parts import ALICE, CHARLIE, draft, environment


@pytest.fixture
def around(sqlite):
    return {"units": sqlite.units, "environment": environment()}


@pytest.fixture
def case(around):
    return open_case(Level.V0, None, actor=ALICE, **around).case


def _held(sqlite, case):
    return read_case(case.id, actor=ALICE, units=sqlite.units).references


def _entries(sqlite):
    with sqlite.units.read() as unit:
        return list(unit.ledger.entries())


def test_a_batch_is_one_act(sqlite, case, around):
    """All references of a batch are there after it, under one ledger entry whose digest is the receipt."""
    done = bulk_enrol(case.id, [draft(seed) for seed in range(20)], actor=ALICE, **around)
    assert {reference.id for reference in _held(sqlite, case)} == set(done.references)
    assert (len(done.references), done.duplicates) == (20, 0)
    _, entry = _entries(sqlite)
    assert (entry.digest, entry.act.event, entry.act.case_id) == (
        done.receipt,
        LedgerEvent.REFERENCES_ENROLLED,
        case.id,
    )


def test_what_is_known_and_what_comes_twice_is_counted_and_left_out(sqlite, case, around):
    """Media that the tenant has already, or that a batch holds twice, is registered once."""
    enrol(case.id, draft(0), actor=ALICE, **around)
    done = bulk_enrol(case.id, [draft(0), draft(1), draft(1), draft(2)], actor=ALICE, **around)
    assert (len(done.references), done.duplicates) == (2, 2)
    assert len(_held(sqlite, case)) == 3


def test_a_batch_of_nothing_new_writes_nothing(sqlite, case, around):
    """A batch that holds nothing new has no receipt and leaves the ledger as it was."""
    enrol(case.id, draft(0), actor=ALICE, **around)
    before = _entries(sqlite)
    done = bulk_enrol(case.id, [draft(0)], actor=ALICE, **around)
    assert (done.references, done.duplicates, done.receipt) == ((), 1, None)
    assert bulk_enrol(case.id, [], actor=ALICE, **around).references == ()
    assert _entries(sqlite) == before


def test_a_foreign_or_withdrawn_case_takes_no_batch(sqlite, case, around):
    """Another tenant's case is not found, and a withdrawn one takes nothing more."""
    with pytest.raises(NotFound):
        bulk_enrol(case.id, [draft(1)], actor=CHARLIE, **around)
    withdraw(case.id, actor=ALICE, **around)
    with pytest.raises(CaseWithdrawn):
        bulk_enrol(case.id, [draft(1)], actor=ALICE, **around)
    assert _held(sqlite, case) == ()


def test_too_many_at_once_are_refused_before_anything_is_read(case, around):
    """A batch beyond the limit is refused whole."""
    with pytest.raises(Refused):
        bulk_enrol(case.id, [draft(1)] * (MAX_PER_BATCH + 1), actor=ALICE, units=None, environment=None)


def test_a_batch_that_fails_leaves_nothing(sqlite, case, around):
    """Where the commit does not come, no reference of the batch is there."""
    with pytest.raises(AssertionError, match="not acknowledged"):
        bulk_enrol(case.id, [draft(1), draft(2)], actor=ALICE, **around | {"units": _failing(sqlite.units)})
    assert _held(sqlite, case) == ()


def _failing(units):
    def acknowledge(_result):
        raise AssertionError("not acknowledged")

    return units.acknowledging(acknowledge)
