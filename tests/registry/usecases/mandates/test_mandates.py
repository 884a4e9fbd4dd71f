"""A mandate from the proposal to its end: by the agent, by the subject, and by the clock."""

from dataclasses import replace
from datetime import timedelta

import pytest

from index.verdict.vocabulary import Level, ReferenceKind
from registry.domain.case_states import CaseState
from registry.domain.consent import ConsentPurpose, ConsentWay, Language
from registry.domain.mandates import MandateScope, MandateState
from registry.domain.roles import Role
from registry.domain.verification import EvidenceKind
from registry.errors import CaseWithdrawn, MandateMissing, MandateUnfit, NotFound, OwnCase, StateForbids
from registry.events import LedgerEvent
from registry.security.keys import DigestPurpose, Keys
from registry.usecases.cases.expiring import renew_case
from registry.usecases.cases.opening import open_case
from registry.usecases.cases.suspending import ResumptionReason, SuspensionReason, resume_case, suspend_case
from registry.usecases.cases.verifying import Statement, verify_case
from registry.usecases.cases.withdrawing import withdraw
from registry.usecases.enrolment.bulk import bulk_enrol
from registry.usecases.enrolment.enrolling import enrol
from registry.usecases.mandates.confirming import confirm_mandate
from registry.usecases.mandates.keeping import MandateKeeper
from registry.usecases.mandates.listing import list_expiring_mandates, list_mandates
from registry.usecases.mandates.proposing import MAX_PROPOSED, propose_mandate
from registry.usecases.mandates.revoking import revoke_by_subject, revoke_mandate
from tests.support.databases.registry_parts import BOB, CHARLIE, NOW, Clock, colleague, draft, environment

SCOPE = MandateScope(kinds=frozenset({ReferenceKind.INTIMATE_ITEM}), takedown_notices=True)
TERM = timedelta(days=100)
VERIFIER, SECOND_VERIFIER = (colleague(BOB, Role.VERIFIER, name) for name in ("eve", "ada"))
OPERATOR = colleague(BOB, Role.OPERATOR)
OFFICER = colleague(BOB, Role.OFFICER)
MANDATE = Statement(level=Level.V3, evidence=EvidenceKind.MANDATE_AND_CONSENT)


def keyed(message):
    return Keys(bytes(32)).digest(DigestPurpose.MANDATE, message)


class _Setting:
    """An agency's case with one picture, its clock, and the acts of this file."""

    def __init__(self, databases):
        self.databases = databases
        self.clock = Clock()
        self.around = {"units": databases.units, "environment": environment(self.clock)}
        self.case = open_case(Level.V1, draft(1), actor=BOB, **self.around).case.id

    def propose(self, term=TERM, scope=SCOPE, actor=BOB):
        return propose_mandate(self.case, scope, self.clock() + term, actor=actor, **self.around).id

    def confirm(self, mandate, actor=VERIFIER):
        return confirm_mandate(mandate, Language.KO, actor=actor, digest=keyed, **self.around)

    def in_force(self, **changes):
        return self.confirm(self.propose(**changes))

    def keep(self):
        return MandateKeeper(**self.around).keep()

    def by_subject(self, mandate, secret):
        return revoke_by_subject(mandate, secret, digest=keyed, **self.around)

    def mandates(self):
        return list_mandates(self.case, actor=BOB, units=self.databases.units)

    def state(self):
        with self.databases.units.read() as unit:
            return unit.cases.get(self.case, BOB.tenant_id).state

    def events(self):
        with self.databases.units.read() as unit:
            return [entry.act.event for entry in unit.ledger.of_case(self.case)]

    def matches(self):
        """Tells whether a worker with connections of its own still confirms the picture."""
        other = self.databases.another()
        code = draft(1).codes[0].code
        with other.units.read() as unit:
            found = unit.references.known(BOB.tenant_id, ReferenceKind.INTIMATE_ITEM, [code])
        other.close()
        return bool(found)


@pytest.fixture
def setting(sqlite):
    return _Setting(sqlite)


def test_a_mandate_is_proposed_and_confirmed_by_somebody_else(setting):
    """The proposal allows nothing; the confirmation starts it, records her consents, and gives her a secret."""
    mandate = setting.propose()
    (proposed,) = setting.mandates()
    assert (proposed.state, proposed.starts_at) == (MandateState.PROPOSED, None)
    done = setting.confirm(mandate)
    assert (done.mandate.state, done.mandate.starts_at) == (MandateState.CONFIRMED, NOW)
    assert len(done.secret) == 32
    assert done.secret not in repr(done)
    with setting.databases.units.read() as unit:
        consents = unit.consents.of_case(setting.case)
        stored = unit.mandates.secret(mandate)
    (heard,) = [one for one in consents if one.stated.way is ConsentWay.SEPARATE_CHANNEL]
    assert (heard.purpose, heard.stated.language) == (ConsentPurpose.FINGERPRINTS, Language.KO)
    assert heard.recorded_by == VERIFIER.credential_id
    assert done.secret.encode() not in stored
    assert setting.events()[-2:] == [LedgerEvent.MANDATE_PROPOSED, LedgerEvent.MANDATE_CONFIRMED]


