"""`Candidates.confirm` on both databases: a proposal of the index counts only as a committed, active row."""

import pytest
from sqlalchemy import event, select, update

from index.hashing.codes import Algorithm
from index.verdict.vocabulary import Level, ReferenceKind
from registry.domain.candidate import CodeCandidate, ExactCandidate, Rank
from registry.domain.case import withdraw
from registry.domain.case_states import CaseState, ReferenceState
from registry.domain.effects import CASE_EFFECTS, REFERENCE_EFFECTS, Effect
from registry.storage.schema.tables import cases, codes
from registry.storage.schema.tables import references as rows
from tests.support.databases.registry_parts import NOW, a_case, a_reference, dhash, digest, pdq


@pytest.fixture
def candidates(databases):
    return databases.candidates()


@pytest.fixture
def enrolled(databases, units):
    """Adds a case with references, and returns the ids of their PDQ codes in the order of enrolment."""

    def add(case, *references):
        with units.write() as unit:
            unit.cases.add(case)
            for reference in references:
                unit.references.add(reference)
            unit.commit()
        query = (
            select(codes.c.id)
            .join(rows, rows.c.key == codes.c.reference_key)
            .where(
                rows.c.id.in_([reference.id for reference in references]),
                codes.c.algorithm == Algorithm.PDQ.value,
            )
        )
        with databases.registry.read() as connection:
            return connection.execute(query.order_by(codes.c.id)).scalars().all()

    return add


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("second", [None, dhash(1)], ids=["codes only", "with dhash"])
def test_a_proposed_code_is_confirmed_with_all_the_ladder_asks(
    databases, candidates, enrolled, level, second
):
    """A candidate by id has the reference, kind, level, flat share, the stored PDQ and the stored dHash-128."""
    case = a_case(level=level)
    held = a_reference(
        case,
        pdq(1, 77),
        *([second] if second else []),
        kind=ReferenceKind.SOURCE_ORIGINAL,
        flat_share=0.125,
    )
    (code_id,) = enrolled(case, held)
    with databases.registry.read() as connection:
        key = connection.execute(select(rows.c.key).where(rows.c.id == held.id)).scalar_one()
    assert candidates.confirm([code_id], None) == (
        CodeCandidate(
            key=key,
            reference_id=held.id,
            case_id=case.id,
            number=key,
            kind=ReferenceKind.SOURCE_ORIGINAL,
            level=level,
            flat_share=0.125,
            code_id=code_id,
            pdq=pdq(1, 77),
            dhash=second,
        ),
    )


def test_nothing_asked_is_nothing_read(candidates):
    """Without a proposal and a digest there is no answer and no question to the database."""
    assert candidates.confirm([], None) == ()


def test_an_exact_digest_is_confirmed(candidates, enrolled):
    """A registered SHA-256 leads to its reference, as a candidate without a code."""
    case = a_case()
    held = a_reference(case, pdq(1), dhash(1), digest(1))
    enrolled(case, held)
    (found,) = candidates.confirm([], digest(1).value)
    expected = ExactCandidate(
        reference_id=held.id,
        case_id=case.id,
        number=found.number,
        kind=held.draft.kind,
        level=case.level,
    )
    assert found == expected


def test_a_digest_that_is_a_pdqs_value_finds_nothing(candidates, enrolled):
    """Only SHA-256 rows answer for a digest."""
    case = a_case()
    enrolled(case, a_reference(case, pdq(1)))
    assert candidates.confirm([], pdq(1).value) == ()


def test_code_and_digest_are_both_told(candidates, enrolled):
    """A reference that is near and exact is told once for each."""
    case = a_case()
    held = a_reference(case, pdq(1), pdq(2), digest(1))
    ids = enrolled(case, held)
    found = candidates.confirm(ids, digest(1).value)
    assert sorted((getattr(one, "code_id", 0), one.reference_id) for one in found) == [
        (0, held.id),
        *((code_id, held.id) for code_id in ids),
    ]


def test_a_withdrawn_case_confirms_nothing(units, candidates, enrolled):
    """From the commit of a withdrawal on, whatever the index still proposes is not confirmed."""
    case = a_case()
    ids = enrolled(case, a_reference(case, pdq(1), digest(1)))
    with units.write() as unit:
        unit.cases.save(withdraw(case, NOW))
        unit.commit()
    assert candidates.confirm(ids, digest(1).value) == ()


def test_an_erased_code_confirms_nothing(units, candidates, enrolled):
    """An id whose code was erased is no candidate, though the case were active."""
    case = a_case()
    ids = enrolled(case, a_reference(case, pdq(1), digest(1)))
    with units.write() as unit:
        unit.references.erase_codes(case.id, NOW)
        unit.commit()
    assert candidates.confirm(ids, digest(1).value) == ()


