"""What many unrelated tenants registered is held, behind everybody's back."""

import numpy as np
import pytest
from sqlalchemy import select

from index.search.contract import Hits
from index.verdict.vocabulary import Level, ReferenceKind
from registry.domain.case_states import ReferenceState
from registry.domain.credential import Tenant
from registry.domain.family import Family
from registry.domain.ids import NOBODY
from registry.domain.quarantine import QuarantineReason
from registry.domain.roles import ROLE_PERMISSIONS, Actor, Role
from registry.events import LedgerEvent
from registry.storage.schema.tables import codes
from registry.usecases.cases.exporting import export_case
from registry.usecases.cases.linking import link_cases
from registry.usecases.judging import PopularityWatch, clear_quarantine, list_quarantined
from registry.usecases.judging.popularity import MIN_OTHER_TENANTS
from tests.support.databases.registry_parts import (
    FRANK,
    NOW,
    Clock,
    a_case,
    a_reference,
    environment,
    near,
    pdq,
)

SHOWN = pdq("shown everywhere")
TENANTS = [
    Actor(tenant_id=f"ten_{number}", credential_id=f"crd_{number}", permissions=ROLE_PERMISSIONS[Role.AGENCY])
    for number in range(MIN_OTHER_TENANTS + 1)
]


class WholeScan:
    """An index that compares with every code."""

    def __init__(self, databases):
        self.databases = databases

    def propose(self, family, asked, radius, doubtful=None):
        """Proposes the codes within the radius."""
        assert family is Family.WHOLE
        with self.databases.registry.read() as connection:
            rows = connection.execute(select(codes.c.id, codes.c.value).where(codes.c.searched)).all()
        held = np.stack([np.frombuffer(row.value, np.uint8) for row in rows])
        bits = np.bitwise_count(asked[:, None] ^ held[None]).sum(axis=2, dtype=np.int64)
        queries, places = np.nonzero(bits <= radius)
        return Hits(
            queries=queries.astype(np.int32),
            ids=np.array([row.id for row in rows], np.int64)[places],
            distances=bits[queries, places].astype(np.int32),
        )


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def register(sqlite, clock):
    """Registers a picture for a tenant, in a case of its own."""
    with sqlite.units.write() as unit:
        for one in TENANTS:
            unit.credentials.add_tenant(Tenant(id=one.tenant_id, label="", created_at=NOW))
        unit.commit()

    def call(tenant, code=SHOWN, level=Level.V1, kind=ReferenceKind.INTIMATE_ITEM):
        case = a_case(tenant, level)
        reference = a_reference(case, code, kind=kind, enrolled_at=clock())
        with sqlite.units.write() as unit:
            unit.cases.add(case)
            unit.references.add(reference)
            unit.commit()
        return reference

    return call


@pytest.fixture
def sweep(sqlite, clock):
    """Looks some time later at what was registered."""
    watch = PopularityWatch(units=sqlite.units, index=WholeScan(sqlite), environment=environment(clock))

    def call():
        clock.advance(seconds=30)
        return list(watch.sweep())

    return call


def _others(register, count=MIN_OTHER_TENANTS, **changes):
    return [register(TENANTS[number], near(SHOWN, 5 * number), **changes) for number in range(count)]


def test_what_many_tenants_registered_is_held(sqlite, register, sweep):
    """Only the last one, with near codes too; the operator has it in the list, and its owner hears nothing."""
    earlier = _others(register)
    last = register(TENANTS[-1], near(SHOWN, 8, seed=9))
    assert sweep() == [last.id]
    assert sweep() == []
    with sqlite.units.read() as unit:
        states = {one.id: one.state for one in unit.quarantines.read([one.id for one in (*earlier, last)])}
        acts = [entry.act for entry in unit.ledger.entries()]
    assert states.pop(last.id) is ReferenceState.QUARANTINED
    assert set(states.values()) == {ReferenceState.INDEXED}
    (listed,) = list_quarantined(actor=FRANK, units=sqlite.units)
    assert (listed.reference_id, listed.reason) == (last.id, QuarantineReason.POPULAR)
    (act,) = acts
    assert (act.event, act.reference_id, act.case_id) == (LedgerEvent.REFERENCE_QUARANTINED, last.id, None)
    assert act.credential_id == NOBODY
    assert export_case(last.case_id, actor=TENANTS[-1], units=sqlite.units).acts == ()


def test_one_tenant_fewer_is_not_many(register, sweep):
    """The bound is five others, not four; 50 cases of one tenant, which anybody may open, are one."""
    _others(register, MIN_OTHER_TENANTS - 1)
    for _ in range(50):
        register(TENANTS[0])
    register(TENANTS[-1])
    assert [sweep(), sweep()] == [[], []]


@pytest.mark.parametrize("level", [Level.V2, Level.V4])
def test_somebody_who_was_verified_is_not_held(register, sweep, level):
    """Whoever registers a victim's picture before her does not take her protection."""
    _others(register)
    register(TENANTS[-1], level=level)
    assert sweep() == []


def test_other_pictures_and_kinds_are_not_held(register, sweep):
    """A distance of 32 bits is another picture; official releases are neither held nor counted."""
    _others(register)
    register(TENANTS[-1], near(SHOWN, 60, seed=3))
    register(TENANTS[-1], kind=ReferenceKind.OFFICIAL_RELEASE)
    assert sweep() == []


def test_releases_of_others_do_not_count(register, sweep):
    """An album cover that many registered as a release is nobody's claim."""
    _others(register, kind=ReferenceKind.OFFICIAL_RELEASE)
    register(TENANTS[-1])
    assert sweep() == []


def test_linked_cases_do_not_count(sqlite, register, sweep, clock):
    """One subject stands behind them, so they are not unrelated."""
    earlier = _others(register)
    last = register(TENANTS[-1])
    link_cases(
        [earlier[0].case_id, last.case_id], actor=FRANK, units=sqlite.units, environment=environment(clock)
    )
    assert sweep() == []


def test_what_a_person_cleared_stays_cleared(sqlite, register, clock):
    """Also when a process begins anew and looks at the last day again."""
    _others(register)
    last = register(TENANTS[-1])
    parts = {"units": sqlite.units, "index": WholeScan(sqlite), "environment": environment(clock)}
    clock.advance(seconds=30)
    assert list(PopularityWatch(**parts).sweep()) == [last.id]
    clear_quarantine(last.id, actor=FRANK, units=sqlite.units, environment=environment(clock))
    assert list(PopularityWatch(**parts).sweep()) == []


def test_old_registrations_are_not_looked_at_again(register, sweep, clock):
    """A process that begins looks at the last day only."""
    _others(register)
    register(TENANTS[-1])
    clock.advance(days=2)
    assert sweep() == []