def test_a_mandate_for_faces_records_the_consent_to_the_likeness(setting):
    """What the subject was heard about is what is recorded."""
    setting.in_force(scope=MandateScope(kinds=frozenset({ReferenceKind.LIKENESS})))
    with setting.databases.units.read() as unit:
        consents = unit.consents.of_case(setting.case)
    heard = {one.purpose for one in consents if one.stated.way is ConsentWay.SEPARATE_CHANNEL}
    assert heard == set(ConsentPurpose)


def test_nobody_confirms_an_own_mandate(setting):
    """Neither the opener of the case nor whoever proposed, whatever else their key may do."""
    with pytest.raises(OwnCase):
        setting.confirm(setting.propose(actor=OPERATOR), actor=OPERATOR)
    opener = replace(OPERATOR, credential_id=BOB.credential_id)
    with pytest.raises(OwnCase):
        setting.confirm(setting.propose(actor=OPERATOR), actor=opener)


def test_v3_needs_a_mandate_in_force(setting):
    """Two people cannot state it by a mandate that is missing or proposed; with one in force they can."""
    for _ in ("missing", "proposed"):
        with pytest.raises(MandateMissing):
            verify_case(setting.case, MANDATE, actor=VERIFIER, **setting.around)
        mandate = setting.propose()
    setting.confirm(mandate)
    for who in (VERIFIER, SECOND_VERIFIER):
        done = verify_case(setting.case, MANDATE, actor=who, **setting.around)
    assert done.case.level is Level.V3


def test_the_subject_ends_what_the_agent_began(setting):
    """Her secret alone ends every mandate of the case, and another worker finds nothing at once."""
    done, other = setting.in_force(), setting.in_force()
    waiting = setting.propose()
    assert setting.matches()
    ended = setting.by_subject(done.mandate.id, f" {done.secret[:16].upper()} {done.secret[16:]}")
    assert {one.id for one in ended.mandates} == {done.mandate.id, other.mandate.id, waiting}
    assert setting.state() is CaseState.EXPIRED
    assert not setting.matches()
    with pytest.raises(StateForbids):
        setting.confirm(waiting)
    with pytest.raises(StateForbids):
        enrol(setting.case, draft(2), actor=BOB, **setting.around)
    with pytest.raises(MandateMissing):
        renew_case(setting.case, actor=VERIFIER, **setting.around)
    assert LedgerEvent.CASE_EXPIRED in setting.events()


def test_an_unknown_mandate_and_a_wrong_secret_are_the_same(setting):
    """Both raise the same words, and end nothing; so does a secret of another mandate, and an old one."""
    done, other = setting.in_force(), setting.in_force()
    new = setting.confirm(done.mandate.id)
    tries = [
        (done.mandate.id, "a" * 32),
        (done.mandate.id, other.secret),
        (done.mandate.id, done.secret),
        (done.mandate.id, "비밀"),
        ("man_0000000000000000", done.secret),
        (setting.propose(), ""),
    ]
    told = set()
    for mandate, secret in tries:
        with pytest.raises(NotFound) as refused:
            setting.by_subject(mandate, secret)
        told.add(str(refused.value))
    assert len(told) == 1
    assert setting.state() is not CaseState.EXPIRED
    assert setting.by_subject(done.mandate.id, new.secret).mandates


def test_the_agent_ends_one_mandate(setting):
    """The case stands while another one is in force; again changes nothing."""
    first, second = setting.in_force(), setting.in_force()
    assert len(revoke_mandate(first.mandate.id, actor=BOB, **setting.around).mandates) == 1
    assert revoke_mandate(first.mandate.id, actor=BOB, **setting.around).mandates == ()
    assert setting.matches()
    revoke_mandate(second.mandate.id, actor=BOB, **setting.around)
    assert setting.state() is CaseState.EXPIRED


def test_a_proposal_that_is_revoked_leaves_the_case_alone(setting):
    """What was never confirmed carried nothing."""
    revoke_mandate(setting.propose(), actor=BOB, **setting.around)
    assert setting.matches()


def test_a_mandate_expires_by_the_clock(setting):
    """Not a second early, the case with it; a new mandate that is confirmed puts it in effect again."""
    setting.in_force()
    setting.clock.time = NOW + TERM - timedelta(seconds=1)
    assert setting.keep() == 0
    assert setting.matches()
    setting.clock.advance(seconds=1)
    assert setting.keep() == 1
    assert (setting.state(), setting.matches()) == (CaseState.EXPIRED, False)
    assert setting.keep() == 0
    assert setting.in_force().case.state is CaseState.ACTIVE
    assert setting.matches()


