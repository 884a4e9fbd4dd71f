"""Opening, enrolling and withdrawing, on an embedded registry."""

import pytest
from sqlalchemy import func, select

from index.errors import LowInformation, LowQuality
from index.hashing.codes import Algorithm, Code
from index.verdict.vocabulary import Level, ReferenceKind
from registry.domain.case import CaseState
from registry.domain.ids import CASE, REFERENCE, is_id
from registry.domain.reference import View
from registry.errors import CaseWithdrawn, CodesInsufficient, NotFound
from registry.events import LedgerEvent
from registry.storage.schema.tables import cases, changes, codes, ledger_entries, references
from registry.usecases.cases.opening import Opened, open_case
from registry.usecases.cases.reading import read_case
from registry.usecases.cases.withdrawing import withdraw
from registry.usecases.enrolment.describe_reference import draft_from_codes
from registry.usecases.enrolment.enrolling import EnrolOutcome, enrol
from registry.usecases.ledger.verifying import verify_ledger
from tests.support.databases.registry_parts import (
    ALICE,
    BOB,
    CHARLIE,
    FRANK,
    NOW,
    Clock,
    digest,
    draft,
    environment,
    pdq,
)

KIND = ReferenceKind.INTIMATE_ITEM


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def act(sqlite, clock):
    """Calls a use case as somebody."""

    def call(use_case, *args, actor=ALICE):
        return use_case(*args, actor=actor, units=sqlite.units, environment=environment(clock))

    return call


@pytest.fixture
def counts(sqlite):
    """Counts the rows of every table that an enrolment writes."""

    def count():
        with sqlite.registry.read() as connection:
            return [
                connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (cases, references, codes, changes, ledger_entries)
            ]

    return count


def _entries(sqlite):
    with sqlite.units.read() as unit:
        return list(unit.ledger.entries())


def test_a_case_is_opened_with_a_receipt(sqlite, act, counts):
    """A case without media is one row and one ledger entry, whose digest is the receipt."""
    opened = act(open_case, Level.V0, None)
    assert counts() == [1, 0, 0, 0, 1]
    (entry,) = _entries(sqlite)
    assert opened.receipt == entry.digest
    assert (entry.act.event, entry.act.case_id, entry.act.at) == (
        LedgerEvent.CASE_OPENED,
        opened.case.id,
        NOW,
    )
    assert (entry.act.tenant_id, entry.act.credential_id) == (ALICE.tenant_id, ALICE.credential_id)
    assert is_id(opened.case.id, CASE)
    assert (opened.case.state, opened.case.level) == (CaseState.ACTIVE, Level.V0)
    assert type(opened) is Opened


def test_a_case_with_media_is_all_of_it_at_once(sqlite, act, counts):
    """A case with its first reference is case, reference, codes, change and two ledger entries."""
    opened = act(open_case, Level.V0, draft(1))
    assert counts() == [1, 1, 3, 1, 2]
    assert opened.first.outcome is EnrolOutcome.ENROLLED
    assert is_id(opened.first.reference.id, REFERENCE)
    assert opened.receipt == opened.first.receipt == _entries(sqlite)[-1].digest
    view = read_case(opened.case.id, actor=ALICE, units=sqlite.units)
    assert (view.case, view.references) == (opened.case, (opened.first.reference,))


def test_the_same_media_again_opens_nothing(act, counts):
    """Enrolling a folder again is harmless: the case that holds the media answers, without a receipt."""
    first = act(open_case, Level.V0, draft(1))
    before = counts()
    again = act(open_case, Level.V0, draft(1))
    assert counts() == before
    assert (again.case, again.receipt) == (first.case, None)
    assert again.first.outcome is EnrolOutcome.DUPLICATE
    assert again.first.reference == first.first.reference


def test_another_tenants_media_is_no_duplicate(act):
    """Somebody else who registers the same media learns nothing from it."""
    act(open_case, Level.V0, draft(1))
    assert act(open_case, Level.V0, draft(1), actor=CHARLIE).first.outcome is EnrolOutcome.ENROLLED


def test_withdrawn_media_can_be_registered_again(act):
    """After a withdrawal the same media opens a new case."""
    first = act(open_case, Level.V0, draft(1))
    act(withdraw, first.case.id)
    again = act(open_case, Level.V0, draft(1))
    assert again.first.outcome is EnrolOutcome.ENROLLED
    assert again.case.id != first.case.id


def test_a_case_takes_more_references(act, counts):
    """Enrolling adds a reference, its codes, its change and its ledger entry to the case."""
    opened = act(open_case, Level.V0, draft(1))
    before = counts()
    enrolled = act(enrol, opened.case.id, draft(2))
    assert [new - old for new, old in zip(counts(), before, strict=True)] == [0, 1, 3, 1, 1]
    assert (enrolled.case_id, enrolled.outcome) == (opened.case.id, EnrolOutcome.ENROLLED)


