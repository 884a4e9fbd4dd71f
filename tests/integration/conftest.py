"""Whole processes' parts over one data folder, several of them side by side."""

import io
import json
import shutil
from contextlib import ExitStack
from dataclasses import dataclass, replace

import numpy as np
import pytest

from index.hashing.codes import Algorithm, Code
from index.verdict.vocabulary import Level, Outcome, ReferenceKind
from index.windows.windows import split_ids
from registry.bootstrap.container import Container
from registry.bootstrap.databases import ENVIRONMENT
from registry.cli.backends import local_actor, prepare_data
from registry.config import Settings
from registry.domain.family import Family
from registry.indexing import opening
from registry.matching.question import question_of_codes
from registry.security.logs import ServiceLog
from registry.usecases.cases.withdrawing import withdraw
from registry.usecases.checks.uploads import check_upload
from registry.usecases.enrolment.describe_reference import draft_from_codes
from tests.support.made_up_codes import FRAMES, made_up_clip, made_up_windows, new_value
from tests.support.usecases.verifying import open_verified


@dataclass(kw_only=True)
class Process:
    """One process's parts, driven by hand."""

    container: Container
    log: io.StringIO

    def enrol(self, value):
        """Registers a code, windows and a clip in a case of its own; returns the case's id."""
        code = Code(algorithm=Algorithm.PDQ, value=value, quality=100)
        draft = draft_from_codes([code], ReferenceKind.INTIMATE_ITEM)
        draft = replace(draft, windows=made_up_windows(value), clip=made_up_clip(value))
        actor = local_actor(self.container)
        opened = open_verified(
            Level.V1, draft, actor=actor, units=self.container.units, environment=ENVIRONMENT
        )
        return opened.case.id

    def withdraw(self, case_id):
        """Withdraws a case."""
        actor = local_actor(self.container)
        withdraw(case_id, actor=actor, units=self.container.units, environment=ENVIRONMENT)

    def matches(self, value):
        """Tells whether a check of the code is held or blocked."""
        question = question_of_codes([Code(algorithm=Algorithm.PDQ, value=value, quality=100)])
        check = check_upload(
            question, actor=local_actor(self.container), services=self.container.check_services
        )
        return check.verdict.outcome is not Outcome.ALLOW

    def finds_windows(self, value):
        """Tells whether all windows of a registered picture are proposed and its reference is confirmed."""
        return self._finds(Family.ANCHORED, made_up_windows(value).windows.codes)

    def finds_frames(self, value):
        """Tells the same of each frame of a registered clip."""
        frames = made_up_clip(value).frames
        return all(self._finds(Family.FRAMES, frame.windows.codes) for frame in frames)

    def finds_whole_frames(self, value):
        """Tells whether each frame of a registered clip is proposed by its whole code and confirmed."""
        container = self.container
        container.indexes.ready_position()
        code = np.frombuffer(made_up_clip(value).frames[0].pdq.value, np.uint8)[None]
        keys = container.indexes.propose(Family.FRAME_WHOLE, code, 0).ids.tolist()
        confirmed = container.check_services.candidates.confirm_key_frames(keys, Family.FRAMES)
        found = [one.place.number for one in confirmed if one.pdq.value == code.tobytes()]
        return sorted(found) == list(range(FRAMES))

    def _finds(self, family, codes):
        container = self.container
        container.indexes.ready_position()
        hits = container.indexes.propose(family, codes, 0)
        keys, rows, _ = split_ids(hits.ids)
        candidates = container.check_services.candidates
        confirm = candidates.confirm_key_frames if family is Family.FRAMES else candidates.confirm_pictures
        confirmed = confirm(np.unique(keys).tolist(), family)
        found = [one for one in confirmed if (one.windows.codes == codes).all()]
        return len(found) == 1 and set(rows[keys == found[0].key].tolist()) == set(range(len(codes)))

    def erased_at(self, case_id):
        """Returns when a case was erased, or None."""
        with self.container.units.read() as unit:
            return unit.cases.get(case_id, local_actor(self.container).tenant_id).erased_at

    @property
    def events(self):
        """The names of the events in the log so far."""
        return [json.loads(line)["event"] for line in self.log.getvalue().splitlines()]


def copy_data(source, folder):
    """Copies a data folder with the withdrawal journal beside it."""
    shutil.copytree(source, folder)
    shutil.copy(Settings(data=source).journal_file, Settings(data=folder).journal_file)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """The data folder of a fresh registry, to be copied."""
    folder = tmp_path_factory.mktemp("prepared") / "data"
    prepare_data(Settings(data=folder))
    return folder


@pytest.fixture
def settings(tmp_path, monkeypatch, prepared):
    """A fresh registry whose index goes to files from eleven changes on."""
    monkeypatch.setattr(opening, "MAX_REPLAYED_CODES", 10)
    copy_data(prepared, tmp_path / "data")
    return Settings(data=tmp_path / "data")


def started(settings, stack, *, begin):
    """Starts a process by hand, and has it closed with the stack."""
    log = io.StringIO()
    container = Container.build(settings, log=ServiceLog(log), decoders=1)
    stack.callback(container.close)
    if begin:
        container.upkeep.once()
    return Process(container=container, log=log)


@pytest.fixture
def start(settings):
    """Starts processes by hand; those that still run are closed at the end."""
    with ExitStack() as stack:
        yield lambda *, begin=True: started(settings, stack, begin=begin)


@pytest.fixture(scope="session")
def filled_folder(tmp_path_factory, prepared):
    """A data folder with twenty codes that stand in files, to be copied, and what is in it: value to case."""
    folder = tmp_path_factory.mktemp("filled") / "data"
    copy_data(prepared, folder)
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(opening, "MAX_REPLAYED_CODES", 10)
        process = started(Settings(data=folder), stack, begin=False)
        held = {value: process.enrol(value) for value in (new_value() for _ in range(20))}
        process.container.upkeep.once()
        assert process.container.follower.status().engine.snapshots == 1
    return folder, held


@pytest.fixture
def filled(settings, filled_folder):
    """A registry of twenty codes that stand in files, and what is in it: value to case."""
    folder, held = filled_folder
    shutil.rmtree(settings.data)
    copy_data(folder, settings.data)
    return dict(held)
