"""A check with fakes around an index, and one whose index searches."""

from registry.usecases.checks import CheckServices, check_upload
from tests.support.databases.registry_parts import DANA, environment
from tests.support.usecases.drawn_media import SearchedIndex
from tests.support.usecases.fakes import FakeBudget, FakeCandidates, FakeChecks


class FakedCheck:
    """What a check uses, around an index; `calls` lists the calls of its fakes."""

    def __init__(self, make_index):
        self.calls = []
        self.index = make_index(self.calls)
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


class SearchedCheck(FakedCheck):
    """The same around an index that searches."""

    def __init__(self):
        super().__init__(lambda _calls: SearchedIndex())

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
