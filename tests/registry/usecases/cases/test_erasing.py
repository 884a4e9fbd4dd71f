"""Erasure after a withdrawal: repeated until it is whole, and only then called done."""

import pytest
from sqlalchemy import func, select

from index.verdict.ladder import Verdict
from index.verdict.vocabulary import Band, Level, Outcome
from registry.domain.check import Check
from registry.domain.probe import Asker
from registry.errors import StorageUnavailable
from registry.storage.rows.checks import SqlChecks
from registry.storage.rows.probes import SqlProbes
from registry.storage.schema.check_tables import matches, people_told, probes
from registry.usecases.cases.erasing import Eraser
from registry.usecases.cases.opening import open_case
from registry.usecases.cases.withdrawing import withdraw
from tests.support.databases.registry_parts import ALICE, DANA, NOW, Clock, a_probe, draft, environment


class _Setting:
    """A case whose reference was matched and probed, withdrawn, and an eraser that can be made to fail."""

    def __init__(self, databases):
        self.databases = databases
        self.checks = SqlChecks(databases.checks)
        self.clock = Clock()
        self.purges = 0
        self.purge_errors = []
        around = {"actor": ALICE, "units": databases.units, "environment": environment(self.clock)}
        self.case = open_case(Level.V0, draft(1), **around)
        self.reference = self.case.first.reference.id
        self.checks.add(
            Check(
                id="chk_1",
                tenant_id=DANA.tenant_id,
                verdict=Verdict(outcome=Outcome.REVIEW, band=Band.LOOSE, kinds=(), reasons=()),
                as_of=1,
                checked_at=NOW,
                reference_ids=(self.reference,),
            )
        )
        self.checks.add_probe(DANA.tenant_id, a_probe(self.reference), NOW)
        asker, people = Asker(tenant_id=DANA.tenant_id), [self.case.case.id]
        SqlProbes(databases.checks).tell(asker, people, NOW.date(), lambda _: True)
        self.withdraw = lambda: withdraw(self.case.case.id, **around)

    def eraser(self, checks=None):
        return Eraser(
            units=self.databases.units,
            checks=checks or self.checks,
            purge_files=self._purge,
            environment=environment(self.clock),
        )

    def _purge(self):
        if self.purge_errors:
            raise self.purge_errors.pop(0)
        self.purges += 1
        self.databases.registry.purge_files()

    def traces(self):
        with self.databases.checks.read() as connection:
            return sum(
                connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (matches, probes, people_told)
            )

    def erased_at(self):
        with self.databases.units.read() as unit:
            return unit.cases.get(self.case.case.id, ALICE.tenant_id).erased_at


@pytest.fixture
def setting(sqlite):
    return _Setting(sqlite)


def test_nothing_waits_before_a_withdrawal(setting):
    """A standing case is left alone, and no file is purged for nothing."""
    assert list(setting.eraser().erase()) == []
    assert (setting.traces(), setting.purges, setting.erased_at()) == (3, 0, None)


def test_a_withdrawn_case_is_erased_whole(setting):
    """Matches, probes and budgets that name it or its references go, the files are purged, and the time is kept."""
    setting.withdraw()
    setting.clock.advance(seconds=5)
    assert list(setting.eraser().erase()) == [setting.case.case.id]
    assert (setting.traces(), setting.purges) == (0, 1)
    assert setting.erased_at() == setting.clock()


def test_an_erased_case_is_erased_once(setting):
    """A finished erasure is not repeated."""
    setting.withdraw()
    setting.eraser().erase()
    assert list(setting.eraser().erase()) == []
    assert setting.purges == 1


def test_a_failure_while_purging_leaves_the_case_waiting(setting):
    """A case does not count as erased while a file may still hold it; the repetition finishes."""
    setting.withdraw()
    setting.purge_errors = [StorageUnavailable()]
    with pytest.raises(StorageUnavailable):
        setting.eraser().erase()
    assert setting.erased_at() is None
    assert list(setting.eraser().erase()) == [setting.case.case.id]
    assert setting.traces() == 0


def test_a_failure_while_forgetting_leaves_the_case_waiting(setting):
    """Where the checks' database is away, nothing else is done, and the repetition finishes."""

    class Away:
        def forget_references(self, reference_ids):
            raise StorageUnavailable

    setting.withdraw()
    with pytest.raises(StorageUnavailable):
        setting.eraser(checks=Away()).erase()
    assert (setting.purges, setting.erased_at(), setting.traces()) == (0, None, 3)
    assert list(setting.eraser().erase()) == [setting.case.case.id]


def test_a_case_withdrawn_meanwhile_waits_for_the_next_time(setting, sqlite):
    """A case that is withdrawn while others are erased is not called erased with them."""
    setting.withdraw()
    around = {"actor": ALICE, "units": sqlite.units, "environment": environment()}
    late = open_case(Level.V0, draft("late"), **around)
    purge = sqlite.registry.purge_files

    class Meanwhile:
        def forget_references(self, reference_ids):
            withdraw(late.case.id, **around)

        def forget_people(self, case_ids):
            assert case_ids == [setting.case.case.id]

    assert list(setting.eraser(checks=Meanwhile()).erase()) == [setting.case.case.id]
    assert list(setting.eraser().erase()) == [late.case.id]
    purge()
