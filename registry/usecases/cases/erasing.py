"""Finish the erasure of withdrawn cases and faces: delete the traces that their own transaction could not reach.

The erasure can safely be repeated and interrupted, because a case counts as erased only after everything else is done.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from registry.domain import (
    OVERWRITTEN,
    Act,
    Case,
    ErasedCase,
    Erasure,
    erased,
    erasing,
    ids,
    signed_bytes,
    statement_digest,
    statement_of,
)
from registry.events import LedgerEvent
from registry.ports import Checks, Environment, StatementSigning, UnitOfWork, Units


@dataclass(frozen=True, slots=True, kw_only=True)
class Eraser:
    """The stores that hold traces of a case besides the rows that the withdrawal deleted.

    Attributes:
        checks: checks, whose matches, probes and budgets name references and cases.
        purge_files: overwrites deleted values in the database's own files (its write-ahead log); raises
            `StorageUnavailable` while a reader prevents that.
        database: what that does with the bytes of deleted rows: `OVERWRITTEN` or `DELETED`.
        signing: the key of erasure receipts; None gives none.
    """

    units: Units
    checks: Checks
    purge_files: Callable[[], None]
    environment: Environment
    database: str = OVERWRITTEN
    signing: StatementSigning | None = None

    def erase(self) -> Sequence[str]:
        """Erase all withdrawn cases that wait for erasure, and return the ids of the cases that are now erased.

        The codes in index files are overwritten by `registry.indexing.keeper`. A case waits until every machine has
        done that.

        Raises:
            StorageUnavailable: the erasure is incomplete; call again later.
        """
        since = self.environment.now()
        with self.units.read() as unit:
            waiting = [(case, unit.references.of_case(case.id)) for case in unit.cases.unerased()]
            faceless = unit.consents.unerased()
        if not waiting and not faceless:
            return ()
        for _, references in waiting:
            self.checks.forget_references([reference.id for reference in references])
        self.checks.forget_people([*(case.id for case, _ in waiting), *(case_id for case_id, _ in faceless)])
        self.purge_files()
        now = self.environment.now()
        if faceless:
            self._note_erased_faces(faceless, since)
        if not waiting:
            return ()
        with self.units.write() as unit:
            present = [unit.cases.get(case.id, case.tenant_id, for_update=True) for case, _ in waiting]
            # Another machine may have finished some of them meanwhile.
            left = [case for case in present if case.erased_at is None]
            gone = {case.id for case in unit.cases.gone_from_files(left, now)}
            for case in left:
                unit.cases.save(erased(case, now) if case.id in gone else erasing(case))
            for case in left:
                if case.id in gone:
                    self._give_receipt(unit, erased(case, now))
            unit.commit()
        return [case.id for case in left if case.id in gone]

    def _give_receipt(self, unit: UnitOfWork, case: Case) -> None:
        """Sign what was erased of a case, and bind it into the ledger."""
        if self.signing is None or case.withdrawn_at is None or case.erased_at is None:
            return
        machines, absent = unit.erasures.machines(case.erased_at)
        statement = statement_of(
            ErasedCase(
                case_id=case.id,
                withdrawn_at=case.withdrawn_at,
                erased_at=case.erased_at,
                counts=unit.erasures.counts(case.id),
                database=self.database,
                machines=machines,
                absent=absent,
            ),
            self.signing.key.name,
        )
        entry = unit.ledger.append(
            Act(
                event=LedgerEvent.CASE_ERASED,
                tenant_id=case.tenant_id,
                credential_id=ids.NOBODY,
                at=case.erased_at,
                case_id=case.id,
                detail=statement_digest(statement),
            )
        )
        unit.erasures.add(
            Erasure(
                case_id=case.id,
                statement=statement,
                signature=self.signing.sign_bytes(signed_bytes(statement)),
                entry=entry.digest,
            )
        )

    def _note_erased_faces(self, faceless: Sequence[tuple[str, str]], before: datetime) -> None:
        """Note which cases, without their faces by `before`, have left no face in index files either."""
        now = self.environment.now()
        with self.units.write() as unit:
            cases = [unit.cases.get(case_id, tenant_id) for case_id, tenant_id in faceless]
            gone = unit.cases.gone_from_files(cases, now)
            unit.consents.save_erased([case.id for case in gone], before, now)
            unit.commit()
