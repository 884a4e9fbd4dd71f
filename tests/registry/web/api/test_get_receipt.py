"""GET /v1/receipts/{receipt}."""

import pytest

from registry.domain.roles import Role
from tests.support.web.service import assert_problem

ANSWER = {"receipt", "entry", "size", "proof", "checkpoint"}


def test_a_receipt_tells_its_entry_and_is_proven_later(service, alice):
    """That it exists is told at once, and entry and proof once a checkpoint covers it."""
    opened = alice.opens()
    path = f"/v1/receipts/{opened['receipt']}"
    before = alice.get(path).json
    assert set(before) == ANSWER
    assert before["receipt"] == opened["receipt"]
    assert (before["entry"], before["size"], before["proof"], before["checkpoint"]) == (None, None, [], None)
    made = service.container.checkpointer.make()
    after = alice.get(path).json
    assert (after["entry"]["event"], after["entry"]["case"]) == ("case.opened", opened["case"])
    assert after["entry"]["tenant"] == alice.tenant_id
    assert (after["size"], after["checkpoint"].splitlines()[1]) == (made.size, str(made.size))
    assert after["proof"]


def test_anothers_receipt_is_not_found(service, alice):
    """A receipt of another tenant, an unknown one and something else are equally absent."""
    bob = service.newcomer(Role.AGENCY)
    for receipt in (bob.opens()["receipt"], "0" * 64, "0" * 63, "F" * 64, "x"):
        assert_problem(alice.get(f"/v1/receipts/{receipt}"), 404, "not-found")


@pytest.mark.parametrize("role", [Role.PLATFORM, Role.MONITOR])
def test_who_registers_nothing_reads_no_receipts(service, alice, role):
    """Platforms and monitors lack the permission."""
    receipt = alice.opens()["receipt"]
    assert_problem(service.newcomer(role).get(f"/v1/receipts/{receipt}"), 403, "not-permitted")
