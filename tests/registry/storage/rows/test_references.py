"""`References` on both databases: what is kept, what counts as the same media, and what erasing leaves."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select

from index.verdict.vocabulary import ReferenceKind
from registry.domain.case import withdraw
from registry.domain.reference import ENROLLABLE_KINDS
from registry.storage.schema.tables import changes, codes
from tests.support.databases.registry_parts import (
    ALICE,
    BOB,
    CHARLIE,
    NOW,
    a_case,
    a_reference,
    dhash,
    digest,
    near,
    pdq,
)


@pytest.fixture
def enrolled(units):
    """Adds references to cases that are made where they are new."""

    def add(*references, cases=()):
        with units.write() as unit:
            for case in cases:
                unit.cases.add(case)
            for reference in references:
                unit.references.add(reference)
            unit.commit()

    return add


def _equal(units, reference, in_case=None):
    with units.read() as unit:
        return unit.references.find_equal(reference, in_case=in_case)


def _of_case(units, case):
    with units.read() as unit:
        return unit.references.of_case(case.id)


def _count(databases, table):
    with databases.registry.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


@pytest.mark.parametrize("flat_share", [None, 0.0, 0.25, 1.0])
def test_a_reference_comes_back_as_it_was_added(units, enrolled, flat_share):
    """A reference is read with all its codes, views, versions, qualities and its flat share."""
    case = a_case()
    held = a_reference(
        case, pdq(1, 0), pdq(2, None), dhash(1), digest(1), enrolled_at=NOW, flat_share=flat_share
    )
    enrolled(held, cases=[case])
    assert _of_case(units, case) == (held.stored,)


def test_references_come_in_the_order_of_enrolment(units, enrolled):
    """A case's references are told oldest first, whatever order they were added in."""
    case = a_case()
    late = a_reference(case, pdq(1), enrolled_at=NOW + timedelta(microseconds=1))
    early = a_reference(case, pdq(2), enrolled_at=NOW)
    enrolled(late, early, cases=[case])
    assert _of_case(units, case) == (early.stored, late.stored)


def test_only_searched_codes_enter_the_change_log(databases, units, enrolled):
    """Each PDQ is one change; digests and the second family are none, as no index holds them."""
    case = a_case()
    enrolled(a_reference(case, pdq(1), pdq(2), dhash(1), digest(1)), cases=[case])
    assert (_count(databases, codes), _count(databases, changes)) == (4, 2)


@pytest.mark.parametrize("kind", sorted(ENROLLABLE_KINDS))
def test_the_same_bytes_are_found(units, enrolled, kind):
    """Media with an equal SHA-256 is the same, whatever the other codes say."""
    case = a_case()
    held = a_reference(case, pdq(1), digest(1), kind=kind)
    enrolled(held, cases=[case])
    assert _equal(units, a_reference(case, pdq(2), digest(1), kind=kind)) == held.stored


def test_other_bytes_are_other_media_even_with_the_same_pdq(units, enrolled):
    """Where a SHA-256 is known, an equal PDQ alone does not make two media one."""
    case = a_case()
    enrolled(a_reference(case, pdq(1), digest(1)), cases=[case])
    assert _equal(units, a_reference(case, pdq(1), digest(2))) is None


def test_codes_alone_are_compared_by_pdq(units, enrolled):
    """Codes without a SHA-256 are the same media where the PDQ is equal, of either view."""
    case = a_case()
    held = a_reference(case, pdq(1), pdq(2), digest(1))
    enrolled(held, cases=[case])
    assert _equal(units, a_reference(case, pdq(1))) == held.stored
    assert _equal(units, a_reference(case, pdq(2))) == held.stored


def test_a_near_pdq_is_other_media(units, enrolled):
    """One bit makes another picture: near is for checks, equal is for enrolments."""
    case = a_case()
    enrolled(a_reference(case, pdq(1)), cases=[case])
    assert _equal(units, a_reference(case, near(pdq(1), 1))) is None


def test_another_kind_is_not_equal(units, enrolled):
    """The same media may be registered once as each kind."""
    case = a_case()
    enrolled(a_reference(case, digest(1), kind=ReferenceKind.INTIMATE_ITEM), cases=[case])
    assert _equal(units, a_reference(case, digest(1), kind=ReferenceKind.OFFICIAL_RELEASE)) is None


def test_a_value_of_another_algorithm_is_not_equal(units, enrolled):
    """A PDQ whose bits happen to be a registered SHA-256 finds nothing."""
    case = a_case()
    enrolled(a_reference(case, digest(1)), cases=[case])
    forged = pdq(1).__class__(algorithm=pdq(1).algorithm, value=digest(1).value)
    assert _equal(units, a_reference(case, forged)) is None


def test_another_tenants_reference_is_never_found(units, enrolled):
    """Nobody learns from a duplicate what somebody else has registered."""
    hers, his = a_case(ALICE), a_case(CHARLIE)
    enrolled(a_reference(hers, digest(1)), cases=[hers, his])
    assert _equal(units, a_reference(his, digest(1))) is None


def test_in_case_looks_in_that_case_only(units, enrolled):
    """Asked about one case, an equal reference of the tenant's other case is none."""
    one, other = a_case(BOB), a_case(BOB)
    held = a_reference(one, digest(1))
    enrolled(held, cases=[one, other])
    wanted = a_reference(other, digest(1))
    assert _equal(units, wanted, in_case=other.id) is None
    assert _equal(units, wanted, in_case=one.id) == held.stored


