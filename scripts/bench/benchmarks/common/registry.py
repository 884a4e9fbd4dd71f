"""The registry that is measured: made for the run, filled and asked by the product's own use cases, and listened to."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from index.comparison import Match, Matcher, Registered
from index.errors import IndexingError
from index.pictures import Purpose
from index.verdict import Band, Evidence, Level, ReferenceKind, Verdict, grade
from registry.bootstrap import Container
from registry.cli import local_actor, open_local, prepare_data
from registry.config import Settings
from registry.domain import AnchoredCandidate, Candidate, Family
from registry.errors import RegistryError
from registry.matching import Question, question_of
from registry.matching import frames as comparing
from registry.matching import windows as windowing
from registry.ports import Candidates
from registry.usecases.cases import open_case
from registry.usecases.checks import CheckServices, check_upload
from registry.usecases.enrolment import Draft, draft_from_media, enrol

U8 = npt.NDArray[np.uint8]

checking = import_module("registry.usecases.checks.uploads")

PROBE_BUDGET: Final = 10**9
"""The budget of near-threshold questions protects codes from one tenant's probing; a measurement is such a tenant."""

THREADS: Final = 4  # that wait for makers and decoders most of the time


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the product said about one upload, and what it saw on the way.

    Attributes:
        verdict: None where the upload could not be looked at, or showed too little.
        reference_ids: what the verdict rests on.
        best: for each reference that anything was found about, its evidence, the surest first.
        compared: nats of each reference whose windows were compared.
        forms: uint8 [10, 32], the first frame's codes that were asked with; None where there is no frame.
        seconds: uint8 [10, 16], the second family in the same forms.
        triggered: references that the windows triggered.
    """

    verdict: Verdict | None
    reference_ids: frozenset[str] = frozenset()
    best: dict[str, Evidence] = field(default_factory=dict)
    compared: dict[str, float] = field(default_factory=dict)
    forms: U8 | None = None
    seconds: U8 | None = None
    triggered: int = 0

    def band_of(self, reference_id: str) -> Band:
        """The band of one reference's evidence."""
        evidence = self.best.get(reference_id)
        return Band.NONE if evidence is None else grade(evidence).band

    def counted(self) -> frozenset[str]:
        """References whose evidence is more than none, whether or not the verdict had to ask for it."""
        return frozenset(name for name in self.best if self.band_of(name) is not Band.NONE)


@dataclass(slots=True, kw_only=True)
class Heard:
    """What was heard during one check."""

    found: list[tuple[str, Evidence]] = field(default_factory=list)
    candidates: dict[int, AnchoredCandidate] = field(default_factory=dict)
    compared: dict[str, float] = field(default_factory=dict)
    asked_windows: bool = False
    triggered: int = 0


_thread = threading.local()


def _heard() -> Heard | None:
    return getattr(_thread, "heard", None)


@contextmanager
def replaced(module: ModuleType, name: str, make: Callable[[Any], Any]) -> Iterator[None]:
    """Puts something that calls the original in its place until the block ends."""
    original = getattr(module, name)
    setattr(module, name, make(original))
    try:
        yield
    finally:
        setattr(module, name, original)


@contextmanager
def listening() -> Iterator[None]:
    """Lets every check that an `Asker` asks be heard; nothing that it answers changes."""
    with ExitStack() as stack:
        stack.enter_context(replaced(checking, "match_whole", _telling))
        stack.enter_context(replaced(checking, "match_windows", _telling))
        stack.enter_context(replaced(comparing, "Matcher", lambda _original: _HeardMatcher))
        yield


def _telling(original: Any) -> Any:
    def matched(question: Question, *ports: Any) -> Any:
        result = original(question, *ports)
        heard = _heard()
        if heard is not None:
            heard.found += result.found
            heard.asked_windows |= original is windowing.match_windows
        return result

    return matched


class _HeardMatcher(Matcher):
    """Notes the nats of each comparison."""

    def compare(self, registered: Sequence[Registered], *given: Any, **named: Any) -> list[Match]:
        """Compares as `Matcher` does."""
        matches = super().compare(registered, *given, **named)
        heard = _heard()
        if heard is not None:
            for one, match in zip(registered, matches, strict=True):
                name = heard.candidates[id(one.windows)].reference_id
                heard.compared[name] = max(match.nats, heard.compared.get(name, match.nats))
        return matches


