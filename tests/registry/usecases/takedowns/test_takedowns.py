"""Use cases of takedown requests: what is refused, who causes what, and the quota of a day."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from registry.domain.case_states import CaseState
from registry.domain.roles import Role
from registry.domain.takedowns import Language, TakedownEvent, TakedownReason, TakedownState
from registry.errors import (
    AddressUnfit,
    CaseWithdrawn,
    ElementUnfit,
    NotFound,
    NotPermitted,
    PlatformUnknown,
    ProfileUnknown,
    ReasonUnfit,
    StateForbids,
    TakedownForbids,
    TooManyTakedowns,
)
from registry.events import LogEvent
from registry.storage.schema import takedown_contents, takedowns
from tests.support.databases.registry_parts import (
    BOB,
    CHARLIE,
    DANA,
    colleague,
)
from tests.support.takedown_office import Office
from tests.support.takedowns import (
    CONTACT,
    PROFILES,
    RULES,
    TARGET,
    add_platform,
    complete_elements,
    without,
)

E, R, S = TakedownEvent, TakedownReason, TakedownState
ERIN = colleague(DANA, Role.REVIEWER, "erin")
HOUR = timedelta(hours=1)


@pytest.fixture
def small(sqlite):
    return Office(sqlite)


@pytest.mark.parametrize("profile", PROFILES)
def test_each_missing_element_keeps_a_request_a_draft(small, profile):
    """Without one required element the request is a draft that cannot be sent; with it, it is complete."""
    whole = complete_elements(PROFILES[profile])
    required = [element.id for element in PROFILES[profile].elements if element.is_required]
    for number, name in enumerate(name for name in required if name != "target"):
        opened = small.opened(profile, elements=without(whole, name), target=f"{TARGET}?n={number}")
        assert opened.takedown.state is S.DRAFT
        assert [missing.element for missing in opened.missing] == [name]
        with pytest.raises(TakedownForbids, match="that is draft cannot send"):
            small.says(opened.takedown, BOB, E.SEND)
        assert [missing.element for missing in small.read(opened.takedown).missing] == [name]
        assert small.says(opened.takedown, BOB, E.SUPPLY, **{name: whole[name]}).state is S.VALIDATED


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"profile": "MOON-1"}, ProfileUnknown),
        ({"target": "ftp://video.example/"}, AddressUnfit),
        ({"target": "https://kim:word@video.example/"}, AddressUnfit),
        ({"target": "https://video.example/" + "a" * 10_000}, AddressUnfit),
        ({"elements": {"passport": "M123"}}, ElementUnfit),
        ({"elements": {"contact": "nowhere"}}, ElementUnfit),
        ({"platform_id": CHARLIE.tenant_id}, PlatformUnknown),
        ({"platform_id": "ten_nobody"}, PlatformUnknown),
        ({"case_id": "case_0000000000000000"}, NotFound),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(small, changes, error):
    """A refused request leaves no row and no ledger entry."""
    with pytest.raises(error) as caught:
        small.opened(**changes)
    assert small.rows(takedowns) == small.rows(takedown_contents) == small.ledger() == []
    assert "kim" not in str(caught.value)


def test_a_signature_of_blanks_is_missing(small):
    """Blanks sign nothing."""
    elements = {**complete_elements(PROFILES["US-TIDA"]), "signature": " \u3164\u200b"}
    assert [missing.element for missing in small.opened(elements=elements).missing] == ["signature"]


def test_only_the_profiles_languages(small):
    """A request is written in a language of its profile; a profile in one language refuses the other."""
    only_korean = replace(PROFILES["US-TIDA"], languages=(Language.KO,))
    small.around["rules"] = replace(RULES, profiles={"US-TIDA": only_korean})
    with pytest.raises(ElementUnfit, match="written in ko"):
        small.opened(language=Language.EN)


@pytest.mark.parametrize(
    ("state", "error"),
    [
        (CaseState.SUSPENDED, StateForbids),
        (CaseState.EXPIRED, StateForbids),
        (CaseState.DRAFT, StateForbids),
        (CaseState.WITHDRAWN, CaseWithdrawn),
        (CaseState.ERASED, CaseWithdrawn),
    ],
)
def test_a_case_out_of_effect_asks_nobody(small, state, error):
    """Nothing is opened and nothing is sent from a case that is out of effect."""
    opened = small.opened().takedown
    with small.databases.units.write() as unit:
        unit.cases.save(replace(small.case, state=state))
        unit.commit()
    with pytest.raises(error):
        small.opened(target="https://video.example/other")
    with pytest.raises(error):
        small.says(opened, BOB, E.SEND)


def test_an_acknowledgement_before_sending_is_refused(small):
    """A platform cannot acknowledge what it has not got, nor can its claimant say so."""
    drafted = small.opened(platform_id=None).takedown
    with pytest.raises(TakedownForbids, match="validated cannot acknowledge"):
        small.says(drafted, BOB, E.ACKNOWLEDGE)


def test_each_side_causes_its_own_events(small):
    """The claimant does not decide for the platform, and the platform does not retract."""
    sent = small.sent()
    with pytest.raises(NotPermitted, match="Only the platform can remove"):
        small.says(sent, BOB, E.REMOVE, R.LAW)
    with pytest.raises(NotPermitted, match="Only the claimant can retract"):
        small.says(sent, DANA, E.RETRACT, R.MISTAKE)
    with pytest.raises(NotPermitted, match="the registry does it by itself"):
        small.says(sent, BOB, E.MISS_DEADLINE)
    with pytest.raises(ReasonUnfit):
        small.says(sent, BOB, E.RETRACT, R.CASE_WITHDRAWN)
    with pytest.raises(ElementUnfit, match="sent with supply only"):
        small.says(sent, DANA, E.ACKNOWLEDGE, contact=CONTACT)


def test_the_claimant_records_what_an_outside_platform_said(small):
    """For a platform without a key the claimant's side records its events, which say so."""
    sent = small.sent(platform_id=None)
    removed = small.says(sent, BOB, E.REMOVE, R.TERMS)
    assert removed.state is S.REMOVED
    assert small.read(removed).events[-1].tenant_id == BOB.tenant_id


