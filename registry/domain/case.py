"""A case: one claimant's claim for one subject, with its verification level and its life cycle (`case_states`)."""

from dataclasses import dataclass, replace
from datetime import datetime

from index.verdict import Level
from registry.domain.case_states import CaseEvent, CaseState, after
from registry.domain.roles import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One claimant's claim for one subject. It is pseudonymous: it holds no name and no contact details.

    Attributes:
        level: the level in effect, which follows from the case's verification records (`verification.level_of`).
        claimed_level: the level that the opener says the case deserves; it has no effect.
        opened_by: id of the key that opened the case, which makes no verification record of it.
        verified_by: id of the key whose record put the level in effect; None at V0, and if the level is older than
            records.
        suspended_at: when the case was suspended; None unless it is, also where it has expired since.
        erased_at: the time by which everything derived from the case's media was erased from database, index and
            files; None before.
    """

    id: str
    tenant_id: str
    level: Level
    state: CaseState
    opened_at: datetime
    opened_by: str
    claimed_level: Level = Level.V0
    verified_by: str | None = None
    suspended_at: datetime | None = None
    withdrawn_at: datetime | None = None
    erased_at: datetime | None = None

    @property
    def is_verified_by_another(self) -> bool:
        """Whether somebody other than the opener stands behind the level, by a record."""
        return self.verified_by is not None and self.verified_by != self.opened_by

    def moved(self, event: CaseEvent, by: Actor | None) -> "Case":
        """Return the case after an event that changes nothing but its state; raise as `case_states.after` does."""
        state = after(self.state, event, by)
        return self if state is self.state else replace(self, state=state)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLink:
    """Two cases behind which an operator saw one subject. With itself, a case whose releases an operator stands for.

    Attributes:
        case_ids: the two ids in their order.
    """

    case_ids: tuple[str, str]
    linked_at: datetime


def claim(case: Case, level: Level, by: Actor | None) -> Case:
    """Return the case with a claim of at least this level; a lower claim changes nothing."""
    if level <= max(case.claimed_level, case.level):
        return case
    return replace(case.moved(CaseEvent.CLAIM, by), claimed_level=level)


def suspend(case: Case, now: datetime, by: Actor | None) -> Case:
    """Return the case as suspended. Suspending it again changes nothing."""
    if case.state is CaseState.SUSPENDED:
        return case
    return replace(case.moved(CaseEvent.SUSPEND, by), suspended_at=now)


def deny(case: Case, now: datetime, by: Actor | None) -> Case:
    """Return the case after a challenge of all of it was right. It stays expired if it is, and suspended after that."""
    moved = case.moved(CaseEvent.DENY, by) if case.state is CaseState.CHALLENGED else case
    return replace(moved, suspended_at=case.suspended_at or now)


def resume(case: Case, by: Actor | None, *, is_disputed: bool) -> Case:
    """Return a suspended case in effect again, or as challenged while a challenge is open."""
    moved = replace(case.moved(CaseEvent.RESUME, by), suspended_at=None)
    return moved.moved(CaseEvent.CHALLENGE, None) if is_disputed else moved


def expire(case: Case) -> Case:
    """Return the case after its mandate or its term has ended. An expired case stays as it is."""
    return case if case.state is CaseState.EXPIRED else case.moved(CaseEvent.EXPIRE, None)


def renew(case: Case, by: Actor | None, *, is_disputed: bool) -> Case:
    """Return an expired case as it was before: a suspension and an open challenge outlast the expiry."""
    moved = case.moved(CaseEvent.RENEW, by)
    if moved.suspended_at is not None:
        return moved.moved(CaseEvent.SUSPEND, None)
    return moved.moved(CaseEvent.CHALLENGE, None) if is_disputed else moved


def withdraw(case: Case, now: datetime, by: Actor | None = None) -> Case:
    """Return the case as withdrawn. Withdrawing it again changes nothing and keeps the first time."""
    moved = case.moved(CaseEvent.WITHDRAW, by)
    return moved if moved.withdrawn_at is not None else replace(moved, withdrawn_at=now)


def erasing(case: Case) -> Case:
    """Return a withdrawn case as erased from everything but index files. An erasing case stays as it is."""
    return case if case.state is CaseState.ERASING else case.moved(CaseEvent.BEGIN_ERASURE, None)


def erased(case: Case, now: datetime) -> Case:
    """Return a withdrawn case as erased."""
    return replace(erasing(case).moved(CaseEvent.END_ERASURE, None), erased_at=now)