def test_an_uncommitted_reference_confirms_nothing(units, candidates, enrolled):
    """An uncommitted reference is not registered."""
    case = a_case()
    with units.write() as unit:
        unit.cases.add(case)
        unit.references.add(a_reference(case, digest(1)))
        assert candidates.confirm([1], digest(1).value) == ()


def test_many_proposals_are_confirmed_page_by_page(candidates, enrolled, monkeypatch):
    """However many codes are proposed, each is confirmed once, and so is the digest beside them."""
    monkeypatch.setattr("registry.storage.pages.MAX_NAMES", 3)
    case = a_case()
    ids = enrolled(case, *(a_reference(case, pdq(seed), digest(seed)) for seed in range(10)))
    for count in (1, 2, 3, 4, 9, 10):
        found = candidates.confirm(ids[:count], digest(0).value)
        assert sorted(getattr(one, "code_id", 0) for one in found) == [0, *ids[:count]]


def test_more_proposals_than_a_statement_takes_are_confirmed(candidates, enrolled):
    """Of 12,000 proposals those that stand are confirmed, wherever among them they are."""
    case = a_case()
    ids = enrolled(case, a_reference(case, pdq(1)), a_reference(case, pdq(2)))
    absent = list(range(1_000_000, 1_012_000))
    found = candidates.confirm([ids[0], *absent, ids[1]], None)
    assert [one.code_id for one in found] == ids


@pytest.mark.parametrize("asked", [([1, 2], None), ([], bytes(32)), ([1, 2], bytes(32))])
def test_the_confirmation_is_one_indexed_read(sqlite, asked):
    """A confirmation is one statement, and no table is scanned for it, so that it costs the same at any size."""
    sent = []
    event.listen(
        sqlite.registry.engine,
        "before_cursor_execute",
        lambda _connection, _cursor, sql, values, *_: sent.append((sql, values)),
    )
    sqlite.candidates().confirm(*asked)
    selects = [(sql, values) for sql, values in sent if not sql.startswith("BEGIN")]
    assert len(selects) == 1
    with sqlite.registry.read() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {selects[0][0]}", selects[0][1]).all()
    assert plan
    assert not [row.detail for row in plan if row.detail.startswith("SCAN")]


@pytest.mark.parametrize(
    ("case_state", "reference_state"),
    [(state, ReferenceState.INDEXED) for state in CaseState]
    + [(CaseState.ACTIVE, state) for state in ReferenceState]
    + [(CaseState.CHALLENGED, ReferenceState.DISPUTED), (CaseState.SUSPENDED, ReferenceState.DISPUTED)],
)
def test_states_take_effect_at_their_commit(databases, candidates, enrolled, case_state, reference_state):
    """What has no effect is not confirmed, and what is held to a review comes as disputed, by code and by digest."""
    case = a_case()
    held = a_reference(case, pdq(1), digest(1))
    (code_id,) = enrolled(case, held)
    with databases.registry.write() as connection:
        connection.execute(update(cases).where(cases.c.id == case.id).values(state=case_state.value))
        connection.execute(update(rows).where(rows.c.id == held.id).values(state=reference_state.value))
        connection.commit()
    bound = min(CASE_EFFECTS[case_state], REFERENCE_EFFECTS[reference_state])
    found = candidates.confirm([code_id], digest(1).value)
    assert len(found) == (0 if bound is Effect.NONE else 2)
    assert {one.facts.is_disputed for one in found} <= {bound is Effect.REVIEW}
    present = candidates.active([held.id])
    assert present.keys() == (set() if bound is Effect.NONE else {held.id})
    assert {rank.is_disputed for rank in present.values()} <= {bound is Effect.REVIEW}


def test_ranks_are_those_of_active_references(databases, candidates, enrolled, units):
    """Tenant, kind and level are told by code and by reference, in one statement, and of nothing that is withdrawn."""
    case, gone = a_case(level=Level.V2), a_case()
    ids = enrolled(case, a_reference(case, pdq("one"), kind=ReferenceKind.SOURCE_ORIGINAL))
    lost = enrolled(gone, a_reference(gone, pdq("other")))
    with databases.registry.read() as connection:
        keys = {row.case_id: row.key for row in connection.execute(select(rows.c.case_id, rows.c.key))}
    with units.write() as unit:
        unit.cases.save(withdraw(gone, NOW))
        unit.commit()
    rank = Rank(tenant_id=case.tenant_id, kind=ReferenceKind.SOURCE_ORIGINAL, level=Level.V2)
    assert candidates.rank_codes([*ids, *lost]) == {ids[0]: rank}
    assert candidates.rank_references(list(keys.values())) == {keys[case.id]: rank}
