"""Made-up contents of takedown requests. Nobody has these names, addresses and numbers."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from registry.bootstrap import load_profiles
from registry.domain.credential import Credential
from registry.domain.roles import Actor, Role
from registry.domain.takedowns import ElementKind, ElementValue, Language, Profile
from registry.storage.rows.units import SqlUnits
from registry.usecases.takedowns import TakedownAsked, TakedownRules
from tests.support.databases.registry_parts import NOW

TARGET = "https://video.example/watch/1"
PROFILES = load_profiles()
RULES = TakedownRules(profiles=PROFILES, tenant_quota=1000, claimant_quota=1000)
SEEDED = "Kim Made-Up"
CONTACT = "someone@made-up.example"


def complete_elements(profile: Profile) -> dict[str, ElementValue]:
    """Returns every element of a profile but the address, in form."""
    made: dict[ElementKind, ElementValue] = {
        ElementKind.NAME: SEEDED,
        ElementKind.CONTACT: CONTACT,
        ElementKind.TEXT: "A clip of two minutes, third on the page.",
        ElementKind.STATEMENT: True,
    }
    return {
        element.id: element.choices[0] if element.kind is ElementKind.CHOICE else made[element.kind]
        for element in profile.elements
        if element.kind is not ElementKind.ADDRESS
    }


def asked(case_id: str, profile: str = "US-TIDA", **changes: Any) -> TakedownAsked:
    """Returns a complete request to a platform outside of the registry."""
    known = PROFILES.get(profile)
    plain = TakedownAsked(
        case_id=case_id,
        profile=profile,
        language=Language.EN,
        platform_id=None,
        target=TARGET,
        elements={} if known is None else complete_elements(known),
    )
    return replace(plain, **changes)


def without(elements: Mapping[str, ElementValue], *names: str) -> dict[str, ElementValue]:
    """Returns elements without some of them."""
    return {name: value for name, value in elements.items() if name not in names}


def takedown_body(case_id: str, profile: str = "US-TIDA", **changes: Any) -> dict[str, Any]:
    """Returns a complete request as it is sent over HTTP."""
    known = PROFILES.get(profile)
    elements = {} if known is None else complete_elements(known)
    return {"case": case_id, "profile": profile, "target": TARGET, "elements": elements, **changes}


def add_platform(units: SqlUnits, platform: Actor, role: Role = Role.PLATFORM) -> None:
    """Adds the row of a platform's key, by which its tenant is a platform of the registry."""
    with units.write() as unit:
        unit.credentials.add(
            Credential(
                id=platform.credential_id,
                tenant_id=platform.tenant_id,
                role=role,
                label="platform",
                prefix=platform.credential_id[-8:],
                permissions=platform.permissions,
                created_at=NOW,
            ),
            bytes(32),
        )
        unit.commit()
