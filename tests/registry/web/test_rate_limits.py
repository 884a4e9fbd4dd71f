"""Rate limits: told with every guarded answer, each tenant's own, and guessing keys is limited by address."""

import re

import pytest

from registry.domain.roles import Role
from registry.web.endpoints import statement_of
from tests.support.web.media import codes, made_up_pdq
from tests.support.web.service import BY_CODES, assert_problem, running

LIMITS = {"checks_per_minute": 3, "writes_per_minute": 4, "reads_per_minute": 5, "failures_per_minute": 6}
WINDOW = 60


@pytest.fixture(scope="module", autouse=True)
def _one_minute():
    """Holds the clock of the limits, so that no minute ends in the middle of a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.time", lambda: 1_800_000_001.0)
        yield


@pytest.fixture(scope="module")
def service(tmp_path_factory, _one_minute):
    """A service with tiny limits."""
    with running(tmp_path_factory.mktemp("limits"), **LIMITS) as started:
        yield started


@pytest.fixture
def person(service):
    """Somebody of a new tenant who may do everything."""
    return service.newcomer(Role.OPERATOR)


def reading(person):
    """Draws on the reads."""
    return person.get("/v1/cases/case_0000000000000000")


def writing(person):
    """Draws on the writes."""
    return person.post("/v1/cases", json={})


def checking(person):
    """Draws on the checks."""
    return person.post("/v1/checks", json={"codes": codes(made_up_pdq(1))})


BUDGETS = {"checks": checking, "writes": writing, "reads": reading}


@pytest.mark.parametrize("budget", BUDGETS)
def test_every_answer_tells_what_is_left(person, budget):
    """Each answer names its budget, the limit, what is left of it and when it is full again."""
    limit = LIMITS[f"{budget}_per_minute"]
    for left in reversed(range(limit)):
        headers = BUDGETS[budget](person).headers
        assert headers["RateLimit-Policy"] == f'"{budget}";q={limit};w={WINDOW}'
        found = re.fullmatch(rf'"{budget}";r={left};t=([0-9]+)', headers["RateLimit"])
        assert found
        assert 1 <= int(found[1]) <= WINDOW


@pytest.mark.parametrize("budget", BUDGETS)
def test_a_spent_budget_is_429(service, person, budget):
    """Beyond the limit a request is refused, told when to come back, and writes nothing."""
    for _ in range(LIMITS[f"{budget}_per_minute"]):
        assert BUDGETS[budget](person).status_code != 429
    before = service.rows()
    answer = BUDGETS[budget](person)
    assert_problem(answer, 429, "rate-limited")
    assert 1 <= int(answer.headers["Retry-After"]) <= WINDOW
    assert answer.headers["RateLimit"].startswith(f'"{budget}";r=0;t=')
    assert service.rows() == before


def test_budgets_are_apart(person):
    """A client that has spent one budget still has the others."""
    while checking(person).status_code != 429:
        pass
    assert writing(person).status_code == 201
    assert reading(person).status_code == 404


def test_a_budget_is_the_tenants(service, person):
    """Colleagues share a budget, strangers do not."""
    colleague = service.newcomer(Role.PLATFORM, tenant_id=person.tenant_id, allowed=BY_CODES)
    stranger = service.newcomer(Role.PLATFORM, allowed=BY_CODES)
    while checking(person).status_code != 429:
        pass
    assert checking(colleague).status_code == 429
    assert checking(stranger).status_code == 201


def test_a_refused_idempotent_request_is_not_kept(service, person):
    """A 429 keeps no answer: the key is free for a later try."""
    while checking(person).status_code != 429:
        pass
    before = service.count("check_acknowledgements")
    answer = person.post(
        "/v1/checks", json={"codes": codes(made_up_pdq(1))}, headers={"Idempotency-Key": "later"}
    )
    assert_problem(answer, 429, "rate-limited")
    assert service.count("check_acknowledgements") == before


@pytest.mark.parametrize("rule", ["/healthz", "/readyz", "/openapi.json", "/docs", "/docs.css"])
def test_the_public_is_not_counted(service, rule):
    """Probes and the description draw on nobody's budget."""
    nobody = service.with_key(None)
    for _ in range(2 * max(LIMITS.values())):
        answer = nobody.get(rule)
        assert answer.status_code == 200
        assert "RateLimit" not in answer.headers


def test_every_guarded_route_tells_what_is_left(service):
    """No route with a permission answers a valid key without its limits."""
    for rule in service.app.url_map.iter_rules():
        if statement_of(service.app.view_functions[rule.endpoint]).permission is None:
            continue
        (method,) = rule.methods - {"HEAD"}
        path = re.sub(r"<\w+>", "none", rule.rule)
        answer = service.newcomer(Role.OPERATOR).ask(method, path)
        assert {"RateLimit", "RateLimit-Policy"} <= set(answer.headers.keys()), rule


@pytest.mark.parametrize(("kind", "host"), [("no key", 1), ("malformed", 2), ("unknown", 3), ("revoked", 4)])
def test_guessing_keys_is_limited(service, person, kind, host):
    """An address that keeps sending no valid key is refused, and whoever has one is not."""
    revoked = service.newcomer(Role.OPERATOR)
    service.revoke(revoked)
    sent = {"no key": None, "malformed": "x", "unknown": f"tdr_{'a' * 8}_{'A' * 43}", "revoked": revoked.key}
    guesser = service.with_key(sent[kind])
    here = {"environ_base": {"REMOTE_ADDR": f"192.0.2.{host}"}}
    answers = [guesser.get("/metrics", **here) for _ in range(LIMITS["failures_per_minute"] + 2)]
    assert [answer.status_code for answer in answers] == [401] * LIMITS["failures_per_minute"] + [429] * 2
    assert_problem(answers[-1], 429, "rate-limited")
    assert person.get("/metrics", **here).status_code == 200
    elsewhere = {"environ_base": {"REMOTE_ADDR": f"192.0.2.{100 + host}"}}
    assert guesser.get("/metrics", **elsewhere).status_code == 401


def test_workers_share_the_limit(tmp_path):
    """Each of two workers grants half."""
    with running(tmp_path, workers=2, checks_per_minute=8) as service:
        for _ in range(4):
            assert checking(service.operator).status_code == 201
        assert checking(service.operator).status_code == 429