class _HeardCandidates:
    """Notes whose windows are whose; may answer for some references only, as if others had been withdrawn."""

    def __init__(self, candidates: Candidates, only: frozenset[str] | None) -> None:
        self._candidates = candidates
        self._only = only

    def confirm(self, code_ids: Sequence[int], sha256: bytes | None) -> tuple[Candidate, ...]:
        """Confirms as the database does."""
        return tuple(
            one for one in self._candidates.confirm(code_ids, sha256) if self._is_in(one.reference_id)
        )

    def confirm_windows(self, keys: Sequence[int], family: Family) -> tuple[AnchoredCandidate, ...]:
        """Confirms as the database does."""
        confirmed = self._candidates.confirm_windows(keys, family)
        some = tuple(one for one in confirmed if self._is_in(one.reference_id))
        heard = _heard()
        if heard is not None:
            heard.triggered += len(keys)
            heard.candidates.update({id(one.windows): one for one in some})
        return some

    def _is_in(self, reference_id: str) -> bool:
        return self._only is None or reference_id in self._only


class Asker:
    """A registry in a folder of its own. Threads: any."""

    def __init__(self, container: Container) -> None:
        self.parts = container
        self.actor = local_actor(container)

    def enrol(self, files: Sequence[tuple[str, Callable[[], bytes]]]) -> list[str | None]:
        """Registers files, each with its subject, at V1 in a case for each subject: ids, None for what was refused."""
        ids: list[str | None] = []
        cases: dict[str, str] = {}
        with ThreadPoolExecutor(THREADS) as pool:
            drafts = pool.map(self._draft, [read for _, read in files])
            for (subject, _), draft in zip(files, drafts, strict=True):
                ids.append(None if draft is None else self._enrolled(subject, draft, cases))
        self.parts.indexes.begin()
        return ids

    def _draft(self, read: Callable[[], bytes]) -> Draft | None:
        try:
            return draft_from_media(read(), ReferenceKind.INTIMATE_ITEM, self.parts.fingerprints)
        except IndexingError:
            return None

    def _enrolled(self, subject: str, draft: Draft, cases: dict[str, str]) -> str:
        units, environment = self.parts.units, self.parts.environment
        if subject in cases:
            added = enrol(cases[subject], draft, actor=self.actor, units=units, environment=environment)
            return added.reference.id
        opened = open_case(Level.V1, draft, actor=self.actor, units=units, environment=environment)
        if opened.first is None:
            raise AssertionError("a case opened with a draft has a reference")
        cases[subject] = opened.case.id
        return opened.first.reference.id

    def services(self, only: Iterable[str] | None = None) -> CheckServices:
        """What a check needs, listened to."""
        services = self.parts.check_services
        among = None if only is None else frozenset(only)
        heard: Any = _HeardCandidates(services.candidates, among)
        return replace(services, candidates=heard)

    def ask(self, data: bytes, *, only: Iterable[str] | None = None, everything: bool = False) -> Answer:
        """Asks about an upload; with `everything`, windows are compared too where whole codes block already."""
        services = self.services(only)
        heard = _thread.heard = Heard()
        question = None
        try:
            question = question_of(self.parts.fingerprints.describe(data, Purpose.CHECK))
            check = check_upload(question, actor=self.actor, services=services)
            if everything and not heard.asked_windows:
                more = windowing.match_windows(question, services.index, services.candidates)
                heard.found += more.found
        except (IndexingError, RegistryError):
            return _answer(heard, question, None, ())
        finally:
            _thread.heard = None
        return _answer(heard, question, check.verdict, check.reference_ids)


def _answer(
    heard: Heard, question: Question | None, verdict: Verdict | None, reference_ids: Iterable[str]
) -> Answer:
    best: dict[str, Evidence] = {}
    strength = {Band.NONE: 0, Band.LOOSE: 1, Band.TIGHT: 2}
    for name, evidence in heard.found:
        held = best.get(name)
        if held is None or strength[grade(evidence).band] > strength[grade(held).band]:
            best[name] = evidence
    query_frame = question.query_frames[0] if question is not None and question.query_frames else None
    return Answer(
        verdict=verdict,
        reference_ids=frozenset(reference_ids),
        best=best,
        compared=heard.compared,
        forms=None
        if query_frame is None
        else np.concatenate([query_frame.pdq_codes, ~query_frame.pdq_codes[:1]]),
        seconds=None
        if query_frame is None
        else np.concatenate([query_frame.dhash_codes, ~query_frame.dhash_codes[:1]]),
        triggered=heard.triggered,
    )


def settings_of(folder: Path, matching: str) -> Settings:
    """Settings of a measured registry."""
    return Settings.model_validate({"data": folder, "matching": matching, "probe_budget": PROBE_BUDGET})


@contextmanager
def registry_in(folder: Path, matching: str) -> Iterator[Asker]:
    """Makes a registry with one matching profile, until the block ends."""
    settings = settings_of(folder, matching)
    prepare_data(settings)
    with open_local(settings) as container:
        container.fingerprints.warm_up()
        yield Asker(container)
