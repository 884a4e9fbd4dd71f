"""A registered image is found by every thread from the moment of the acknowledgement."""

import threading

import numpy as np
import pytest

from index.search.codes.flat import FlatEngine
from index.verdict.vocabulary import Level
from registry.indexing.follower import IndexFollower
from registry.usecases.cases.opening import open_case
from registry.usecases.cases.withdrawing import withdraw
from registry.usecases.enrolment.enrolling import enrol
from tests.support.databases.registry_parts import ALICE, draft, environment, pdq

SEARCHERS = 4
ENROLMENTS = 60


def _follower(databases):
    follower = IndexFollower(
        feed=databases.feed(), new_engine=lambda _epoch: FlatEngine(), report=lambda _event, _position: None
    )
    follower.begin()
    return follower


def _finds(follower, seed):
    follower.ready_position()
    return len(follower.propose(np.frombuffer(pdq(seed).value, np.uint8)[None], 0)) == 1


class _Searcher(threading.Thread):
    """Search for one of the last acknowledged seeds repeatedly, and record every miss."""

    def __init__(self, follower, acknowledged, ended):
        super().__init__()
        self.follower, self.acknowledged, self.ended = follower, acknowledged, ended
        self.missed, self.asked, self.error = [], 0, None

    def run(self):
        try:
            while not self.ended.is_set():
                if self.acknowledged:
                    seed = self.acknowledged[-1]
                    if not _finds(self.follower, seed):
                        self.missed.append(seed)
                    self.asked += 1
        except BaseException as error:  # noqa: BLE001  reported to the test
            self.error = error


@pytest.mark.parametrize("where", ["the same process", "another process"])
def test_an_acknowledged_enrolment_is_found_by_every_later_question(sqlite, where):
    """While one writer enrols, four searching threads find everything that was acknowledged before they asked."""
    follower = _follower(sqlite)
    acknowledged, ended = [], threading.Event()
    searchers = [_Searcher(follower, acknowledged, ended) for _ in range(SEARCHERS)]
    writer = sqlite if where == "the same process" else sqlite.another()
    around = {"actor": ALICE, "units": writer.units, "environment": environment()}
    for searcher in searchers:
        searcher.start()
    opened = open_case(Level.V0, draft("first"), **around)
    for seed in range(ENROLMENTS):
        enrol(opened.case.id, draft(seed), **around)
        acknowledged.append(seed)
    ended.set()
    for searcher in searchers:
        searcher.join()
    assert [searcher.error for searcher in searchers] == [None] * SEARCHERS
    assert [searcher.missed for searcher in searchers] == [[]] * SEARCHERS
    assert all(_finds(follower, seed) for seed in acknowledged)
    assert sum(searcher.asked for searcher in searchers) > ENROLMENTS
    follower.close()
    if writer is not sqlite:
        writer.close()


def test_a_withdrawal_is_seen_by_every_later_question(sqlite):
    """Once a withdrawal was acknowledged, no later question proposes its codes."""
    follower = _follower(sqlite)
    around = {"actor": ALICE, "units": sqlite.units, "environment": environment()}
    for seed in range(20):
        opened = open_case(Level.V0, draft(seed), **around)
        assert _finds(follower, seed)
        withdraw(opened.case.id, **around)
        assert not _finds(follower, seed)
    follower.close()


def test_reconciling_and_beginning_beside_searches_never_answer_wrongly(sqlite):
    """Searches that run while the index reconciles and begins again find what is registered, or are behind."""
    around = {"actor": ALICE, "units": sqlite.units, "environment": environment()}
    open_case(Level.V0, draft("standing"), **around)
    follower = _follower(sqlite)
    ended, outcomes = threading.Event(), []

    def search():
        while not ended.is_set():
            try:
                outcomes.append(_finds(follower, "standing"))
            except Exception as error:  # noqa: BLE001  reported to the test
                outcomes.append(type(error).__name__)

    searchers = [threading.Thread(target=search) for _ in range(SEARCHERS)]
    for searcher in searchers:
        searcher.start()
    for _ in range(50):
        follower.begin()
        follower.reconcile()
    ended.set()
    for searcher in searchers:
        searcher.join()
    assert True in outcomes
    assert set(outcomes) <= {True, "IndexBehind"}
    follower.close()
