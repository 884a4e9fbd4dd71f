"""POST /v1/checks/{check}/decision."""

import pytest

from tests.support.web.media import codes, made_up_pdq
from tests.support.web.service import assert_problem

FEEDBACK = ["confirmed", "no_match", "harmless", "wrong_person", "consented", "newsworthy", "unclear"]
DECISIONS = ["allowed", "held", "blocked", "removed", "labelled", "age_restricted"]


@pytest.fixture
def check(dana):
    """An answered check."""
    return dana.checks(codes=codes(made_up_pdq(9)))


@pytest.mark.parametrize("decision", DECISIONS)
def test_a_decision_is_kept(dana, check, decision):
    """The platform's decision is shown with the check from then on."""
    path = f"/v1/checks/{check['check_id']}"
    answer = dana.post(f"{path}/decision", json={"decision": decision})
    assert answer.status_code == 200
    assert answer.json["decision"]["decision"] == decision
    assert set(answer.json["decision"]) == {"decision", "decided_at", "feedback"}
    assert answer.json["decision"]["feedback"] is None
    assert dana.get(path).json == answer.json


@pytest.mark.parametrize("feedback", FEEDBACK)
def test_feedback_is_kept(dana, check, feedback):
    """What a person saw may come after the decision."""
    path = f"/v1/checks/{check['check_id']}"
    dana.post(f"{path}/decision", json={"decision": "held"})
    answer = dana.post(f"{path}/decision", json={"decision": "held", "feedback": feedback})
    assert (answer.status_code, answer.json["decision"]["feedback"]) == (200, feedback)
    assert dana.get(path).json == answer.json


def test_the_same_decision_again_changes_nothing(service, dana, check):
    """Telling the same again answers the same and writes nothing."""
    path = f"/v1/checks/{check['check_id']}/decision"
    first = dana.post(path, json={"decision": "held"})
    before = service.rows()
    assert dana.post(path, json={"decision": "held"}).json == first.json
    assert service.rows() == before


def test_another_decision_is_a_conflict(service, dana, check):
    """A decision is not changed."""
    path = f"/v1/checks/{check['check_id']}/decision"
    dana.post(path, json={"decision": "held"})
    before = service.rows()
    assert_problem(dana.post(path, json={"decision": "removed"}), 409, "already-decided")
    assert service.rows() == before


def test_a_decision_enters_the_ledger(service, dana, check):
    """Each decision is one entry of the ledger, which names the check."""
    dana.post(f"/v1/checks/{check['check_id']}/decision", json={"decision": "held"})
    with service.container.units.read() as unit:
        acts = [entry.act for entry in unit.ledger.entries() if entry.act.check_id == check["check_id"]]
    assert [(act.event.value, act.tenant_id) for act in acts] == [("check.decided", dana.tenant_id)]


@pytest.mark.parametrize("decision", ["Held", "held\n", "", "ignored", None, 1, ["held"]])
def test_no_other_decision_is_known(service, dana, check, decision):
    """A decision that is none is refused, and nothing is written."""
    before = service.rows()
    path = f"/v1/checks/{check['check_id']}/decision"
    assert_problem(dana.post(path, json={"decision": decision}), 422, "body-invalid")
    assert service.rows() == before


def test_another_platform_decides_nothing(service, dana, erin, check):
    """Another tenant's check is not there."""
    before = service.rows()
    path = f"/v1/checks/{check['check_id']}/decision"
    assert_problem(erin.post(path, json={"decision": "held"}), 404, "not-found")
    assert service.rows() == before
