"""Feedback, floods and the people who look: what moves a reference, from the decision of a platform to its clearing."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from index.verdict.ladder import Verdict
from index.verdict.vocabulary import Band, Level, Outcome
from registry.domain.case_states import ReferenceState
from registry.domain.check import Check, DecisionKind
from registry.domain.credential import Credential, Tenant
from registry.domain.ids import NOBODY
from registry.domain.precision import Feedback
from registry.domain.quarantine import QuarantineReason
from registry.domain.roles import Actor, Role
from registry.errors import AlreadyDecided, NotFound
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.storage.rows.checks import SqlChecks, source_of
from registry.storage.rows.tight_hits import SqlTightHits
from registry.storage.schema.check_tables import matches
from registry.storage.schema.judged_tables import quarantines, reference_votes
from registry.usecases.cases.withdrawing import withdraw
from registry.usecases.checks.deciding import record_decision
from registry.usecases.judging import FloodWatch, clear_quarantine, list_quarantined
from tests.support.databases.registry_parts import (
    ALICE,
    FRANK,
    NOW,
    Clock,
    a_case,
    a_probe,
    a_reference,
    digest,
    environment,
)

TIGHT = Verdict(outcome=Outcome.BLOCK, band=Band.TIGHT, kinds=(), reasons=())
LOOSE = Verdict(outcome=Outcome.REVIEW, band=Band.LOOSE, kinds=(), reasons=())
ANNA, BERT, CARL = (
    Actor(
        tenant_id=f"ten_{name}",
        credential_id=f"crd_{name}",
        permissions=frozenset({Permission.DECISION_CREATE}),
    )
    for name in ("anna", "bert", "carl")
)
PLATFORMS = (ANNA, BERT, CARL)


class Registry:
    """A registry with a reference, three platforms and what they say."""

    def __init__(self, databases):
        self.databases, self.units, self.clock = databases, databases.units, Clock()
        self.checks = SqlChecks(databases.checks)
        self.environment = environment(self.clock)
        self.number = 0
        with self.units.write() as unit:
            for one in PLATFORMS:
                unit.credentials.add_tenant(Tenant(id=one.tenant_id, label="", created_at=NOW))
                key = Credential(
                    id=one.credential_id,
                    tenant_id=one.tenant_id,
                    role=Role.PLATFORM,
                    label="",
                    prefix=one.credential_id[-4:] * 2,
                    permissions=one.permissions,
                    created_at=NOW,
                )
                unit.credentials.add(key, bytes(32))
            unit.commit()

    def register(self, level=Level.V1):
        """Registers one reference in a case of its own."""
        case = a_case(level=level)
        reference = a_reference(case, digest(self.number), enrolled_at=NOW)
        self.number += 1
        with self.units.write() as unit:
            unit.cases.add(case)
            unit.references.add(reference)
            unit.commit()
        return reference

    def check(self, platform, *references, verdict=TIGHT, user=None, **changes):
        """Stores a check that rests on references."""
        self.number += 1
        check = Check(
            id=f"chk_{self.number}",
            tenant_id=platform.tenant_id,
            verdict=verdict,
            as_of=1,
            checked_at=self.clock(),
            reference_ids=tuple(one.id for one in references),
            uploader=None if user is None else f"{platform.tenant_id} {user}".encode(),
            **changes,
        )
        self.checks.add(check)
        return check

    def say(self, platform, check, feedback, kind=DecisionKind.HELD):
        """Lets a platform decide about a check."""
        return record_decision(
            check.id,
            kind,
            actor=platform,
            checks=self.checks,
            units=self.units,
            environment=self.environment,
            feedback=feedback,
        )

    def tell(self, reference, feedback, platforms=PLATFORMS, users=2, verdict=TIGHT):
        """Lets each platform say the same about uploads of some users."""
        for platform in platforms:
            for user in range(users):
                self.say(platform, self.check(platform, reference, user=user, verdict=verdict), feedback)

    def state(self, reference):
        """Tells the state of a reference; None once it is removed."""
        with self.units.read() as unit:
            found = unit.quarantines.read([reference.id])
        return found[0].state if found else None

    def sweep(self):
        """Looks for floods."""
        return FloodWatch(
            units=self.units, hits=SqlTightHits(self.databases.checks), environment=self.environment
        ).sweep()

    def flood(self, reference, platforms=PLATFORMS, users=20, **changes):
        """Uploads of different users show a copy of the reference."""
        for platform in platforms:
            for user in range(users):
                self.check(platform, reference, user=user, **changes)

    def events(self, *wanted):
        """Lists acts of some events."""
        with self.units.read() as unit:
            return [entry.act for entry in unit.ledger.entries() if entry.act.event in wanted]


@pytest.fixture
def registry(sqlite):
    return Registry(sqlite)


def test_a_reference_that_is_mistaken_is_quarantined_by_itself(registry):
    """The vote that is enough moves it; its entry is the registry's and tells the owner nothing."""
    reference, other = registry.register(), registry.register()
    registry.tell(reference, Feedback.HARMLESS, users=1)
    assert registry.state(reference) is ReferenceState.INDEXED
    registry.tell(reference, Feedback.NO_MATCH, users=2)
    assert registry.state(reference) is ReferenceState.QUARANTINED
    assert registry.state(other) is ReferenceState.INDEXED
    (act,) = registry.events(LedgerEvent.REFERENCE_QUARANTINED)
    assert (act.reference_id, act.case_id, act.detail) == (reference.id, None, "precision")
    assert (act.tenant_id, act.credential_id) == (ALICE.tenant_id, NOBODY)
    (listed,) = list_quarantined(actor=FRANK, units=registry.units)
    assert (listed.reference_id, listed.reason) == (reference.id, QuarantineReason.PRECISION)
    assert (listed.platforms, listed.confirmed) == (3, 0)
    assert listed.mistaken >= 6


