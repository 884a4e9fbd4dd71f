"""Consents are recorded by each way of registering, and one of them can be withdrawn alone."""

from dataclasses import replace

import pytest

from index.verdict.vocabulary import Level, ReferenceKind
from registry.domain.case import CaseState
from registry.domain.consent import ConsentPurpose, ConsentStated, ConsentWay, Language
from registry.domain.reference import FoundBy
from registry.errors import NotFound
from registry.events import LedgerEvent
from registry.storage.rows.checks import SqlChecks
from registry.texts.consents import current_text
from registry.usecases.cases.erasing import Eraser
from registry.usecases.cases.opening import open_case
from registry.usecases.cases.withdrawing import withdraw
from registry.usecases.cases.withdrawing_consent import withdraw_consent
from registry.usecases.enrolment.bulk import bulk_enrol
from registry.usecases.enrolment.enrolling import enrol
from tests.support.databases.registry_parts import ALICE, BOB, CHARLIE, NOW, Clock, draft, environment
from tests.support.faces.stored import LARGE, face_feed, likeness

PRINTS, FACE = ConsentPurpose.FINGERPRINTS, ConsentPurpose.LIKENESS
KOREAN = ConsentStated(language=Language.KO, way=ConsentWay.PAPER)


def photograph(number=0, **changes):
    plain = replace(draft(("photograph", number)), kind=ReferenceKind.LIKENESS)
    return replace(plain, likeness=likeness("alice", number), has_consented=True, **changes)


@pytest.fixture
def databases(sqlite):
    return sqlite


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def around(databases, clock):
    return {"units": databases.units, "environment": environment(clock)}


def of_case(databases, case_id):
    with databases.units.read() as unit:
        return unit.consents.of_case(case_id)


def test_each_way_of_registering_records_the_consents(databases, around):
    """Opening, adding and bulk enrolment record each purpose once, with text, language, way, time and key."""
    opened = open_case(Level.V2, draft(1), actor=BOB, **around).case.id
    (prints,) = of_case(databases, opened)
    assert (prints.purpose, prints.text) == (PRINTS, current_text(PRINTS).version)
    assert (prints.given_at, prints.recorded_by, prints.stated.way) == (
        NOW,
        BOB.credential_id,
        ConsentWay.API,
    )
    enrol(opened, draft(2), actor=BOB, **around)
    enrol(opened, photograph(1), actor=BOB, **around)
    assert [one.purpose for one in of_case(databases, opened)] == [PRINTS, FACE]
    bulk_enrol(opened, [draft(3), photograph(2), photograph(3, stated=KOREAN)], actor=BOB, **around)
    found = [(one.purpose, one.stated.language, one.stated.way) for one in of_case(databases, opened)]
    assert found[2:] == [(purpose, Language.KO, ConsentWay.PAPER) for purpose in (PRINTS, FACE)]
    assert len({one.id for one in of_case(databases, opened)}) == 4


def test_media_that_is_known_joins_its_case(databases, around):
    """Sent again it adds the consent that is new, and the level that is claimed, and no reference or case."""
    first = open_case(Level.V0, draft(1), actor=BOB, **around)
    again = open_case(Level.V1, replace(draft(1), stated=KOREAN), actor=BOB, **around)
    enrol(first.case.id, replace(draft(1), stated=KOREAN), actor=BOB, **around)
    assert (again.case.id, again.case.claimed_level, again.first.outcome) == (
        first.case.id,
        Level.V1,
        "duplicate",
    )
    assert [one.stated.way for one in of_case(databases, first.case.id)] == [ConsentWay.API, ConsentWay.PAPER]


def test_an_empty_case_records_nothing(databases, around):
    """A consent is recorded with what it allows."""
    empty = open_case(Level.V0, None, actor=ALICE, **around).case.id
    assert of_case(databases, empty) == ()