def test_the_same_media_in_the_same_case_is_a_duplicate(act, counts):
    """Enrolling what the case holds writes nothing and names the reference that stands."""
    opened = act(open_case, Level.V0, draft(1))
    before = counts()
    again = act(enrol, opened.case.id, draft(1))
    assert (again.outcome, again.reference, again.receipt) == (
        EnrolOutcome.DUPLICATE,
        opened.first.reference,
        None,
    )
    assert counts() == before


def test_a_stranger_cannot_add_to_a_case(act, counts):
    """Another tenant's case is not found, and nothing is written."""
    opened = act(open_case, Level.V0, None)
    before = counts()
    with pytest.raises(NotFound):
        act(enrol, opened.case.id, draft(1), actor=BOB)
    with pytest.raises(NotFound):
        act(withdraw, opened.case.id, actor=FRANK)
    assert counts() == before


def test_a_withdrawal_takes_all_codes_at_its_commit(sqlite, act, counts, clock):
    """Withdrawing deletes every code, logs every removal and appends to the ledger in one act."""
    opened = act(open_case, Level.V0, draft(1))
    act(enrol, opened.case.id, draft(2))
    clock.advance(hours=1)
    gone = act(withdraw, opened.case.id)
    assert counts() == [1, 2, 0, 4, 4]
    assert (gone.case.state, gone.case.withdrawn_at) == (CaseState.WITHDRAWN, clock())
    assert gone.receipt == _entries(sqlite)[-1].digest
    view = read_case(opened.case.id, actor=ALICE, units=sqlite.units)
    assert view.case == gone.case
    assert [reference.codes for reference in view.references] == [(), ()]


def test_withdrawing_again_changes_nothing(act, counts, clock):
    """The second withdrawal succeeds without a receipt and keeps the first time."""
    opened = act(open_case, Level.V0, draft(1))
    first = act(withdraw, opened.case.id)
    before = counts()
    clock.advance(days=1)
    again = act(withdraw, opened.case.id)
    assert (again.case, again.receipt) == (first.case, None)
    assert counts() == before


def test_nothing_is_added_to_a_withdrawn_case(act, counts):
    """Enrolling into a withdrawn case is a conflict and writes nothing."""
    opened = act(open_case, Level.V0, draft(1))
    act(withdraw, opened.case.id)
    before = counts()
    with pytest.raises(CaseWithdrawn):
        act(enrol, opened.case.id, draft(2))
    assert counts() == before


def test_all_acts_make_one_ledger(sqlite, act):
    """After any acts the chain is intact and lists them in order."""
    opened = act(open_case, Level.V0, draft(1))
    act(enrol, opened.case.id, draft(2))
    act(withdraw, opened.case.id)
    assert [entry.act.event for entry in _entries(sqlite)] == [
        LedgerEvent.CASE_OPENED,
        LedgerEvent.REFERENCE_ENROLLED,
        LedgerEvent.REFERENCE_ENROLLED,
        LedgerEvent.CASE_WITHDRAWN,
    ]
    assert verify_ledger(actor=FRANK, units=sqlite.units).first_broken is None


def test_codes_are_kept_with_what_they_were_made_of():
    """A draft of codes marks digests and perceptual codes with different views, and names the client as their maker."""
    made = draft_from_codes([pdq(1), digest(1)], KIND)
    assert [(stored.view, stored.version) for stored in made.codes] == [
        (View.CANONICAL, "client"),
        (View.BYTES, "client"),
    ]
    assert made.flat_share is None


@pytest.mark.parametrize(
    ("codes", "error"),
    [
        ([], CodesInsufficient),
        ([pdq(1), pdq(2)], CodesInsufficient),
        ([Code(algorithm=Algorithm.DHASH128, value=pdq(1).value[:16])], CodesInsufficient),
        ([Code(algorithm=Algorithm.PDQ, value=bytes(32))], LowInformation),
        ([digest(1), Code(algorithm=Algorithm.PDQ, value=b"\x80" + bytes(31))], LowInformation),
        ([Code(algorithm=Algorithm.PHASH, value=bytes(8)), pdq(1)], LowInformation),
        ([pdq(1, 49)], LowQuality),
    ],
)
def test_codes_that_could_match_anything_are_refused(codes, error):
    """Degenerate, poor, doubled and merely supporting codes are never enrolled."""
    with pytest.raises(error):
        draft_from_codes(codes, KIND)


@pytest.mark.parametrize("codes", [[digest(1)], [pdq(1, None)], [pdq(1, 50)]])
def test_codes_that_can_be_matched_are_taken(codes):
    """A digest alone is enough, and so is a PDQ of unknown or sufficient quality."""
    assert draft_from_codes(codes, KIND).codes[0].code == codes[0]
