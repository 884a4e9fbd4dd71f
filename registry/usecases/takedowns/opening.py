"""Open a takedown request.

1. Address and elements are in form before anything is read from the database.
2. The case is locked, so that two requests for one address become one.
3. A request that lacks nothing is `validated` at once. Nothing is sent yet.
4. Case, quota and platform are looked at in the transaction that writes the request.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from registry.domain import Act, Actor, Case, Role, ids
from registry.domain.takedowns import (
    ElementValue,
    Language,
    MissingElement,
    Profile,
    Takedown,
    TakedownContent,
    TakedownEvent,
    TakedownReason,
    TakedownState,
    missing_elements,
    parse_address,
    parse_elements,
)
from registry.errors import ElementUnfit, PlatformUnknown
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import Environment, UnitOfWork, Units
from registry.usecases.takedowns.moving import write_event
from registry.usecases.takedowns.rules import TakedownRules, require_asking


@dataclass(frozen=True, slots=True, kw_only=True)
class TakedownAsked:
    """What a claimant asks for.

    Attributes:
        platform_id: the platform's tenant; None for a platform that has no key in this registry.
        target: the address of the item.
        elements: the elements of the profile, without the address.
    """

    case_id: str
    profile: str
    language: Language
    platform_id: str | None
    target: str = field(repr=False)
    elements: Mapping[str, ElementValue] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedTakedown:
    """An open request.

    Attributes:
        is_duplicate: whether the case had a request of this profile for this address that has not ended.
        receipt: digest of the last ledger entry, 32 bytes; None if nothing was written.
    """

    takedown: Takedown
    missing: tuple[MissingElement, ...]
    is_duplicate: bool
    receipt: bytes | None


def open_takedown(
    asked: TakedownAsked, *, actor: Actor, units: Units, environment: Environment, rules: TakedownRules
) -> OpenedTakedown:
    """Open a request from the tenant's case, or return the one that there is for the same profile and address.

    Raises:
        NotPermitted: the actor may not open requests.
        ProfileUnknown, AddressUnfit, ElementUnfit, PlatformUnknown: what is asked for does not fit.
        NotFound: no such case of this tenant.
        CaseWithdrawn, StateForbids: the case has ended or is out of effect.
        TooManyTakedowns: the tenant or the key has opened too many within 24 hours.
    """
    actor.require(Permission.TAKEDOWN_CREATE)
    profile = rules.profile(asked.profile)
    if asked.language not in profile.languages:
        raise ElementUnfit(f"A request of this profile is written in {' or '.join(profile.languages)}.")
    content = TakedownContent(  # 1.
        target=parse_address(asked.target), elements=parse_elements(profile, asked.elements)
    )
    with units.write() as unit:
        case = unit.cases.get(asked.case_id, actor.tenant_id, for_update=True)  # 2.
        require_asking(case)
        found = _known(unit, case, profile, content.target)
        if found is None:
            rules.require_room(unit, actor, environment.now())  # 4.
            found = _opened(unit, case, asked, content, profile=profile, actor=actor, environment=environment)
        unit.commit(found)
    return found


def _known(unit: UnitOfWork, case: Case, profile: Profile, target: str) -> OpenedTakedown | None:
    for takedown in unit.takedowns.open_of_case(case.id, profile.id):
        content = unit.takedowns.content(takedown)
        if content is not None and content.target == target:
            missing = missing_elements(profile, content.elements)
            return OpenedTakedown(takedown=takedown, missing=missing, is_duplicate=True, receipt=None)
    return None


def _opened(
    unit: UnitOfWork,
    case: Case,
    asked: TakedownAsked,
    content: TakedownContent,
    *,
    profile: Profile,
    actor: Actor,
    environment: Environment,
) -> OpenedTakedown:
    if asked.platform_id is not None and not unit.credentials.has_role(asked.platform_id, Role.PLATFORM):
        raise PlatformUnknown
    now = environment.now()
    takedown = Takedown(
        id=ids.new_id(ids.TAKEDOWN, environment.random),
        case_id=case.id,
        tenant_id=actor.tenant_id,
        platform_id=asked.platform_id,
        profile=profile.id,
        profile_version=profile.version,
        language=asked.language,
        state=TakedownState.DRAFT,
        opened_at=now,
        opened_by=actor.credential_id,
        changed_at=now,
    )
    unit.takedowns.add(takedown, content)
    act = Act.by(
        actor,
        LedgerEvent.TAKEDOWN_OPENED,
        at=now,
        case_id=case.id,
        detail=f"{takedown.id} {profile.id} {profile.version}",
    )
    receipt = unit.ledger.append(act).digest
    missing = missing_elements(profile, content.elements)
    if not missing:  # 3.
        written = write_event(
            unit,
            takedown,
            TakedownEvent.VALIDATE,
            TakedownReason.ELEMENTS_COMPLETE,
            by=None,
            now=now,
            profile=profile,
        )
        takedown, receipt = written.takedown, written.receipt
    return OpenedTakedown(takedown=takedown, missing=missing, is_duplicate=False, receipt=receipt)
