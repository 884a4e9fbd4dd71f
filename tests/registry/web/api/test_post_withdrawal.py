"""POST /v1/cases/{case}/withdrawal."""

import pytest

from registry.demo.pictures import recompressed_half
from tests.support.web.service import assert_problem

ANSWER = {"case", "state", "withdrawn_at", "erased_at", "receipt"}


@pytest.fixture
def case(bob, picture):
    """A verified case with one picture."""
    return bob.opens(picture, level="V1")["case"]


def test_a_case_is_withdrawn(bob, case):
    """A withdrawal says when, and gives a receipt."""
    answer = bob.post(f"/v1/cases/{case}/withdrawal")
    assert answer.status_code == 200
    assert set(answer.json) == ANSWER
    assert (answer.json["case"], answer.json["state"]) == (case, "withdrawn")
    assert len(answer.json["receipt"]) == 64


def test_no_check_matches_it_any_more(bob, dana, case, picture):
    """From the answer on neither the file nor its copy is found."""
    assert dana.checks(recompressed_half(picture))["verdict"] == "block"
    bob.post(f"/v1/cases/{case}/withdrawal")
    assert dana.checks(picture)["verdict"] == "allow"
    assert dana.checks(recompressed_half(picture))["verdict"] == "allow"


def test_the_database_alone_makes_it_hold(service, bob, dana, case, picture):
    """A withdrawal holds although the index still proposes the codes."""
    follower = service.container.follower
    codes_in_index = follower.status().engine.size
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service.container.feed, "has_news", lambda: False)
        patch.setattr(follower, "_follow", lambda until=None: None)
        bob.post(f"/v1/cases/{case}/withdrawal")
        assert follower.status().engine.size >= codes_in_index
        assert dana.checks(picture)["verdict"] == "allow"


def test_withdrawing_again_changes_nothing(service, bob, case):
    """The second withdrawal succeeds, keeps the first time, and writes nothing in the ledger."""
    first = bob.post(f"/v1/cases/{case}/withdrawal").json
    entries = service.count("ledger_entries")
    again = bob.post(f"/v1/cases/{case}/withdrawal")
    assert again.status_code == 200
    assert again.json["withdrawn_at"] == first["withdrawn_at"]
    assert again.json["receipt"] is None
    assert service.count("ledger_entries") == entries


def test_another_claim_to_the_picture_stands(bob, charlie, dana, case, picture):
    """Withdrawing one case leaves another tenant's case about the same picture as it is."""
    charlie.opens(picture)
    bob.post(f"/v1/cases/{case}/withdrawal")
    answer = dana.checks(picture)
    assert (answer["verdict"], answer["reason"]) == ("review", "case_not_verified")


def test_a_stranger_withdraws_nothing(bob, charlie, dana, case, picture):
    """Another tenant's case is not there, and goes on protecting."""
    assert_problem(charlie.post(f"/v1/cases/{case}/withdrawal"), 404, "not-found")
    assert dana.checks(picture)["verdict"] == "block"
