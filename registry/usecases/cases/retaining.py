"""End cases that nobody has asked about for years: notices, then the expiry, then the withdrawal.

1. Reading, extending or exporting a case is a sign of life of its owner, and begins the period anew.
2. Notices are made 90, 30 and 7 days before the end, and are listed. No case expires sooner than 90 days after the
   first.
3. An expired case has no effect, and can be renewed. 90 days later it is withdrawn and erased like any other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from registry.domain import (
    NOTICE_DAYS,
    Actor,
    Case,
    CaseState,
    RetentionNotice,
    RetentionStep,
    Silence,
    expiry_of,
    step_of,
)
from registry.errors import StateForbids
from registry.permissions import Permission
from registry.ports import Environment, UnitOfWork, Units
from registry.usecases.cases.expiring import ExpiryReason, expire_within
from registry.usecases.cases.withdrawing import withdraw_unheard

_PAGE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionKeeper:
    """The clock of cases.

    Attributes:
        period: time without a sign of life after which a case expires.
    """

    units: Units
    environment: Environment
    period: timedelta

    def keep(self) -> int:
        """Do what is due for all cases; return the number of cases for which something was."""
        now, after, done = self.environment.now(), "", 0
        before = now - self.period + timedelta(days=NOTICE_DAYS[0])
        while True:
            with self.units.read() as unit:
                page = unit.retention.silent(before, after, _PAGE)
            done += sum(self._keep(silence, now) for silence in page)
            if len(page) < _PAGE:
                return done
            after = page[-1].case_id

    def _keep(self, silence: Silence, now: datetime) -> bool:
        step, days = step_of(silence, self.period, now)
        if step is RetentionStep.NOTHING:
            return False
        with self.units.write() as unit:
            case = unit.cases.get(silence.case_id, silence.tenant_id, for_update=True)
            if unit.retention.silence(case.id) != silence:
                return False  # its owner was heard meanwhile, or another process has looked
            if step is RetentionStep.NOTICE:
                expires_at = expiry_of(silence, self.period, now)
                notice = RetentionNotice(
                    case_id=silence.case_id, days=days, made_at=now, expires_at=expires_at
                )
                done = unit.retention.add_notice(notice)
            else:
                done = self._end(unit, case, step, now)
            if done:
                unit.commit()
        return done

    def _end(self, unit: UnitOfWork, case: Case, step: RetentionStep, now: datetime) -> bool:
        if step is RetentionStep.WITHDRAW:
            withdraw_unheard(unit, case, now)
            return True
        if case.state is CaseState.EXPIRED:
            return False
        try:
            moved = expire_within(unit, case, ExpiryReason.NO_CONTACT, environment=self.environment)
        except StateForbids:  # a draft has no effect that could end
            return False
        return moved.receipt is not None


def hear_of(case_id: str, *, units: Units, environment: Environment) -> None:
    """Note a sign of life of a case's owner, who has proven to be it. It is written once a day at most.

    Raises:
        StorageUnavailable: it could not be noted. The next one will be.
    """
    now = environment.now()
    with units.read() as unit:
        if unit.retention.is_heard(case_id, now):
            return
    with units.write() as unit:
        if unit.retention.hear(case_id, now):
            unit.commit()


def list_notices(*, actor: Actor, units: Units) -> Sequence[RetentionNotice]:
    """Return the tenant's cases that expire soon, the first one first; raise `NotPermitted`."""
    actor.require(Permission.CASE_LIST)
    with units.read() as unit:
        return unit.retention.notices(actor.tenant_id)
