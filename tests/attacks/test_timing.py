"""Somebody who times answers by codes that are all *allow*, to tell which of them lie near a registered code.

A question that is near something must do what one that is near nothing does: the same statements, rows and commits. The
second test shows what the time itself still tells. Its table: `pytest tests/attacks/test_timing.py -s`.
"""

import random
import statistics
import sys
import threading
import time
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from registry.domain.roles import Role
from registry.matching import whole_codes
from registry.storage.rows import checks as check_rows
from tests.support.web.media import codes, flipped, made_up_pdq
from tests.support.web.service import BY_CODES, running

TARGET = made_up_pdq(84_000)
SECOND = bytes(range(16))
OTHER_SECOND = bytes(byte ^ 255 for byte in SECOND)
TURNS = 60  # of a near and a far question


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with running(tmp_path_factory.mktemp("service"), probe_budget=10**6) as started:
        reference = {"kind": "intimate_item", "codes": codes(TARGET, SECOND)}
        started.operator.opens(level="V1", reference=reference)
        yield started


@pytest.fixture
def platform(service):
    return service.newcomer(Role.PLATFORM, allowed=BY_CODES)


def near(seed):
    """A code 36 bits away, whose second code differs: proposed, a probe, and allowed."""
    return codes(flipped(TARGET, random.Random(seed).sample(range(256), 36)), OTHER_SECOND)


def far(seed):
    """A code that is near nothing."""
    return codes(made_up_pdq(85_000 + seed), OTHER_SECOND)


@contextmanager
def work_of(service):
    """Record each statement, the rows that it changed, and each commit."""
    done, thread = [], threading.get_ident()

    def executed(_connection, cursor, statement, parameters, _context, is_many):
        if threading.get_ident() != thread:
            return  # background work
        rows = cursor.rowcount if statement.startswith(("INSERT", "UPDATE")) else None
        done.append((statement, len(parameters) if is_many else 1, rows))

    def committed(_connection):
        if threading.get_ident() == thread:
            done.append("commit")

    engines = [service.container.databases.registry.engine, service.container.databases.checks.engine]
    for engine in engines:
        event.listen(engine, "after_cursor_execute", executed)
        event.listen(engine, "commit", committed)
    try:
        yield done
    finally:
        for engine in engines:
            event.remove(engine, "after_cursor_execute", executed)
            event.remove(engine, "commit", committed)


def work(service, platform, asked):
    assert platform.checks(codes=far(999))["verdict"] == "allow"  # the key is remembered from here on
    with work_of(service) as done:
        assert platform.checks(codes=asked)["verdict"] == "allow"
    return list(done)


def times(platform, turns, clock=time.thread_time):
    """Return the milliseconds of near and of far questions, asked in turns in random order.

    CPU time of the one thread that asks and answers: other programs use the same processors.
    """
    taken = {near: [], far: []}
    order = random.Random(1)
    for seed in range(turns):
        for kind in order.sample([near, far], 2):
            asked = {"codes": kind(seed)}
            began = clock()
            answer = platform.post("/v1/checks", json=asked)
            taken[kind].append(1000 * (clock() - began))
            assert answer.json["verdict"] == "allow"
    return taken[near], taken[far]


def welch(first, second):
    """Return the difference of the trimmed means in ms, and Welch's t."""
    kept = [sorted(values)[: len(values) * 9 // 10] for values in (first, second)]
    means = [statistics.fmean(values) for values in kept]
    error = sum(statistics.variance(values) / len(values) for values in kept) ** 0.5
    return means[0] - means[1], (means[0] - means[1]) / error


def test_near_and_far_questions_do_the_same_work(service, platform):
    """The same statements in the same order change the same numbers of rows."""
    for seed in range(3):
        assert work(service, platform, near(seed)) == work(service, platform, far(seed))


def test_a_repeated_question_does_the_same_work(service, platform):
    """Neither does a question that was asked before tell that it is near."""
    for asked in (near(50), far(50)):
        work(service, platform, asked)
    assert work(service, platform, near(50)) == work(service, platform, far(50))
    assert work(service, platform, near(50)) == work(service, platform, far(51))


def test_without_the_decoys_the_work_tells(service, platform, monkeypatch):
    """Near questions write more rows and confirm more."""
    monkeypatch.setattr(check_rows, "DECOYS", 0)
    monkeypatch.setattr(whole_codes, "NO_CODES", ())
    assert len(work(service, platform, near(60))) > len(work(service, platform, far(60)))


def test_the_time_that_is_left(service, platform, capsys):
    """A table for those who read it: no bound, because other programs use the same processors."""
    difference, t = welch(*times(platform, TURNS))
    with capsys.disabled():
        sys.stdout.write(
            f"\nnear - far by codes: {difference:+.3f} ms of CPU, Welch t {t:+.1f}, {TURNS} of each\n"
        )
