"""Challenges and the standing of cases for commands: behind a URL or in a data folder, with the same methods."""

from collections.abc import Iterator
from typing import Any, Protocol

from pydantic import BaseModel

from registry.bootstrap import Container
from registry.cli.errors import as_problems
from registry.client import ChallengeReply, MoveReply, challenge_reply
from registry.domain import Actor, ChallengeReason, ChallengeState, DecisionOutcome
from registry.permissions import Permission
from registry.usecases.cases import ResumptionReason, SuspensionReason, renew_case, resume_case, suspend_case
from registry.usecases.challenges import (
    Statement,
    challenge_case,
    challenge_check,
    clear_reference,
    decide_challenge,
    list_challenges,
)


class Disputes(Protocol):
    """Challenges of a registry. Every method raises `Problem`, and then nothing was written."""

    def challenge(self, case: str, *, reason: str, reference: str | None = None) -> ChallengeReply:
        """Challenge a case, or one reference of it."""
        ...

    def challenge_check(self, check: str, *, reason: str) -> str:
        """Challenge whatever a check matched; return where the challenger stands."""
        ...

    def decide(self, challenge: str, *, outcome: str, bad_faith: bool = False) -> ChallengeReply:
        """State `uphold` or `deny`."""
        ...

    def challenges(self, state: str | None = None) -> Iterator[ChallengeReply]:
        """Yield challenges, oldest first."""
        ...

    def suspend(self, case: str, *, reason: str) -> MoveReply:
        """Put a case out of effect."""
        ...

    def resume(self, case: str, *, reason: str) -> MoveReply:
        """Put a suspended case in effect again."""
        ...

    def renew(self, case: str) -> MoveReply:
        """Put an expired case in effect again."""
        ...

    def clear(self, reference: str) -> MoveReply:
        """End the quarantine of a reference."""
        ...


class LocalDisputes:
    """Challenges of a registry in a data folder. The operator decides and lists those of all tenants."""

    def __init__(self, container: Container, actor: Actor) -> None:
        self._parts = container
        self._actor = actor
        self._around: dict[str, Any] = {
            "actor": actor,
            "units": container.units,
            "environment": container.environment,
        }
        self._any_tenant = Permission.CASE_DECIDE_ANY in actor.permissions

    def challenge(self, case: str, *, reason: str, reference: str | None = None) -> ChallengeReply:
        """Challenge a case, or one reference of it; raise `Problem`."""
        from registry.web.schemas import ChallengedAnswered  # noqa: PLC0415  it imports prometheus_client

        with as_problems():
            done = challenge_case(case, ChallengeReason(reason), reference_id=reference, **self._around)
        return challenge_reply(_told(ChallengedAnswered.of(done)))

    def challenge_check(self, check: str, *, reason: str) -> str:
        """Challenge whatever a check matched; raise `Problem`."""
        with as_problems():
            done = challenge_check(check, ChallengeReason(reason), checks=self._parts.checks, **self._around)
        return done.standing.value

    def decide(self, challenge: str, *, outcome: str, bad_faith: bool = False) -> ChallengeReply:
        """State `uphold` or `deny`; raise `Problem`."""
        from registry.web.schemas import DecidedAnswered  # noqa: PLC0415  it imports prometheus_client

        statement = Statement(outcome=DecisionOutcome(outcome), is_bad_faith=bad_faith)
        with as_problems():
            done = decide_challenge(challenge, statement, any_tenant=self._any_tenant, **self._around)
        return challenge_reply(_told(DecidedAnswered.of_decided(done)))

    def challenges(self, state: str | None = None) -> Iterator[ChallengeReply]:
        """Yield challenges, oldest first; raise `Problem`."""
        from registry.web.schemas import ChallengesAnswered  # noqa: PLC0415  it imports prometheus_client

        wanted = None if state is None else ChallengeState(state)
        cursor: str | None = None
        while True:
            with as_problems():
                page = list_challenges(
                    cursor,
                    actor=self._actor,
                    units=self._parts.units,
                    state=wanted,
                    any_tenant=self._any_tenant,
                )
            yield from map(challenge_reply, _told(ChallengesAnswered.of(page))["challenges"])
            cursor = page.next
            if cursor is None:
                return

    def suspend(self, case: str, *, reason: str) -> MoveReply:
        """Put a case out of effect; raise `Problem`."""
        with as_problems():
            moved = suspend_case(case, SuspensionReason(reason), **self._around).case
        return MoveReply(case=moved.id, reference=None, state=moved.state.value)

    def resume(self, case: str, *, reason: str) -> MoveReply:
        """Put a suspended case in effect again; raise `Problem`."""
        with as_problems():
            moved = resume_case(case, ResumptionReason(reason), **self._around).case
        return MoveReply(case=moved.id, reference=None, state=moved.state.value)

    def renew(self, case: str) -> MoveReply:
        """Put an expired case in effect again; raise `Problem`."""
        with as_problems():
            moved = renew_case(case, **self._around).case
        return MoveReply(case=moved.id, reference=None, state=moved.state.value)

    def clear(self, reference: str) -> MoveReply:
        """End the quarantine of a reference; raise `Problem`."""
        with as_problems():
            done = clear_reference(reference, **self._around)
        return MoveReply(case=done.case_id, reference=done.reference_id, state=done.state.value)


def _told(model: BaseModel) -> dict[str, Any]:
    return model.model_dump(mode="json")
