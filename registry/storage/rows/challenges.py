"""Challenges, what was stated about them, disputed checks and strikes as rows."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, select, update

from registry.domain import (
    Challenge,
    ChallengeCounts,
    ChallengeDecision,
    Challenger,
    ChallengeReason,
    ChallengeState,
    CheckChallenge,
    DecisionOutcome,
    PartyKind,
    Right,
    Strike,
    ids,
)
from registry.errors import NotFound
from registry.storage.locks import lock_until_commit
from registry.storage.schema import challenge_decisions, challenges, check_challenges, strikes

_FORGOTTEN: Final = "case_0000000000000000"
"""Party of a challenge by a person whose own case is withdrawn."""

_IS_OPEN: Final = challenges.c.state == ChallengeState.OPEN.value


class SqlChallenges:
    """SQL implementation of `registry.ports.Challenges`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, challenge: Challenge) -> None:
        """Add a challenge."""
        who = challenge.challenger
        self._connection.execute(
            insert(challenges).values(
                id=challenge.id,
                case_id=challenge.case_id,
                case_tenant_id=challenge.case_tenant_id,
                reference_id=challenge.reference_id,
                tenant_id=who.tenant_id,
                credential_id=who.credential_id,
                party_id=who.party_id,
                reason=challenge.reason.value,
                is_by_check=challenge.is_by_check,
                is_effective=challenge.is_effective,
                state=challenge.state.value,
                challenged_at=challenge.challenged_at,
                decided_at=challenge.decided_at,
            )
        )

    def save(self, challenge: Challenge) -> None:
        """Write state, effect and time of an existing challenge."""
        self._connection.execute(
            update(challenges)
            .where(challenges.c.id == challenge.id)
            .values(
                is_effective=challenge.is_effective,
                state=challenge.state.value,
                decided_at=challenge.decided_at,
            )
        )

    def get(self, challenge_id: str, case_tenant_id: str | None) -> Challenge:
        """Return a challenge of a tenant's case, or of any with None; raise `NotFound`."""
        query = select(challenges).where(challenges.c.id == challenge_id, *_of_tenant(case_tenant_id))
        row = self._connection.execute(query).one_or_none()
        if row is None:
            raise NotFound
        return _challenge(row)

    def of_case(self, case_id: str) -> tuple[Challenge, ...]:
        """Return all challenges of a case, oldest first."""
        query = select(challenges).where(challenges.c.case_id == case_id).order_by(challenges.c.number)
        return tuple(_challenge(row) for row in self._connection.execute(query))

    def page(
        self, case_tenant_id: str | None, state: ChallengeState | None, *, after: str | None, limit: int
    ) -> tuple[Challenge, ...]:
        """Return challenges, oldest first, from the one after `after` on."""
        query = select(challenges).where(*_of_tenant(case_tenant_id))
        if state is not None:
            query = query.where(challenges.c.state == state.value)
        if after is not None:
            last = select(challenges.c.number).where(challenges.c.id == after)
            query = query.where(challenges.c.number > last.scalar_subquery())
        query = query.order_by(challenges.c.number).limit(limit)
        return tuple(_challenge(row) for row in self._connection.execute(query))

    def state(self, decision: ChallengeDecision) -> None:
        """Add what somebody states about a challenge."""
        self._connection.execute(
            insert(challenge_decisions).values(
                challenge_id=decision.challenge_id,
                credential_id=decision.credential_id,
                outcome=decision.outcome.value,
                is_bad_faith=decision.is_bad_faith,
                decided_at=decision.decided_at,
            )
        )

    def statements(self, challenge_id: str) -> tuple[ChallengeDecision, ...]:
        """Return what was stated about a challenge, oldest first."""
        held = challenge_decisions.c
        query = select(challenge_decisions).where(held.challenge_id == challenge_id).order_by(held.number)
        return tuple(
            ChallengeDecision(
                challenge_id=row.challenge_id,
                credential_id=row.credential_id,
                outcome=DecisionOutcome(row.outcome),
                is_bad_faith=row.is_bad_faith,
                decided_at=row.decided_at,
            )
            for row in self._connection.execute(query)
        )

    def counts(self, challenger: Challenger, checks_since: datetime) -> ChallengeCounts:
        """Count what a challenger has disputed, and hold the count until this ends."""
        lock_until_commit(self._connection, b"challenges", challenger.party_id.encode("ascii"))
        mine = _mine(challenger)
        checks: dict[PartyKind, int] = {}
        for kind, column in (
            (PartyKind.KEY, check_challenges.c.credential_id == challenger.credential_id),
            (PartyKind.TENANT, check_challenges.c.tenant_id == challenger.tenant_id),
        ):
            if kind in challenger.parties:
                query = select(func.count()).where(column, check_challenges.c.challenged_at > checks_since)
                checks[kind] = self._connection.execute(query).scalar_one()
        return ChallengeCounts(
            named={kind: self._count(and_(which, ~challenges.c.is_by_check)) for kind, which in mine.items()},
            effective={
                kind: self._count(and_(which, challenges.c.is_effective)) for kind, which in mine.items()
            },
            checks=checks,
        )

    def dispute_check(self, challenge: CheckChallenge) -> None:
        """Add a challenge of a check."""
        self._connection.execute(
            insert(check_challenges).values(
                check_id=challenge.check_id,
                tenant_id=challenge.challenger.tenant_id,
                credential_id=challenge.challenger.credential_id,
                reason=challenge.reason.value,
                challenged_at=challenge.challenged_at,
            )
        )

    def of_check(self, check_id: str, tenant_id: str) -> CheckChallenge | None:
        """Return a tenant's challenge of a check, or None."""
        held = check_challenges.c
        query = select(check_challenges).where(held.check_id == check_id, held.tenant_id == tenant_id)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        return CheckChallenge(
            check_id=row.check_id,
            challenger=Challenger(
                tenant_id=row.tenant_id, credential_id=row.credential_id, party_id=row.tenant_id
            ),
            reason=ChallengeReason(row.reason),
            challenged_at=row.challenged_at,
        )

    def strike(self, strike: Strike) -> None:
        """Add a strike."""
        self._connection.execute(
            insert(strikes).values(
                party_id=strike.party_id,
                suspends=strike.right.value,
                challenge_id=strike.challenge_id,
                struck_at=strike.struck_at,
                expires_at=strike.expires_at,
            )
        )

    def strikes(self, right: Right, party_ids: Collection[str]) -> tuple[Strike, ...]:
        """Return the strikes of these parties for a right."""
        query = select(strikes).where(strikes.c.party_id.in_(party_ids), strikes.c.suspends == right.value)
        return tuple(
            Strike(
                party_id=row.party_id,
                right=Right(row.suspends),
                challenge_id=row.challenge_id,
                struck_at=row.struck_at,
                expires_at=row.expires_at,
            )
            for row in self._connection.execute(query.order_by(strikes.c.number))
        )

    def forget(self, case_id: str) -> None:
        """Delete the challenges of a case with what was stated, and every other trace of the case."""
        stated = select(challenges.c.id).where(challenges.c.case_id == case_id)
        self._connection.execute(
            delete(challenge_decisions).where(challenge_decisions.c.challenge_id.in_(stated))
        )
        self._connection.execute(delete(challenges).where(challenges.c.case_id == case_id))
        self._connection.execute(
            update(challenges)
            .where(challenges.c.party_id == case_id)
            .values(party_id=_FORGOTTEN, credential_id=ids.NOBODY)
        )
        self._connection.execute(delete(strikes).where(strikes.c.party_id == case_id))

    def _count(self, which: ColumnElement[bool]) -> int:
        query = select(func.count()).select_from(challenges).where(_IS_OPEN, which)
        return self._connection.execute(query).scalar_one()


def _mine(challenger: Challenger) -> dict[PartyKind, ColumnElement[bool]]:
    """Return the conditions of the challenges of each party that a challenger is."""
    of_party = challenges.c.party_id == challenger.party_id
    of_key = and_(of_party, challenges.c.credential_id == challenger.credential_id)
    return {kind: of_key if kind is PartyKind.KEY else of_party for kind in challenger.parties}


def _of_tenant(case_tenant_id: str | None) -> tuple[ColumnElement[bool], ...]:
    return () if case_tenant_id is None else (challenges.c.case_tenant_id == case_tenant_id,)


def _challenge(row: Row[Any]) -> Challenge:
    return Challenge(
        id=row.id,
        case_id=row.case_id,
        case_tenant_id=row.case_tenant_id,
        reference_id=row.reference_id,
        challenger=Challenger(
            tenant_id=row.tenant_id, credential_id=row.credential_id, party_id=row.party_id
        ),
        reason=ChallengeReason(row.reason),
        is_by_check=row.is_by_check,
        is_effective=row.is_effective,
        state=ChallengeState(row.state),
        challenged_at=row.challenged_at,
        decided_at=row.decided_at,
    )