def test_a_likeness_is_withdrawn_alone(databases, around):
    """Faces go at the commit, fingerprints stay, and the ledger keeps it; again changes nothing."""
    case = open_case(Level.V2, photograph(), actor=ALICE, **around).case.id
    done = withdraw_consent(case, FACE, actor=ALICE, **around)
    assert (done.withdrawn, done.case.state) == ((FACE,), CaseState.VERIFYING)
    with databases.units.read() as unit:
        (reference,) = unit.references.of_case(case)
        entry = unit.ledger.find(done.receipt)
    assert reference.found_by == (FoundBy.FILE, FoundBy.COPIES)
    assert (entry.act.event, entry.act.detail) == (LedgerEvent.CONSENT_WITHDRAWN, "likeness")
    assert [one.is_in_force for one in of_case(databases, case)] == [True, False]
    again = withdraw_consent(case, FACE, actor=ALICE, **around)
    assert (again.withdrawn, again.receipt) == ((), None)


def test_the_subject_may_agree_again(databases, around):
    """The same photograph is registered anew after a new consent, and a face stands again."""
    case = open_case(Level.V2, photograph(), actor=ALICE, **around).case.id
    withdraw_consent(case, FACE, actor=ALICE, **around)
    assert enrol(case, photograph(), actor=ALICE, **around).outcome == "enrolled"
    assert [one.is_in_force for one in of_case(databases, case)] == [True, False, True]


@pytest.mark.parametrize("by_consent", [True, False])
def test_a_case_ends_with_all_of_its_consents(databases, around, by_consent):
    """Withdrawing the case ends the consents, and without the consent to fingerprints the case is withdrawn."""
    case = open_case(Level.V2, photograph(), actor=ALICE, **around).case.id
    if by_consent:
        done = withdraw_consent(case, PRINTS, actor=ALICE, **around)
        assert (set(done.withdrawn), done.case.state) == ({PRINTS, FACE}, CaseState.WITHDRAWN)
    else:
        withdraw(case, actor=ALICE, **around)
    assert [one.withdrawn_at for one in of_case(databases, case)] == [NOW, NOW]
    with databases.units.read() as unit:
        (reference,) = unit.references.of_case(case)
    assert reference.found_by == ()
    assert withdraw_consent(case, FACE, actor=ALICE, **around).receipt is None


def test_another_tenant_withdraws_nothing(databases, around):
    """A case of somebody else is no case."""
    case = open_case(Level.V2, photograph(), actor=ALICE, **around).case.id
    with pytest.raises(NotFound):
        withdraw_consent(case, FACE, actor=CHARLIE, **around)
    assert all(one.is_in_force for one in of_case(databases, case))


def test_a_face_is_gone_on_the_other_worker_at_the_commit(databases, around):
    """A second worker whose index still proposes the template confirms nothing, without following the log."""
    case = open_case(Level.V2, photograph(), actor=ALICE, **around).case.id
    with databases.units.write() as unit:
        unit.cases.save(replace(unit.cases.get(case, ALICE.tenant_id), level=Level.V2))
        unit.commit()
    other = databases.another()
    feed = face_feed(other, LARGE)
    feed.state()
    _, ids, _ = feed.everything()
    proposed = ids.tolist()
    assert len(other.candidates().confirm_faces(proposed, LARGE)) == 1
    withdraw_consent(case, FACE, actor=ALICE, **around)
    assert other.candidates().confirm_faces(proposed, LARGE) == ()
    feed.close()
    other.close()


def test_traces_in_files_are_erased_too(databases, around, clock):
    """Budgets of people and the database's log are purged; the case itself does not count as erased."""
    case = open_case(Level.V2, photograph(), actor=ALICE, **around).case.id
    withdraw_consent(case, FACE, actor=ALICE, **around)
    databases.feed().state()  # numbers the removal
    purged = []
    checks = SqlChecks(databases.checks)
    eraser = Eraser(
        units=databases.units,
        checks=checks,
        purge_files=lambda: purged.append(1),
        environment=environment(clock),
    )
    assert list(eraser.erase()) == []
    assert purged == [1]
    with databases.units.read() as unit:
        assert unit.consents.unerased() == ()
        assert unit.cases.get(case, ALICE.tenant_id).erased_at is None
    assert list(eraser.erase()) == []
    assert purged == [1]