def test_a_case_lives_as_long_as_its_last_mandate(setting):
    """One that expires is followed by one that is in force."""
    setting.in_force()
    setting.in_force(term=2 * TERM)
    setting.clock.advance(days=100)
    assert setting.keep() == 1
    assert setting.matches()


def test_reminders_are_made_once_each(setting):
    """30, 7 and 1 days before, each an entry in the ledger."""
    setting.in_force()
    made = []
    for day in range(60, 100):
        setting.clock.time = NOW + timedelta(days=day)
        setting.keep()
        (mandate,) = setting.mandates()
        made.append(mandate.reminded_days)
    assert made == [None] * 10 + [30] * 23 + [7] * 6 + [1]
    assert setting.events().count(LedgerEvent.MANDATE_REMINDED) == 3


def test_a_late_keeper_makes_the_most_urgent_reminder(setting):
    """After an outage nobody is told of 30 days that are one."""
    setting.in_force()
    setting.clock.advance(days=99)
    setting.keep()
    setting.keep()
    (mandate,) = setting.mandates()
    assert mandate.reminded_days == 1
    assert setting.events().count(LedgerEvent.MANDATE_REMINDED) == 1


def test_a_suspension_outlasts_a_new_mandate(setting):
    """An officer's decision is not undone by an expiry and a renewal."""
    first = setting.in_force()
    suspend_case(setting.case, SuspensionReason.CLAIM_DOUBTED, actor=OFFICER, **setting.around)
    revoke_mandate(first.mandate.id, actor=BOB, **setting.around)
    assert setting.in_force().case.state is CaseState.SUSPENDED
    resume_case(setting.case, ResumptionReason.CLAIM_CONFIRMED, actor=OFFICER, **setting.around)
    assert setting.matches()


def test_a_mandate_bounds_what_is_registered(setting):
    """Kinds beyond its scope are refused, one by one and in bulk."""
    setting.in_force()
    beyond = draft(2, kind=ReferenceKind.SOURCE_ORIGINAL)
    with pytest.raises(MandateMissing, match="source_original"):
        enrol(setting.case, beyond, actor=BOB, **setting.around)
    with pytest.raises(MandateMissing):
        bulk_enrol(setting.case, [draft(3), beyond], actor=BOB, **setting.around)
    enrol(setting.case, draft(3), actor=BOB, **setting.around)


def test_expiring_mandates_are_listed_for_their_own_tenant(setting):
    """Those in force that expire before a time, the first ones first."""
    late, soon = setting.in_force(term=2 * TERM), setting.in_force()
    setting.propose()
    units = setting.databases.units
    found = list_expiring_mandates(NOW + 3 * TERM, actor=BOB, units=units)
    assert [one.id for one in found] == [soon.mandate.id, late.mandate.id]
    assert list_expiring_mandates(NOW + TERM, actor=BOB, units=units) == ()
    assert list_expiring_mandates(NOW + 3 * TERM, actor=CHARLIE, units=units) == ()
    with units.read() as unit:
        assert unit.mandates.expiring(NOW + timedelta(days=95)) == {1: 0, 7: 1, 30: 1}


def test_another_tenant_reaches_no_mandate(setting):
    """A mandate of somebody else is none."""
    mandate = setting.propose()
    stranger = colleague(CHARLIE, Role.OPERATOR)
    with pytest.raises(NotFound):
        setting.confirm(mandate, actor=stranger)
    with pytest.raises(NotFound):
        revoke_mandate(mandate, actor=stranger, **setting.around)
    with pytest.raises(NotFound):
        propose_mandate(setting.case, SCOPE, NOW + TERM, actor=CHARLIE, **setting.around)


def test_mandates_go_with_the_case(setting):
    """After the withdrawal none is left, and none is taken."""
    done = setting.in_force()
    withdraw(setting.case, actor=BOB, **setting.around)
    assert setting.mandates() == ()
    with pytest.raises(NotFound):
        setting.by_subject(done.mandate.id, done.secret)
    with pytest.raises(CaseWithdrawn):
        setting.propose()


def test_what_is_no_mandate_is_refused(setting):
    """No kind, no term, or too many that wait."""
    for scope, term in ((MandateScope(kinds=frozenset()), TERM), (SCOPE, timedelta(0)), (SCOPE, 40 * TERM)):
        with pytest.raises(MandateUnfit):
            setting.propose(scope=scope, term=term)
    for _ in range(MAX_PROPOSED):
        setting.propose()
    with pytest.raises(MandateUnfit, match="wait"):
        setting.propose()


def test_an_expiry_meets_a_withdrawal(setting):
    """The keeper that read a mandate before its case was withdrawn ends nothing, and does not fail."""
    setting.in_force()
    setting.clock.advance(days=100)
    with setting.databases.units.read() as unit:
        due = unit.mandates.due(setting.clock(), 10)
    withdraw(setting.case, actor=BOB, **setting.around)
    assert [MandateKeeper(**setting.around)._expire(one) for one in due] == [False]
