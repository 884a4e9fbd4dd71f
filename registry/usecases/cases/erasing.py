"""Finish the erasure of withdrawn cases: delete the traces that the withdrawal's own transaction could not reach.

The erasure can safely be repeated and interrupted, because a case counts as erased only after everything else is done.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from registry.domain import erased, erasing
from registry.ports import Checks, Environment, Units


@dataclass(frozen=True, slots=True, kw_only=True)
class Eraser:
    """The stores that hold traces of a case besides the rows that the withdrawal deleted.

    Attributes:
        checks: checks, whose matches, probes and budgets name references and cases.
        purge_files: overwrites deleted values in the database's own files (its write-ahead log); raises
            `StorageUnavailable` while a reader prevents that.
    """

    units: Units
    checks: Checks
    purge_files: Callable[[], None]
    environment: Environment

    def erase(self) -> Sequence[str]:
        """Erase all withdrawn cases that wait for erasure, and return the ids of the cases that are now erased.

        The codes in index files are overwritten by `registry.indexing.keeper`. A case waits until every machine has
        done that.

        Raises:
            StorageUnavailable: the erasure is incomplete; call again later.
        """
        with self.units.read() as unit:
            waiting = [(case, unit.references.of_case(case.id)) for case in unit.cases.unerased()]
        if not waiting:
            return ()
        for _, references in waiting:
            self.checks.forget_references([reference.id for reference in references])
        self.checks.forget_people([case.id for case, _ in waiting])
        self.purge_files()
        now = self.environment.now()
        with self.units.write() as unit:
            present = [unit.cases.get(case.id, case.tenant_id, for_update=True) for case, _ in waiting]
            # Another machine may have finished some of them meanwhile.
            left = [case for case in present if case.erased_at is None]
            gone = {case.id for case in unit.cases.gone_from_files(left, now)}
            for case in left:
                unit.cases.save(erased(case, now) if case.id in gone else erasing(case))
            unit.commit()
        return [case.id for case in left if case.id in gone]