def test_no_request_holds_more_than_its_profile_asks_for(small):
    """The stored content of every profile has the address and the elements of the profile, no others."""
    for number, (name, profile) in enumerate(PROFILES.items()):
        opened = small.opened(name, target=f"{TARGET}?n={number}").takedown
        content = small.read(opened).content
        assert {*content.elements, "target"} == {element.id for element in profile.elements}
        assert json.dumps(dict(content.elements))


def test_an_agencys_key_has_the_tenants_quota(small):
    """The small quota is for claimants' keys; an agency's key may open as many as its tenant."""
    add_platform(small.databases.units, BOB, Role.AGENCY)
    small.around["rules"] = replace(RULES, tenant_quota=5, claimant_quota=1)
    for number in range(5):
        small.opened(target=f"{TARGET}?n={number}")
    with pytest.raises(TooManyTakedowns, match="This tenant may open 5"):
        small.opened()


def test_a_request_of_an_unknown_profile_is_reported_and_the_others_are_kept(small):
    """A profile that was taken away stops no other clock."""
    lost, kept = small.sent(), small.sent("KR-44-2")
    with small.databases.registry.write() as connection:
        connection.execute(takedowns.update().where(takedowns.c.id == lost.id).values(profile="GONE"))
        connection.commit()
    small.clock.time = max(lost.due_at, kept.due_at) + HOUR
    told = []
    assert small.keeper(lambda event, takedown_id: told.append((event, takedown_id))).keep() == [kept.id]
    assert (LogEvent.TAKEDOWN_CLOCK_FAILED, lost.id) in told
