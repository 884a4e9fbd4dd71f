"""Quotas on both databases: what concurrent transactions take is never more than there is."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from registry.domain.quota import Quota, QuotaDefaults
from registry.errors import QuotaReached
from registry.storage.rows import SqlUnits
from tests.support.databases.registry_parts import ALICE, NOW, SEALER, a_case, add_keys

DEFAULTS = QuotaDefaults(
    tenant=Quota(references=100, cases=100, jobs=100, bytes=100),
    claimant=Quota(references=7, cases=100, jobs=100, bytes=100),
    claim=Quota(references=5, cases=1, jobs=0, bytes=0),
)


@pytest.fixture
def bounded(databases):
    add_keys(databases.units)
    return SqlUnits(databases.registry, SEALER, quotas=DEFAULTS)


def test_transactions_at_the_same_time_exceed_nothing(bounded):
    """Twenty transactions that take one each, in cases of their own: seven succeed."""

    def attempt(_number):
        with bounded.write() as unit:
            case = a_case()
            unit.cases.add(case)
            try:
                unit.quotas.take(ALICE, case.id, cases=1, references=1)
            except QuotaReached:
                return 0
            unit.commit()
        return 1

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(attempt, range(20))) == 7
    with bounded.read() as unit:
        assert unit.quotas.standing(ALICE.credential_id).used.references == 7
        assert unit.quotas.standing(ALICE.tenant_id).used == Quota(references=7, cases=7, jobs=0, bytes=0)


def test_what_is_not_committed_is_not_taken(bounded):
    """A transaction that ends without a commit counts nothing."""
    with bounded.write() as unit:
        case = a_case(opened_at=NOW)
        unit.cases.add(case)
        unit.quotas.take(ALICE, case.id, cases=1)
    with bounded.read() as unit:
        assert unit.quotas.standing(ALICE.tenant_id).used.cases == 0