def test_the_oldest_equal_reference_answers(units, enrolled):
    """Of several equal references the first enrolled one is told."""
    one, other = a_case(), a_case()
    late = a_reference(one, digest(1), enrolled_at=NOW + timedelta(seconds=1))
    early = a_reference(other, digest(1), enrolled_at=NOW)
    enrolled(late, early, cases=[one, other])
    assert _equal(units, a_reference(one, digest(1))) == early.stored


def test_a_withdrawn_cases_reference_is_not_found(units, enrolled):
    """A case that is withdrawn holds nothing any more, even before its codes are deleted."""
    case = a_case()
    enrolled(a_reference(case, digest(1)), cases=[case])
    with units.write() as unit:
        unit.cases.save(withdraw(case, NOW))
        unit.commit()
    assert _equal(units, a_reference(case, digest(1))) is None


def test_erasing_leaves_the_reference_without_codes(databases, units, enrolled):
    """After erasing, the case's references stand without codes and flat share, and no code row is left."""
    case, other = a_case(), a_case()
    kept = a_reference(other, pdq(9), digest(9), flat_share=0.5)
    enrolled(a_reference(case, pdq(1), pdq(2), digest(1), flat_share=0.5), kept, cases=[case, other])
    with units.write() as unit:
        unit.references.erase_codes(case.id, NOW)
        unit.commit()
    (bare,) = _of_case(units, case)
    assert (bare.codes, bare.flat_share) == ((), None)
    assert _of_case(units, other) == (kept.stored,)
    assert (_count(databases, codes), _count(databases, changes)) == (2, 5)


def test_erasing_twice_logs_once(databases, units, enrolled):
    """Erasing what is already erased adds nothing to the change log."""
    case = a_case()
    enrolled(a_reference(case, pdq(1)), cases=[case])
    for _ in range(2):
        with units.write() as unit:
            unit.references.erase_codes(case.id, NOW)
            unit.commit()
    assert _count(databases, changes) == 2


def test_a_codes_id_is_never_used_again(databases, units, enrolled):
    """The newest code's id is not given to another code after it was erased: indexes know codes by id alone."""
    seen = []
    for seed in range(3):
        case = a_case()
        enrolled(a_reference(case, pdq(seed)), cases=[case])
        with databases.registry.read() as connection:
            seen += connection.execute(select(codes.c.id)).scalars()
        with units.write() as unit:
            unit.references.erase_codes(case.id, NOW)
            unit.commit()
    assert seen == sorted(set(seen))
    assert len(seen) == 3


def _known(units, *wanted, tenant_id=ALICE.tenant_id, kind=ReferenceKind.INTIMATE_ITEM):
    with units.read() as unit:
        return unit.references.known(tenant_id, kind, wanted)


def test_known_names_the_codes_that_stand(units, enrolled):
    """Of the codes asked about those are told that the tenant has in active cases, and no others."""
    case, gone, strangers = a_case(), a_case(), a_case(CHARLIE)
    enrolled(
        a_reference(case, pdq(1), digest(1)),
        a_reference(gone, pdq(2), digest(2)),
        a_reference(strangers, pdq(3), digest(3)),
        cases=[case, gone, strangers],
    )
    with units.write() as unit:
        unit.cases.save(withdraw(gone, NOW))
        unit.commit()
    assert _known(units, digest(1), digest(2), digest(3), digest(4)) == {digest(1).value}
    assert _known(units, pdq(3), tenant_id=CHARLIE.tenant_id) == {pdq(3).value}


def test_known_asks_for_a_kind(units, enrolled):
    """Media registered as another kind are not known: they may be registered as this kind too."""
    case = a_case()
    enrolled(a_reference(case, pdq(1)), cases=[case])
    assert _known(units, pdq(1)) == {pdq(1).value}
    assert _known(units, pdq(1), kind=ReferenceKind.OFFICIAL_RELEASE) == frozenset()


def test_known_tells_every_code_of_a_known_value(units, enrolled):
    """The same PDQ with another quality is known too: quality is no part of what is compared."""
    case = a_case()
    enrolled(a_reference(case, pdq(1, 100)), cases=[case])
    assert _known(units, pdq(1, 100), pdq(1, 90)) == {pdq(1).value}


def test_many_are_added_as_one_by_one(databases, units):
    """References added at once are read, logged and found as if each had been added alone."""
    case = a_case()
    many = [
        a_reference(case, pdq(seed), dhash(seed), digest(seed), enrolled_at=NOW + timedelta(seconds=seed))
        for seed in range(50)
    ]
    with units.write() as unit:
        unit.cases.add(case)
        unit.references.add_many(many)
        unit.commit()
    assert _of_case(units, case) == tuple(one.stored for one in many)
    assert (_count(databases, codes), _count(databases, changes)) == (150, 50)
    assert _equal(units, a_reference(case, digest(49))) == many[49].stored
    feed = databases.feed()
    feed.state()
    assert {change.value for change in feed.after(0, 100, 100).changes} == {
        pdq(seed).value for seed in range(50)
    }


def test_of_two_claims_at_once_the_second_finds_the_first(units):
    """While one transaction searches for equal media and registers it, the search of another waits for the commit."""
    case = a_case()
    with units.write() as unit:
        unit.cases.add(case)
        unit.commit()
    gate = Barrier(2)

    def claim(_):
        gate.wait()
        mine = a_reference(case, digest(7))
        with units.write() as unit:
            known = unit.references.find_equal(mine, in_case=None)
            if known is None:
                unit.references.add(mine)
            unit.commit()
        return known

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(claim, range(2)))
    assert [known is None for known in found].count(True) == 1
