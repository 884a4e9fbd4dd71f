"""GET /v1/checks/{check}/explanation."""

import json

import pytest

from registry.domain.roles import OPTIONAL_PERMISSIONS, ROLE_PERMISSIONS, Role
from registry.errors import StorageUnavailable
from registry.permissions import Permission
from registry.security import explanation_budget
from registry.storage.rows.ledger import SqlLedger
from tests.support.web.answers import ANSWER, EXPLANATION
from tests.support.web.media import codes, fingerprint, flipped, made_up_pdq
from tests.support.web.service import BY_CODES, EXPLAINS, assert_problem, running

BUDGET = 8


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """A service that explains few checks."""
    with running(tmp_path_factory.mktemp("explaining"), explanation_budget=BUDGET) as started:
        yield started


@pytest.fixture
def reviewer(service):
    """A platform of its own for each test: budgets are each tenant's."""
    return service.newcomer(Role.PLATFORM, allowed=BY_CODES | EXPLAINS)


def explanation(check):
    return f"/v1/checks/{check['check_id']}/explanation"


def events(service, event):
    lines = [json.loads(line) for line in service.log.getvalue().splitlines()]
    return [line for line in lines if line["event"] == event]


def refused(*_):
    raise StorageUnavailable("The ledger cannot be written.")


def near(value, place):
    """A code 8 bits away."""
    return flipped(value, range(8 * place, 8 * place + 8))


def test_a_reviewer_reads_all_reasons(service, reviewer, picture):
    """The explanation has every reason, in a shape of its own; the check has one."""
    service.operator.opens(picture)
    check = reviewer.checks(picture)
    explained = reviewer.explains(check)
    assert (set(check), set(explained)) == (ANSWER, EXPLANATION)
    assert explained["reasons"] == ["case_not_verified", "tight_match"]
    same = (ANSWER - {"reason"}) & EXPLANATION
    assert {name: check[name] for name in same} == {name: explained[name] for name in same}
    assert {check["reason"]} < set(explained["reasons"])


def test_a_platforms_own_key_reads_none(service, reviewer, picture):
    """The permission belongs to reviewers, and has to be granted to a platform by name."""
    plain = service.newcomer(Role.PLATFORM, tenant_id=reviewer.tenant_id)
    check = plain.checks(picture)
    assert_problem(plain.get(explanation(check)), 403, "not-permitted")
    person = service.newcomer(Role.REVIEWER, tenant_id=reviewer.tenant_id)
    assert person.explains(check)["reasons"] == reviewer.explains(check)["reasons"] == ["no_match"]
    holders = {role for role, held in ROLE_PERMISSIONS.items() if Permission.CHECK_EXPLAIN in held}
    assert holders == {Role.OPERATOR, Role.REVIEWER}
    named = {role for role, more in OPTIONAL_PERMISSIONS.items() if Permission.CHECK_EXPLAIN in more}
    assert named == {Role.PLATFORM}


def test_another_tenants_check_looks_like_none(service, reviewer, picture):
    """What belongs to others, what does not exist and what cannot exist have one answer."""
    theirs = service.newcomer(Role.PLATFORM).checks(picture)["check_id"]
    answers = [
        reviewer.get(f"/v1/checks/{name}/explanation") for name in (theirs, "chk_0000000000000000", "x")
    ]
    for answer in answers:
        assert_problem(answer, 404, "not-found")
    assert len({answer.data for answer in answers}) == 1


def test_each_is_counted_and_in_the_ledger_once(service, reviewer, picture):
    """Reading one again adds nothing; an allow adds nothing at all, since it tells nothing."""
    service.operator.opens(picture)
    check, before = reviewer.checks(picture), service.count("ledger_entries")
    for _ in range(3):
        reviewer.explains(check)
    assert service.count("ledger_entries") == before + 1
    (row,) = [row for row in service.rows()["checks.explanations"] if check["check_id"] in row]
    assert set(row[:3]) == {check["check_id"], reviewer.tenant_id, reviewer.credential_id}
    entries = [set(entry) for entry in service.rows()["registry.ledger_entries"]]
    kept = {"check.explained", check["check_id"], reviewer.credential_id}
    assert len([entry for entry in entries if kept <= entry]) == 1
    reviewer.explains(reviewer.checks(codes=codes(made_up_pdq(83_500))))
    assert service.count("ledger_entries") == before + 1


def test_whoever_is_told_is_in_the_ledger(service, reviewer, picture, monkeypatch):
    """Where the ledger failed after the count, nothing was told, and the next reading makes up for it."""
    other = service.newcomer(Role.REVIEWER, tenant_id=reviewer.tenant_id)
    service.operator.opens(picture)
    check, before = reviewer.checks(picture), service.count("ledger_entries")
    with monkeypatch.context() as failing:
        failing.setattr(SqlLedger, "append", refused)
        assert_problem(reviewer.get(explanation(check)), 503, "storage-unavailable")
    assert service.count("ledger_entries") == before
    for count, reader in ((1, reviewer), (1, reviewer), (2, other), (2, other)):
        reader.explains(check)
        assert service.count("ledger_entries") == before + count


def test_near_one_reference_few_are_explained(service, reviewer, picture, monkeypatch):
    """Then no further one is, while the explained ones stay so; without the budget all are."""
    service.operator.opens(picture)
    target = fingerprint(picture)
    asked = [codes(near(target.pdq.value, place), target.dhash.value) for place in range(8)]
    checks = [reviewer.checks(codes=one) for one in asked]
    answers = [reviewer.get(explanation(check)) for check in checks]
    limit = explanation_budget.OF_REFERENCE
    assert [answer.status_code for answer in answers] == [200] * limit + [403] * (len(checks) - limit)
    assert_problem(answers[-1], 403, "explanations-spent")
    assert "reasons" not in answers[-1].json
    assert reviewer.get(explanation(checks[0])).status_code == 200
    assert events(service, "explanations.budget_spent")[-1]["tenant_id"] == reviewer.tenant_id
    monkeypatch.setattr(explanation_budget, "OF_REFERENCE", 1_000)
    assert reviewer.get(explanation(checks[-1])).status_code == 200


def test_the_keys_of_a_tenant_share_its_budget(service, reviewer, new_picture):
    """Five keys of one tenant read no more than one, and the operator is warned at half."""
    keys = [service.newcomer(Role.PLATFORM, tenant_id=reviewer.tenant_id, allowed=EXPLAINS) for _ in range(5)]
    found = []
    for place in range(BUDGET + 2):
        media = new_picture()
        service.operator.opens(media)
        found.append(keys[place % 5].get(explanation(reviewer.checks(media))).status_code)
        warned = [line["tenant_id"] for line in events(service, "explanations.budget_half")]
        assert (reviewer.tenant_id in warned) is (place + 1 >= BUDGET // 2)
    assert found == [200] * BUDGET + [403] * 2
    assert service.container.probes.clear(reviewer.tenant_id) >= BUDGET


def test_the_reference_that_is_erased_leaves_no_trace(service, reviewer, picture):
    """An explanation names its check alone, and after a withdrawal nothing in the rows names the reference."""
    opened = service.operator.opens(picture, level="V1")
    reviewer.explains(reviewer.checks(picture))
    service.operator.post(f"/v1/cases/{opened['case']}/withdrawal")
    rows = service.rows()
    assert opened["reference"] not in str(
        [rows[name] for name in ("checks.explanations", "checks.check_matches", "checks.probes")]
    )
