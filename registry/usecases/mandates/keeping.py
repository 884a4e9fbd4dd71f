"""End mandates by the clock, and remind agents of those that end soon.

A mandate that expires ends with its case in one transaction, as a revoked one does. Reminders are entries of the ledger
and a field of the mandate, 30, 7 and 1 days before; of several that are due at once, the most urgent is made.
"""

from dataclasses import dataclass, replace
from typing import Final

from registry.domain import Act, CaseState, Mandate, MandateState, expired, ids, stands
from registry.events import LedgerEvent
from registry.ports import Environment, UnitOfWork, Units
from registry.usecases.cases import ExpiryReason, expire_within

AT_ONCE: Final = 200
"""Mandates that one call ends, each in a transaction of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateKeeper:
    """Ends mandates whose term is over. It can safely be repeated and interrupted, and run by several processes."""

    units: Units
    environment: Environment

    def keep(self) -> int:
        """End what is due and remind of what will be; return how many mandates ended.

        Raises:
            StorageUnavailable: part of it is not done; call again later.
        """
        now = self.environment.now()
        with self.units.read() as unit:
            due = unit.mandates.due(now, AT_ONCE)
            soon = unit.mandates.unreminded(now, AT_ONCE)
        ended = sum(self._expire(one) for one in due)
        for one in soon:
            self._remind(one)
        return ended

    def _expire(self, mandate: Mandate) -> bool:
        with self.units.write() as unit:
            case = unit.cases.get(mandate.case_id, mandate.tenant_id, for_update=True)
            now = self.environment.now()
            present = [one for one in unit.mandates.of_case(case.id) if one.id == mandate.id]
            if not present or present[0].state is not MandateState.CONFIRMED:
                return False  # ended meanwhile
            unit.mandates.save(expired(present[0], now))
            self._note(unit, LedgerEvent.MANDATE_EXPIRED, mandate, mandate.id)
            if not stands(unit.mandates.of_case(case.id), now) and case.state is not CaseState.EXPIRED:
                expire_within(unit, case, ExpiryReason.MANDATE_ENDED, environment=self.environment)
            unit.commit()
        return True

    def _remind(self, mandate: Mandate) -> None:
        with self.units.write() as unit:
            case = unit.cases.get(mandate.case_id, mandate.tenant_id, for_update=True)
            present = [one for one in unit.mandates.of_case(case.id) if one.id == mandate.id]
            days = present[0].reminder(self.environment.now()) if present else None
            if days is None or days == present[0].reminded_days:
                return  # ended or reminded meanwhile
            unit.mandates.save(replace(present[0], reminded_days=days))
            self._note(unit, LedgerEvent.MANDATE_REMINDED, mandate, f"{mandate.id} {days}")
            unit.commit()

    def _note(self, unit: UnitOfWork, event: LedgerEvent, mandate: Mandate, detail: str) -> None:
        act = Act(
            event=event,
            tenant_id=mandate.tenant_id,
            credential_id=ids.NOBODY,
            at=self.environment.now(),
            case_id=mandate.case_id,
            detail=detail,
        )
        unit.ledger.append(act)