def test_quarantine_is_review_and_never_nothing(registry):
    """The reference stays active, as disputed."""
    reference = registry.register()
    registry.tell(reference, Feedback.HARMLESS)
    (found,) = registry.databases.candidates().confirm((), digest(0).value)
    assert (found.reference_id, found.is_disputed) == (reference.id, True)


@pytest.mark.parametrize("platforms", [(ANNA,), (ANNA, BERT)])
def test_one_or_two_platforms_quarantine_nothing(registry, platforms):
    """With whatever users they invent: of two, one is left out."""
    reference = registry.register()
    registry.tell(reference, Feedback.NO_MATCH, platforms=platforms, users=30)
    assert registry.state(reference) is ReferenceState.INDEXED


def test_confirmed_matches_confirm(registry):
    """Two platforms confirm, one does not; later ones add no entry."""
    reference = registry.register()
    registry.tell(reference, Feedback.CONFIRMED, platforms=(ANNA,), users=5)
    assert registry.state(reference) is ReferenceState.INDEXED
    registry.tell(reference, Feedback.CONFIRMED, platforms=(BERT, CARL))
    assert registry.state(reference) is ReferenceState.CONFIRMED
    (act,) = registry.events(LedgerEvent.REFERENCE_CONFIRMED)
    assert (act.reference_id, act.credential_id) == (reference.id, NOBODY)


def test_only_feedback_about_tight_matches_counts(registry):
    """Whoever provokes loose matches with other pictures takes no block from a victim's reference."""
    reference = registry.register()
    registry.tell(reference, Feedback.NO_MATCH, users=10, verdict=LOOSE)
    assert registry.state(reference) is ReferenceState.INDEXED
    with registry.units.read() as unit:
        assert unit.votes.of(reference.id) == ()


@pytest.mark.parametrize("feedback", [None, Feedback.CONSENTED, Feedback.NEWSWORTHY, Feedback.UNCLEAR])
def test_other_feedback_counts_for_nothing(registry, feedback):
    """A decision alone, consent, news and doubt say nothing of the match."""
    reference = registry.register()
    registry.tell(reference, feedback)
    with registry.units.read() as unit:
        assert unit.votes.of(reference.id) == ()


def test_feedback_may_come_later_once(registry):
    """It counts once, whoever repeats it; other feedback is a conflict."""
    reference = registry.register()
    check = registry.check(ANNA, reference, user=1)
    registry.say(ANNA, check, None)
    for _ in range(3):
        assert registry.say(ANNA, check, Feedback.CONFIRMED).decision.feedback is Feedback.CONFIRMED
    with pytest.raises(AlreadyDecided):
        registry.say(ANNA, check, Feedback.NO_MATCH)
    assert registry.say(ANNA, check, None).decision.feedback is Feedback.CONFIRMED
    with registry.units.read() as unit:
        assert [vote.confirmed for vote in unit.votes.of(reference.id)] == [1]
    assert [act.detail for act in registry.events(LedgerEvent.CHECK_DECIDED)] == [None, "confirmed"]


def test_a_person_clears_and_feedback_counts_anew(registry):
    """Cleared, a reference has its effect again; it takes as much new feedback to quarantine it again."""
    reference = registry.register()
    registry.tell(reference, Feedback.HARMLESS)
    cleared = clear_quarantine(
        reference.id, actor=FRANK, units=registry.units, environment=registry.environment
    )
    assert cleared.state is ReferenceState.INDEXED
    assert registry.state(reference) is ReferenceState.INDEXED
    assert list_quarantined(actor=FRANK, units=registry.units) == ()
    (act,) = registry.events(LedgerEvent.REFERENCE_CLEARED)
    assert (act.reference_id, act.credential_id) == (reference.id, FRANK.credential_id)
    with pytest.raises(NotFound):
        clear_quarantine(reference.id, actor=FRANK, units=registry.units, environment=registry.environment)
    registry.tell(reference, Feedback.HARMLESS, users=1)
    assert registry.state(reference) is ReferenceState.INDEXED
    registry.tell(reference, Feedback.HARMLESS)
    assert registry.state(reference) is ReferenceState.QUARANTINED


