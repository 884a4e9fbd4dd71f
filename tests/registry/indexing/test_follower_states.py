"""Any order of acts, of two processes and restarts, leads indexes to what a plain dictionary holds."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, multiple, rule

from index.search.codes.flat import FlatEngine
from index.verdict.vocabulary import Level
from registry.events import LogEvent
from registry.indexing.follower import IndexFollower
from registry.usecases.cases.opening import open_case
from registry.usecases.cases.withdrawing import withdraw
from registry.usecases.enrolment.enrolling import EnrolOutcome, enrol
from tests.support.databases.registry_parts import ALICE, Location, draft, environment, near, pdq

SEEDS = st.integers(0, 12)
PROCESSES = st.integers(0, 1)
RADIUS = 64


class _Process:
    """One server process: its connections and its index."""

    def __init__(self, location):
        self.databases = location.open()
        self.feed = self.databases.feed()
        self.events = []
        self.follower = IndexFollower(
            feed=self.feed,
            new_engine=lambda _epoch: FlatEngine(),
            report=lambda event, _position: self.events.append(event),
        )
        self.follower.begin()
        self.around = {
            "actor": ALICE,
            "units": self.databases.units,
            "environment": environment(),
        }

    def proposes(self, code):
        """Return what a check would confirm: references and their codes' distances."""
        self.follower.ready_position()
        hits = self.follower.propose(np.frombuffer(code.value, np.uint8)[None], RADIUS)
        found = self.databases.candidates().confirm(hits.ids.tolist(), None)
        assert sorted(one.code_id for one in found) == sorted(hits.ids.tolist())
        distances = dict(zip(hits.ids.tolist(), hits.distances.tolist(), strict=True))
        return {(one.reference_id, distances[one.code_id]) for one in found}

    def close(self):
        self.follower.close()
        self.feed.close()
        self.databases.close()


class Registry(RuleBasedStateMachine):
    """Drives two processes over one SQLite folder, beside `model`: case id → {reference id: PDQ}."""

    cases = Bundle("cases")
    template: Path

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        shutil.copytree(self.template, self.folder / "data")
        self.location = Location.folder(self.folder / "data")
        self.processes = [_Process(self.location) for _ in range(2)]
        self.model = {}

    @rule(target=cases, process=PROCESSES, seed=SEEDS)
    def open_case(self, process, seed):
        """Opens a case, unless a standing one has the media."""
        opened = open_case(Level.V0, draft(seed), **self.processes[process].around)
        known = {
            reference: case
            for case, held in self.model.items()
            for reference, code in held.items()
            if code == pdq(seed)
        }
        if opened.first.outcome is EnrolOutcome.DUPLICATE:
            assert known[opened.first.reference.id] == opened.case.id
            return multiple()
        assert not known
        self.model[opened.case.id] = {opened.first.reference.id: pdq(seed)}
        return opened.case.id

    @rule(case=cases, process=PROCESSES, seed=SEEDS)
    def enrol(self, case, process, seed):
        """Enrols into a standing case."""
        enrolled = enrol(case, draft(seed), **self.processes[process].around)
        if enrolled.outcome is EnrolOutcome.DUPLICATE:
            assert self.model[case][enrolled.reference.id] == pdq(seed)
        else:
            assert pdq(seed) not in self.model[case].values()
            self.model[case][enrolled.reference.id] = pdq(seed)

    @rule(case=consumes(cases), process=PROCESSES)
    def withdraw(self, case, process):
        """Withdraws a standing case, twice."""
        around = self.processes[process].around
        assert withdraw(case, **around).receipt is not None
        assert withdraw(case, **around).receipt is None
        del self.model[case]

    @rule(process=PROCESSES)
    def follow(self, process):
        """Follows the log without being asked."""
        self.processes[process].follower.follow()

    @rule(process=PROCESSES)
    def begin(self, process):
        """Reads everything anew."""
        self.processes[process].follower.begin()

    @rule(process=PROCESSES)
    def reconcile(self, process):
        """Compare with the totals of the database, which always agree."""
        assert self.processes[process].follower.reconcile()

    @rule(process=PROCESSES)
    def restart(self, process):
        """Ends a process and starts another."""
        self.processes[process].close()
        self.processes[process] = _Process(self.location)

    @rule(process=PROCESSES, seed=SEEDS, bits=st.sampled_from([0, 1, 31, 64, 65]))
    def check(self, process, seed, bits):
        """Compare the hits of a check with the dictionary."""
        asked = near(pdq(seed), bits, seed)
        wanted = {
            (reference, asked.distance(code))
            for held in self.model.values()
            for reference, code in held.items()
            if asked.distance(code) <= RADIUS
        }
        assert self.processes[process].proposes(asked) == wanted

    def teardown(self):
        """Compares everything once more, in both processes."""
        for process in self.processes:
            for seed in range(13):
                found = {reference for reference, _ in process.proposes(pdq(seed))}
                assert found == {
                    reference
                    for held in self.model.values()
                    for reference, code in held.items()
                    if code == pdq(seed)
                }
            assert LogEvent.INDEX_MISMATCH not in process.events
            process.close()
        shutil.rmtree(self.folder)


@pytest.fixture
def machine(sqlite_template):
    Registry.template = sqlite_template
    return Registry


def test_indexes_agree_with_a_dictionary(machine):
    """After any acts of two processes in any order, each check finds exactly what is registered."""
    machine.TestCase.settings = settings(
        max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
    )
    machine.TestCase("runTest").runTest()
