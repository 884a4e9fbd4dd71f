"""Finishes the erasure of withdrawn cases: what the withdrawal's own transaction could not reach.

Safe to repeat and to interrupt: a case counts as erased only after everything else was done.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from registry.ports import Checks, Environment, Units


@dataclass(frozen=True, slots=True, kw_only=True)
class Eraser:
    """What holds traces besides the rows that the withdrawal deleted.

    Attributes:
        checks: matches and probes name references.
        purge_files: overwrites what the database's own files still hold (its write-ahead log); raises
            `StorageUnavailable` while a reader keeps it from that.
    """

    units: Units
    checks: Checks
    purge_files: Callable[[], None]
    environment: Environment

    def erase(self) -> Sequence[str]:
        """Erases all withdrawn cases that wait for it; returns the ids of those that are now erased.

        Their codes in the index's files are `keep_index`'s to overwrite; until every machine has, a case waits.

        Raises:
            StorageUnavailable: not all could be done; call again later.
        """
        with self.units.read() as unit:
            waiting = [(case, unit.references.of_case(case.id)) for case in unit.cases.unerased()]
        if not waiting:
            return ()
        for _, references in waiting:
            self.checks.forget_references([reference.id for reference in references])
        self.purge_files()
        now = self.environment.now()
        with self.units.write() as unit:
            gone = unit.cases.gone_from_files([case for case, _ in waiting], now)
            for case in gone:
                unit.cases.save(replace(case, erased_at=now))
            unit.commit()
        return [case.id for case in gone]