def test_what_a_person_decides_is_left_to_the_person(registry):
    """Feedback and floods do not move a disputed reference."""
    reference = registry.register()
    with registry.units.write() as unit:
        unit.references.move([reference.id], ReferenceState.DISPUTED)
        unit.commit()
    registry.tell(reference, Feedback.HARMLESS)
    registry.flood(reference)
    assert registry.sweep() == ()
    assert registry.state(reference) is ReferenceState.DISPUTED


def test_a_flood_is_quarantined(registry):
    """Users of three platforms who all show one unverified picture within an hour; the others stay."""
    quiet, reference, other = (registry.register() for _ in range(3))
    registry.flood(quiet, users=1)
    registry.flood(reference, users=6)
    registry.flood(other, users=12)
    assert registry.sweep() == [other.id]
    assert registry.state(other) is ReferenceState.QUARANTINED
    assert registry.state(reference) is ReferenceState.INDEXED
    (act,) = registry.events(LedgerEvent.REFERENCE_QUARANTINED)
    assert (act.reference_id, act.detail) == (other.id, "flood")
    assert registry.sweep() == ()


@pytest.mark.parametrize("level", [Level.V2, Level.V3, Level.V4])
def test_a_leak_of_somebody_who_was_verified_keeps_its_block(registry, level):
    """However many show it: somebody saw the person beside the picture."""
    reference = registry.register(level)
    registry.flood(reference, users=100)
    assert registry.sweep() == ()
    assert registry.state(reference) is ReferenceState.INDEXED


def test_a_leak_that_platforms_confirmed_keeps_its_block(registry):
    """Two platforms whose people looked."""
    reference = registry.register()
    registry.tell(reference, Feedback.CONFIRMED)
    registry.flood(reference, users=100)
    assert registry.sweep() == ()


def test_what_a_person_cleared_floods_no_more(registry):
    """The next sweep does not undo what a person decided."""
    reference = registry.register()
    registry.flood(reference)
    assert registry.sweep() == [reference.id]
    clear_quarantine(reference.id, actor=FRANK, units=registry.units, environment=registry.environment)
    registry.flood(reference)
    assert registry.sweep() == ()


def test_one_platform_floods_nothing(registry):
    """Nor one user everywhere, nor loose matches, nor what is long ago."""
    one, two, three, four = (registry.register() for _ in range(4))
    registry.flood(four, users=7)
    registry.clock.advance(hours=2)
    registry.flood(one, platforms=(ANNA,), users=200)
    for _ in range(50):
        registry.flood(two, users=1)
    registry.flood(three, verdict=LOOSE)
    registry.check(ANNA, four)
    assert registry.sweep() == ()


def test_a_slow_flood_is_quarantined_within_a_week(registry):
    """Fifty users within days."""
    reference = registry.register()
    for day in range(4):
        for user in range(5):
            registry.flood(reference, users=1, platforms=(ANNA, BERT, CARL), probe=None)
            registry.check(ANNA, reference, user=f"{day} {user}")
            registry.check(BERT, reference, user=f"{day} {user}")
            registry.check(CARL, reference, user=f"{day} {user}")
        swept = registry.sweep()
        registry.clock.advance(days=1)
    assert list(swept) == [reference.id]


def test_whose_upload_it_was_differs_for_each_reference(registry):
    """Nobody can tell from stored matches that one user's uploads matched two references."""
    one, two = registry.register(), registry.register()
    check = replace(registry.check(ANNA, one, two, user=1), uploader=b"ten_anna 1")
    sources = registry.checks.sources(check.id)
    assert sources == {name: source_of(check, name) for name in (one.id, two.id)}
    assert len(set(sources.values())) == 2
    assert all(len(source) == 32 for source in sources.values())
    unnamed = registry.check(ANNA, one, probe=a_probe(one.id))
    assert len(registry.checks.sources(unnamed.id)[one.id]) == 32
    assert registry.checks.sources(registry.check(ANNA, one).id) == {one.id: b""}


def test_a_withdrawal_forgets_feedback_and_quarantine(registry):
    """In its own transaction; feedback that comes later about an old check counts for nothing."""
    reference = registry.register()
    late = registry.check(ANNA, reference, user=9)
    registry.tell(reference, Feedback.HARMLESS)
    case_id = reference.case_id
    withdraw(case_id, actor=ALICE, units=registry.units, environment=registry.environment)
    registry.say(ANNA, late, Feedback.HARMLESS)
    registry.flood(reference)
    assert registry.sweep() == ()
    with registry.databases.registry.read() as connection:
        for table in (reference_votes, quarantines):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0
    registry.checks.forget_references([reference.id])
    with registry.databases.checks.read() as connection:
        assert connection.execute(select(func.count()).select_from(matches)).scalar_one() == 0
