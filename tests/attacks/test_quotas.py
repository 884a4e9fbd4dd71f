"""A claimant who floods the registry with claims, and an agency that must not notice that there are quotas."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from index.verdict.vocabulary import Level
from registry.bootstrap.container import _quotas
from registry.config import Settings
from registry.domain.job import JobKind, Spooled
from registry.domain.quota import UNBOUNDED, Quota, QuotaDefaults, Resource
from registry.domain.roles import Role
from registry.errors import NotFound, QuotaReached, TooManyJobs
from registry.storage.rows import SqlUnits
from registry.usecases.cases.opening import open_case
from registry.usecases.cases.withdrawing import withdraw
from registry.usecases.credentials.quotas import read_quota, set_quota
from registry.usecases.enrolment.bulk import bulk_enrol
from registry.usecases.enrolment.enrolling import enrol
from registry.usecases.jobs.cancelling import cancel_job
from registry.usecases.jobs.submitting import submit_job
from tests.support.asked import asked_of
from tests.support.databases.registry_parts import ALICE, CHARLIE, FRANK, SEALER, add_keys, draft, environment

SMALL = Quota(references=3, cases=2, jobs=2, bytes=1_000)
LARGE = Quota(references=10, cases=6, jobs=5, bytes=10_000)
AROUND = environment()


@pytest.fixture
def units(sqlite):
    add_keys(sqlite.units)
    return SqlUnits(sqlite.registry, SEALER, quotas=QuotaDefaults(tenant=LARGE, claimant=SMALL, claim=SMALL))


def open_one(units, actor=ALICE, first=None):
    return open_case(Level.V0, first, actor=actor, units=units, environment=AROUND)


def add(units, case_id, seed, actor=ALICE):
    return enrol(case_id, draft(seed), actor=actor, units=units, environment=AROUND)


def used(units, owner):
    return read_quota(owner, actor=FRANK, units=units).used


def job(units, actor=ALICE, size=100):
    spooled = Spooled(name=f"spl_{size}", machine_id="mac_1", size=size, key=bytes(32))
    asked = asked_of(JobKind.ENROLMENT, spooled)
    return submit_job(asked, actor=actor, units=units, environment=AROUND)


def test_a_claimants_flood_of_references_ends(units):
    """Beyond its quota a key registers nothing more, one by one or at once, and is told its own numbers alone."""
    case = open_one(units).case
    add(units, case.id, 1)
    with pytest.raises(QuotaReached) as caught:
        bulk_enrol(case.id, [draft(seed) for seed in (2, 3, 4)], actor=ALICE, units=units, environment=AROUND)
    assert str(caught.value).startswith("This key may have 3 references at a time, and has 1.")
    for seed in (2, 3):
        add(units, case.id, seed)
    with pytest.raises(QuotaReached):
        add(units, case.id, 4)
    assert used(units, ALICE.credential_id) == Quota(references=3, cases=1, jobs=0, bytes=0)
    assert used(units, ALICE.tenant_id) == Quota(references=3, cases=1, jobs=0, bytes=0)


def test_a_duplicate_takes_nothing(units):
    """Registering the same again is no use of the quota, also where it is reached."""
    case = open_one(units).case
    for seed in (1, 2, 3, 1, 2, 3):
        add(units, case.id, seed)
    assert used(units, ALICE.credential_id).references == 3


def test_a_flood_of_cases_ends(units):
    """With or without media, a key opens as many cases as it may; a refused one leaves nothing."""
    open_one(units)
    open_one(units, first=draft(1))
    for first in (None, draft(2)):
        with pytest.raises(QuotaReached):
            open_one(units, first=first)
    assert used(units, ALICE.credential_id) == Quota(references=1, cases=2, jobs=0, bytes=0)


def test_without_quotas_nothing_ends_it(units, sqlite):
    """The defence off: the flood goes on."""
    off = SqlUnits(sqlite.registry, SEALER, quotas=UNBOUNDED)
    case = open_one(off).case
    for seed in range(LARGE.references + 2):
        add(off, case.id, seed)


def test_other_keys_share_the_tenants_quota(units):
    """A second key of a tenant has a quota of its own, within that of the tenant."""
    set_quota(ALICE.tenant_id, {Resource.REFERENCES: 4}, actor=FRANK, units=units)
    other = replace(ALICE, credential_id="crd_other")
    case = open_one(units).case
    for seed in (1, 2, 3):
        add(units, case.id, seed)
    add(units, case.id, 4, other)
    with pytest.raises(QuotaReached, match="This tenant may have 4 references"):
        add(units, case.id, 5, other)


def test_nobody_else_is_held(units):
    """One tenant's quota says nothing about another's."""
    for _ in range(SMALL.cases):
        open_one(units)
    open_one(units, CHARLIE)


def test_a_withdrawal_gives_back(units):
    """A withdrawn case counts no more, for the keys that filled it and for the tenant; and once only."""
    other = replace(ALICE, credential_id="crd_other")
    case = open_one(units, first=draft(1)).case
    add(units, case.id, 2, other)
    for _ in range(2):
        withdraw(case.id, actor=ALICE, units=units, environment=AROUND)
    assert used(units, ALICE.credential_id) == Quota(references=0, cases=0, jobs=0, bytes=0)
    assert used(units, ALICE.tenant_id) == Quota(references=0, cases=0, jobs=0, bytes=0)


def test_waiting_clips_are_few(units, sqlite, tmp_path):
    """Jobs and their bytes are bounded, and those that ended count no more."""
    first = job(units, size=100)
    with pytest.raises(TooManyJobs, match="This key may have 1000 bytes at a time, and has 100"):
        job(units, size=901)
    job(units, size=900)
    with pytest.raises(TooManyJobs, match="This key may have 2 jobs at a time, and has 2"):
        job(units, size=0)
    job(units, CHARLIE)
    cancel_job(first.id, actor=ALICE, units=units, spool=_NoSpool())
    job(units, size=100)


class _NoSpool:
    """Has no file of any job."""

    def remove(self, name):
        """Nothing is there."""


def test_a_clip_that_could_not_be_registered_is_refused_at_once(units):
    """Where no reference is left a clip does not wait an hour to be told so."""
    case = open_one(units).case
    for seed in (1, 2, 3):
        add(units, case.id, seed)
    with pytest.raises(QuotaReached):
        job(units)


def test_the_operator_gives_more_and_takes_it_back(units):
    """A quota of its own holds for one key, and the default again afterwards; nothing that exists is lost."""
    more = {Resource.CASES: 4}
    assert set_quota(ALICE.credential_id, more, actor=FRANK, units=units).most.cases == 4
    for _ in range(4):
        open_one(units)
    standing = set_quota(ALICE.credential_id, dict.fromkeys(Resource), actor=FRANK, units=units)
    assert (standing.most, standing.used.cases) == (SMALL, 4)
    with pytest.raises(QuotaReached):
        open_one(units)
    with pytest.raises(NotFound):
        set_quota("ten_nobody", more, actor=FRANK, units=units)


def test_requests_at_the_same_time_exceed_nothing(units):
    """Of many at once exactly as many succeed as there is room for."""
    set_quota(ALICE.credential_id, {Resource.REFERENCES: 5}, actor=FRANK, units=units)
    case = open_one(units).case

    def attempt(seed):
        try:
            add(units, case.id, seed)
        except QuotaReached:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(attempt, range(12))) == 5
    assert used(units, ALICE.credential_id).references == 5


def test_an_agencys_afternoon_meets_no_default():
    """300 artists with 200 pictures and ten clips of 60 MiB each fit the defaults of a tenant and its key."""
    defaults = _quotas(Settings())
    quota = defaults.of_key(Role.AGENCY)
    assert quota == defaults.tenant
    assert quota.cases >= 300
    assert quota.references >= 300 * (200 + 10)
    assert quota.jobs >= 300 * 10
    assert quota.bytes >= 300 * 10 * (60 << 20)
    assert defaults.of_key(Role.CLAIMANT).references < quota.references / 100
