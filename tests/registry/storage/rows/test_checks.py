"""`Checks` on both databases: kept, apart by tenant, and forgetful of references."""

import itertools

import pytest
from sqlalchemy import func, select

from index.verdict.boxes import STEPS, WHOLE, Box
from index.verdict.ladder import MAX_ALTERED, MAX_BOXES, Verdict
from index.verdict.reasons import Reason
from index.verdict.vocabulary import Band, MatchKind, Outcome
from registry.domain.check import Check
from registry.errors import NotFound
from registry.storage.rows.checks import SqlChecks
from registry.storage.schema.check_tables import checks as table
from registry.storage.schema.check_tables import matches, probes
from tests.support.databases.registry_parts import CHARLIE, DANA, NOW, a_probe

_numbers = itertools.count()


def _check(*reference_ids, verdict=None, tenant_id=DANA.tenant_id):
    return Check(
        id=f"chk_{next(_numbers)}",
        tenant_id=tenant_id,
        verdict=verdict or Verdict(outcome=Outcome.ALLOW, band=Band.NONE, kinds=(), reasons=()),
        as_of=1 << 40,
        checked_at=NOW,
        reference_ids=reference_ids,
    )


@pytest.fixture
def checks(databases):
    return SqlChecks(databases.checks)


@pytest.fixture
def traces(databases):
    """Counts the rows that name a reference."""

    def count(reference_id):
        with databases.checks.read() as connection:
            return sum(
                connection.execute(
                    select(func.count()).where(named.c.reference_id == reference_id)
                ).scalar_one()
                for named in (matches, probes)
            )

    return count


def test_a_check_comes_back_as_it_was_added(checks):
    """An answer with every kind, every reason and all the boxes it may have is read with all of them, in order."""
    verdict = Verdict(
        outcome=Outcome.BLOCK,
        band=Band.TIGHT,
        kinds=tuple(MatchKind),
        reasons=tuple(Reason),
        boxes=tuple(Box.of_steps(STEPS - 1 - row, 10, STEPS, STEPS) for row in range(MAX_BOXES)),
        altered=tuple(Box.of_steps(STEPS - 1 - row, 12, STEPS, STEPS) for row in range(MAX_ALTERED)),
    )
    check = _check("ref_1", "ref_2", verdict=verdict)
    checks.add(check)
    assert checks.get(check.id, DANA.tenant_id) == check


def test_a_check_without_a_match_comes_back(checks):
    """An answer that rests on nothing has no kinds, reasons, boxes and references."""
    check = _check()
    checks.add(check)
    assert checks.get(check.id, DANA.tenant_id) == check


def test_boxes_are_kept_as_steps(databases, checks):
    """A row says where matches lie in whole numbers, exact on every database."""
    boxes = (WHOLE, Box.of_steps(0, 7, 32, 64))
    check = _check(
        verdict=Verdict(outcome=Outcome.REVIEW, band=Band.LOOSE, kinds=(), reasons=(), boxes=boxes)
    )
    checks.add(check)
    with databases.checks.read() as connection:
        kept = connection.execute(select(table.c.boxes).where(table.c.id == check.id)).scalar_one()
    assert kept == "0 0 64 64;0 7 32 64"
    assert checks.get(check.id, DANA.tenant_id).verdict.boxes == boxes


def test_a_strangers_check_and_an_absent_one_look_the_same(checks):
    """Another tenant's check and one that never was raise the same error with the same text."""
    check = _check("ref_1")
    checks.add(check)
    with pytest.raises(NotFound) as foreign:
        checks.get(check.id, CHARLIE.tenant_id)
    with pytest.raises(NotFound) as missing:
        checks.get("chk_nothing", CHARLIE.tenant_id)
    assert str(foreign.value) == str(missing.value)


def test_matches_of_checks_stay_apart(checks):
    """Two checks of one reference are told with their own matches."""
    one, other = _check("ref_1", "ref_2"), _check("ref_2")
    checks.add(one)
    checks.add(other)
    assert checks.get(one.id, DANA.tenant_id).reference_ids == ("ref_1", "ref_2")
    assert checks.get(other.id, DANA.tenant_id).reference_ids == ("ref_2",)


def test_a_forgotten_reference_leaves_no_trace(databases, checks, traces):
    """After forgetting, neither matches nor probes name the reference; the answers themselves stand."""
    check = _check("ref_1", "ref_2")
    checks.add(check)
    checks.add_probe(DANA.tenant_id, a_probe("ref_1", "ref_2"), NOW)
    checks.forget_references(["ref_1"])
    assert (traces("ref_1"), traces("ref_2")) == (0, 2)
    kept = checks.get(check.id, DANA.tenant_id)
    assert (kept.verdict, kept.reference_ids) == (check.verdict, ("ref_2",))


def test_forgetting_nothing_and_the_unknown_is_harmless(checks, traces):
    """Forgetting no reference, or one that nothing names, changes nothing and fails nowhere."""
    checks.add(_check("ref_1"))
    checks.forget_references([])
    checks.forget_references(["ref_9"])
    assert traces("ref_1") == 1


def test_more_references_than_a_statement_takes_are_forgotten(checks, traces):
    """A case of 1,201 references is forgotten whole."""
    names = [f"ref_{number}" for number in range(1201)]
    checks.add(_check(*names))
    checks.forget_references(names)
    assert sum(map(traces, (names[0], names[499], names[500], names[-1]))) == 0
