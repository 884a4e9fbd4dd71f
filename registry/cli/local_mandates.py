"""Mandates of a registry in a data folder, as commands use them (`registry.cli.backends.MandateBackend`)."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import partial
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from index.verdict import ReferenceKind
from registry.bootstrap import Container
from registry.client import ConfirmedReply, MandateReply, Problem, RevokedReply
from registry.domain import Actor, Language, Mandate, MandateScope, end_of_day
from registry.errors import RegistryError
from registry.security import DigestPurpose
from registry.usecases.mandates import (
    confirm_mandate,
    list_expiring_mandates,
    list_mandates,
    propose_mandate,
    revoke_mandate,
)


class LocalMandates:
    """The mandates of the actor's tenant. Threads: any. Every method raises `Problem`."""

    def __init__(self, parts: Container, actor: Actor) -> None:
        self._parts = parts
        self._actor = actor

    def mandates(self, case: str) -> tuple[MandateReply, ...]:
        """List the mandates of a case."""
        return _told(lambda: list_mandates(case, actor=self._actor, units=self._parts.units))

    def expiring_mandates(self, before: str) -> tuple[MandateReply, ...]:
        """List the mandates in force that expire before a time in ISO 8601."""
        try:
            moment = datetime.fromisoformat(before).astimezone(UTC)
        except (ValueError, OverflowError):
            raise Problem("body-invalid", "Write a time like 2026-12-31T00:00:00Z.") from None
        return _told(lambda: list_expiring_mandates(moment, actor=self._actor, units=self._parts.units))

    def propose_mandate(
        self,
        case: str,
        *,
        kinds: Sequence[str],
        until: str,
        time_zone: str,
        platforms: Sequence[str],
        takedown_notices: bool,
    ) -> MandateReply:
        """Propose a mandate until the end of a day."""
        try:
            last, zone = date.fromisoformat(until), ZoneInfo(time_zone)
        except (ValueError, ZoneInfoNotFoundError, OSError):
            raise Problem("body-invalid", "Write a day like 2026-12-31 and a zone like Asia/Seoul.") from None
        scope = MandateScope(
            kinds=frozenset(map(ReferenceKind, kinds)),
            platforms=tuple(platforms),
            takedown_notices=takedown_notices,
        )
        (reply,) = _told(
            lambda: (
                propose_mandate(
                    case,
                    scope,
                    end_of_day(last, zone),
                    actor=self._actor,
                    units=self._parts.units,
                    environment=self._parts.environment,
                ),
            )
        )
        return reply

    def confirm_mandate(self, mandate: str, language: str) -> ConfirmedReply:
        """Confirm a mandate, and return the subject's secret."""
        parts = self._parts
        try:
            done = confirm_mandate(
                mandate,
                Language(language),
                actor=self._actor,
                units=parts.units,
                environment=parts.environment,
                digest=partial(parts.keys.digest, DigestPurpose.MANDATE),
            )
        except RegistryError as error:
            raise Problem(error.code, error.detail, error.status) from error
        return ConfirmedReply(
            mandate=mandate_reply(done.mandate), case_state=done.case.state.value, secret=done.secret
        )

    def revoke_mandate(self, mandate: str) -> RevokedReply:
        """Revoke a mandate as the agent."""
        parts = self._parts
        try:
            done = revoke_mandate(
                mandate, actor=self._actor, units=parts.units, environment=parts.environment
            )
        except RegistryError as error:
            raise Problem(error.code, error.detail, error.status) from error
        return RevokedReply(
            case=done.case.id, state=done.case.state.value, revoked=tuple(one.id for one in done.mandates)
        )


def mandate_reply(mandate: Mandate) -> MandateReply:
    """Return a mandate as commands print it."""
    return MandateReply(
        mandate=mandate.id,
        case=mandate.case_id,
        state=mandate.state.value,
        kinds=tuple(sorted(kind.value for kind in mandate.scope.kinds)),
        platforms=mandate.scope.platforms,
        takedown_notices=mandate.scope.takedown_notices,
        proposed_at=mandate.proposed_at.isoformat(),
        starts_at=_moment(mandate.starts_at),
        expires_at=mandate.expires_at.isoformat(),
        ended_at=_moment(mandate.ended_at),
        reminded_days=mandate.reminded_days,
    )


def _told(act: Callable[[], Sequence[Mandate]]) -> tuple[MandateReply, ...]:
    try:
        return tuple(map(mandate_reply, act()))
    except RegistryError as error:
        raise Problem(error.code, error.detail, error.status) from error


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
