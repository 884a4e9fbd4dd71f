"""Challenges, the people who decide them, and what a check would confirm, as tests need them."""

from collections.abc import Sequence

from index.verdict.ladder import Verdict
from index.verdict.reasons import Reason
from index.verdict.vocabulary import Band, Outcome
from registry.domain.challenges import ChallengeReason, DecisionOutcome
from registry.domain.check import Check
from registry.domain.roles import Actor, Role
from registry.ports import Environment
from registry.usecases.challenges.challenging import Challenged, challenge_case
from registry.usecases.challenges.deciding import Decided, Statement, decide_challenge
from tests.support.databases.registry_parts import BOB, NOW, Databases, colleague, environment

OLIVE = colleague(BOB, Role.OFFICER, "olive")
OSCAR = colleague(BOB, Role.OFFICER, "oscar")
OTTO = colleague(BOB, Role.OFFICER, "otto")
CLARA = colleague(BOB, Role.CLAIMANT, "clara")  # another claimant of Bob's agency
UPHOLD = Statement(outcome=DecisionOutcome.UPHOLD)
DENY = Statement(outcome=DecisionOutcome.DENY)


class Registry:
    """One registry's use cases about challenges, each call in a transaction of its own."""

    def __init__(self, databases: Databases, at: Environment | None = None) -> None:
        self.databases = databases
        self.around = {"units": databases.units, "environment": at or environment()}

    def challenge(
        self,
        case_id: str,
        reason: ChallengeReason = ChallengeReason.NOT_AGREED,
        *,
        reference: str | None = None,
        by: Actor = CLARA,
    ) -> Challenged:
        """Challenges a case or a reference."""
        return challenge_case(case_id, reason, reference_id=reference, actor=by, **self.around)

    def decide(
        self, challenge_id: str, statement: Statement = UPHOLD, by: Sequence[Actor] = (OLIVE, OSCAR)
    ) -> Decided:
        """Lets each of these people state the same, and returns what the last one is told."""
        for person in by:
            told = decide_challenge(challenge_id, statement, actor=person, **self.around)
        return told

    def confirmed(self) -> dict[str, tuple[str, bool]]:
        """The references that a check on another worker would confirm now: level, and whether held to a review."""
        other = self.databases.another()
        with other.registry.read() as connection:
            ids = connection.exec_driver_sql("SELECT id FROM codes WHERE algorithm = 'pdq'").scalars().all()
        found = other.candidates().confirm(ids, None)
        other.close()
        return {one.reference_id: (one.level.name, one.is_disputed) for one in found}

    def events(self) -> list[tuple[str, str, str | None]]:
        """The ledger's events with who caused them and their details."""
        with self.databases.units.read() as unit:
            return [
                (one.act.event.value, one.act.credential_id, one.act.detail) for one in unit.ledger.entries()
            ]


def a_check(check_id: str, actor: Actor, matched: Sequence[str] = ()) -> Check:
    """Makes a check of a platform that matched these references, or none."""
    verdict = Verdict(
        outcome=Outcome.BLOCK if matched else Outcome.ALLOW,
        band=Band.TIGHT if matched else Band.NONE,
        kinds=(),
        reasons=() if matched else (Reason.NO_MATCH,),
    )
    return Check(
        id=check_id,
        tenant_id=actor.tenant_id,
        verdict=verdict,
        as_of=1,
        checked_at=NOW,
        reference_ids=tuple(matched),
    )
