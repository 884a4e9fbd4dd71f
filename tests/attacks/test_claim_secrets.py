"""Whoever guesses secrets of cases learns nothing, and keeps nobody out.

`scripts/bench/claim_timing` measures with 10,000 questions of each kind what a test has no time for.
"""

import os
import statistics
import time
import uuid

import pytest

from registry.domain.claims import SecretKind, as_words, case_number
from registry.domain.consent import Language
from registry.security import claim_proofs
from registry.security.claim_proofs import ProofCost
from tests.support.web.media import codes, made_up_pdq
from tests.support.web.service import assert_problem, running

SAMPLES = 400
MAX_T = 4.5
GUESSES = 10_000


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """A service of these tests' own, with the limits that it has in earnest, and one proxy."""
    with running(tmp_path_factory.mktemp("guessed"), proxies=1, claim_failures_per_minute=20) as started:
        yield started


@pytest.fixture
def cheap(service, monkeypatch):
    """argon2id for as little as it takes, so that thousands of guesses fit into a test."""
    monkeypatch.setattr(service.container.claim_proofs, "cost", ProofCost(memory_kib=8, passes=1))


def claims(service):
    asked = {"codes": codes(made_up_pdq(int.from_bytes(os.urandom(4)))), "consents": ["fingerprints"]}
    headers = {"Idempotency-Key": str(uuid.uuid4()), "X-Forwarded-For": address()}
    answer = service.with_key(None).post("/v1/claims", json=asked, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json


def address():
    return ".".join(str(byte) for byte in (10, *os.urandom(3)))


def ask(service, case, secret, sender=None):
    headers = {"X-Forwarded-For": sender or address()}
    body = {"case": case, "secret": secret}
    return service.with_key(None).post("/v1/claims/status", json=body, headers=headers)


def guess():
    return as_words(SecretKind.SECRET, os.urandom(9), Language.EN)


def unknown():
    return case_number("case_" + "".join("0123456789abcdefghjkmnpqrstvwxyz"[b % 32] for b in os.urandom(16)))


def test_unknown_cases_and_wrong_secrets_look_the_same(service):
    """The same status, body and headers, but for the request's own id."""
    claim = claims(service)
    wrong, missing = ask(service, claim["case"], guess()), ask(service, unknown(), guess())
    for answer in (wrong, missing):
        assert_problem(answer, 404, "claim-not-found")
    assert wrong.data == missing.data
    headers = [
        {name: value for name, value in one.headers if name != "X-Request-Id"} for one in (wrong, missing)
    ]
    assert headers[0] == headers[1]


def test_unknown_cases_and_wrong_secrets_take_the_same_time(service, cheap):
    """Welch's t of the processor time of both, asked in turns, with a cheap argon2id that hides no difference."""
    claim = claims(service)
    times = {"wrong": [], "unknown": []}
    for _ in range(SAMPLES):
        for kind, case in (("wrong", claim["case"]), ("unknown", unknown())):
            secret, sender = guess(), address()
            began = time.thread_time_ns()
            answer = ask(service, case, secret, sender)
            times[kind].append(time.thread_time_ns() - began)
            assert answer.status_code == 404
    assert abs(welch(*(trimmed(one) for one in times.values()))) < MAX_T


def test_ten_thousand_guesses_from_many_addresses_keep_nobody_out(service, cheap):
    """The owner gets in after 10,000 wrong secrets for her case, and so does she from an address that guesses."""
    claim = claims(service)
    for number in range(GUESSES):
        # In the process itself, as a request takes more time than the guess does.
        if number % 100 == 0:
            ask(service, claim["case"], guess())
        assert not _guessed(service, claim["case_id"], os.urandom(9))
    assert ask(service, claim["case"], claim["secret"]).status_code == 200


def test_an_address_that_guesses_is_refused_and_its_owner_is_not(service, cheap):
    """Beyond the limit an address' guesses are refused with 429, and the right secret from there still opens."""
    claim = claims(service)
    sender = address()
    limit = service.container.settings.claim_failures_per_minute
    codes_seen = [ask(service, claim["case"], guess(), sender).status_code for _ in range(limit + 10)]
    assert codes_seen[:limit] == [404] * limit
    assert set(codes_seen[limit:]) <= {404, 429}
    assert 429 in codes_seen[limit:]
    assert ask(service, claim["case"], claim["secret"], sender).status_code == 200
    assert ask(service, unknown(), guess(), sender).status_code in {404, 429}


def test_without_the_tag_the_owner_would_be_kept_out(service, cheap, monkeypatch):
    """The test above tests something: with every secret unlikely, the owner's address is refused as well."""
    claim = claims(service)
    sender = address()
    for _ in range(service.container.settings.claim_failures_per_minute):
        ask(service, claim["case"], guess(), sender)
    monkeypatch.setattr(claim_proofs.ArgonProofs, "is_likely", lambda *_given: False)
    assert_problem(ask(service, claim["case"], claim["secret"], sender), 429, "rate-limited")


def test_an_address_opens_few_cases_and_all_together_not_many(tmp_path):
    """Registrations without an account are limited by address and by hour, with a clear 429."""
    with running(tmp_path, proxies=1, claims_per_address=2, claims_per_hour=3) as small:
        asked = {"codes": codes(made_up_pdq(5)), "consents": ["fingerprints"]}

        def opens(sender):
            headers = {"X-Forwarded-For": sender}
            return small.with_key(None).post("/v1/claims", json=asked, headers=headers)

        assert [opens("10.0.0.1").status_code for _ in range(3)] == [201, 201, 429]
        assert opens("10.0.0.2").status_code == 201
        problem = assert_problem(opens("10.0.0.3"), 429, "rate-limited")
        assert "cases without an account an hour" in problem["detail"]


def test_an_address_is_nowhere(service):
    """Neither the database nor the log has the address of a claimant."""
    claims(service)
    sender = "10.99.98.97"
    ask(service, unknown(), guess(), sender)
    assert sender not in repr(service.rows())
    assert sender not in service.log.getvalue()


def _guessed(service, case_id, value):
    """Compares as a request does, and returns whether the secret is right."""
    parts = service.container
    with parts.units.read() as unit:
        access = unit.claims.find(case_id)
    assert access is not None
    likely = parts.claim_proofs.is_likely(case_id, value, access.secret)
    return parts.claim_proofs.is_right(case_id, value, access.secret, is_likely=likely)


def trimmed(times):
    """Leave out the slowest tenth, which are other processes' doing."""
    return sorted(times)[: len(times) * 9 // 10]


def welch(first, second):
    spread = statistics.variance(first) / len(first) + statistics.variance(second) / len(second)
    return (statistics.mean(first) - statistics.mean(second)) / spread**0.5
