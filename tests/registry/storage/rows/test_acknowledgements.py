"""`Acknowledgements` on both databases and both tables: kept a day, kept once, kept with the act."""

import threading
from datetime import timedelta

import pytest

from index.verdict.ladder import Verdict
from index.verdict.vocabulary import Band, Outcome
from registry.domain.check import Check
from registry.errors import AlreadyAcknowledged, NotFound
from registry.ports import Acknowledged
from registry.storage.rows.checks import SqlChecks
from tests.support.databases.registry_parts import ALICE, CHARLIE, NOW, a_case

KEY = b"k" * 32


def _answer(body=b'{"a":1}', key=KEY, created_at=NOW, tenant_id=ALICE.tenant_id):
    return Acknowledged(
        tenant_id=tenant_id,
        key_hmac=key,
        request_hmac=b"r" * 32,
        status=201,
        body=body,
        created_at=created_at,
    )


@pytest.fixture(params=["registry", "checks"])
def kept(request, databases):
    """The answers beside the registry's rows, and those beside the checks."""
    if request.param == "registry":
        return databases.units.acknowledgements
    return SqlChecks(databases.checks).acknowledgements


def test_an_answer_comes_back_byte_for_byte(kept):
    """A stored acknowledgement is found with its status, its body of any bytes and the digest of its request."""
    answer = _answer(body=bytes(range(256)))
    kept.keep(answer)
    assert kept.find(ALICE.tenant_id, KEY, NOW) == answer


def test_nothing_is_found_under_another_key_or_tenant(kept):
    """A key belongs to its tenant, and another key finds nothing."""
    kept.keep(_answer())
    assert kept.find(CHARLIE.tenant_id, KEY, NOW) is None
    assert kept.find(ALICE.tenant_id, b"x" * 32, NOW) is None


def test_an_answer_is_kept_for_a_day(kept):
    """It is found until the microsecond before 24 hours have passed, and not from then on."""
    kept.keep(_answer())
    day = timedelta(hours=24)
    assert kept.find(ALICE.tenant_id, KEY, NOW + day - timedelta(microseconds=1)) is not None
    assert kept.find(ALICE.tenant_id, KEY, NOW + day) is None


def test_after_a_day_the_key_is_free_again(kept):
    """The same key is a new request after 24 hours, and its new answer is the one that is found."""
    kept.keep(_answer())
    later = NOW + timedelta(hours=24)
    kept.keep(_answer(body=b"new", created_at=later))
    found = kept.find(ALICE.tenant_id, KEY, later)
    assert found is not None
    assert found.body == b"new"


def test_a_second_answer_is_refused_and_the_first_stands(kept):
    """Within the day a key has one answer."""
    kept.keep(_answer(b"first"))
    with pytest.raises(AlreadyAcknowledged):
        kept.keep(_answer(b"second"))
    found = kept.find(ALICE.tenant_id, KEY, NOW)
    assert found is not None
    assert found.body == b"first"


def test_two_tenants_may_use_the_same_key(kept):
    """A key that another tenant used is no conflict."""
    kept.keep(_answer())
    kept.keep(_answer(tenant_id=CHARLIE.tenant_id))


def test_of_many_at_once_one_is_kept(kept):
    """When eight requests with one key end at once, one answer is kept and seven are told so."""
    start, outcomes = threading.Barrier(8), []

    def answer(number):
        start.wait()
        try:
            kept.keep(_answer(b"%d" % number))
        except AlreadyAcknowledged:
            outcomes.append(None)
        else:
            outcomes.append(b"%d" % number)

    threads = [threading.Thread(target=answer, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = [outcome for outcome in outcomes if outcome is not None]
    found = kept.find(ALICE.tenant_id, KEY, NOW)
    assert len(outcomes) == 8
    assert found is not None
    assert found.body == winner


def test_act_and_answer_are_one_transaction(units):
    """An acknowledging unit keeps the answer made of its result in the commit of what it did."""
    case = a_case()
    told = []

    def acknowledge(result):
        told.append(result)
        return _answer()

    with units.acknowledging(acknowledge).write() as unit:
        unit.cases.add(case)
        unit.commit("result")
    assert told == ["result"]
    assert units.acknowledgements.find(ALICE.tenant_id, KEY, NOW) == _answer()


def test_a_lost_race_undoes_the_act(units):
    """Where the same request was answered meanwhile, nothing of the second act is left."""
    units.acknowledgements.keep(_answer(b"first"))
    case = a_case()
    with units.acknowledging(lambda _: _answer(b"second")).write() as unit:
        unit.cases.add(case)
        with pytest.raises(AlreadyAcknowledged):
            unit.commit()
    with units.read() as unit, pytest.raises(NotFound):
        unit.cases.get(case.id, ALICE.tenant_id)


def test_a_lost_race_undoes_the_check(databases):
    """A check whose answer was kept meanwhile is not kept itself."""
    checks = SqlChecks(databases.checks)
    checks.acknowledgements.keep(_answer())
    check = Check(
        id="chk_second",
        tenant_id=ALICE.tenant_id,
        verdict=Verdict(outcome=Outcome.ALLOW, band=Band.NONE, kinds=(), reasons=()),
        as_of=0,
        checked_at=NOW,
    )
    with pytest.raises(AlreadyAcknowledged):
        checks.acknowledging(lambda _: _answer(b"second")).add(check)
    with pytest.raises(NotFound):
        checks.get(check.id, ALICE.tenant_id)
