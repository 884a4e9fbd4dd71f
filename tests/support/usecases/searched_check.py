"""A check over indexes that search, with fakes around it."""

from registry.usecases.checks import CheckServices, check_upload
from tests.support.databases.registry_parts import DANA, environment
from tests.support.usecases.drawn_media import SearchedIndex
from tests.support.usecases.fakes import FakeBudget, FakeCandidates, FakeChecks


class SearchedCheck:
    """What a check uses; `calls` lists the calls of its fakes."""

    def __init__(self):
        self.calls = []
        self.index = SearchedIndex()
        self.candidates = FakeCandidates(self.calls)
        self.budget = FakeBudget(self.calls)
        self.checks = FakeChecks(self.calls)
        self.services = CheckServices(
            index=self.index,
            candidates=self.candidates,
            checks=self.checks,
            budget=self.budget,
            environment=environment(),
        )

    def hold(self, *held):
        """Registers whole codes, windows and key frames."""
        self.index.hold(*held)
        for one in held:
            if hasattr(one, "windows"):
                self.candidates.by_key[one.key] = one
            else:
                self.candidates.by_code[one.code_id] = one

    def ask(self, asked):
        """Decides about an upload."""
        return check_upload(asked, actor=DANA, services=self.services).verdict
