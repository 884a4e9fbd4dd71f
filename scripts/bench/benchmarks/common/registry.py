"""The registry that is measured: made for the run, filled and asked as the product's own use cases do."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.common.answer import Answer, strongest
from benchmarks.common.verified import verify
from index.clips import CLIP_PROFILES, ClipFingerprinter
from index.errors import IndexingError
from index.media.clips import KIND_BYTES, is_clip
from index.sandbox import BytesSource
from index.verdict import Context, Level, ReferenceKind
from registry.bootstrap import Container
from registry.cli.backends import local_actor, open_local, prepare_data
from registry.config import Settings
from registry.domain import (
    Asker,
    Candidate,
    CaseStanding,
    Draft,
    FaceCandidate,
    Family,
    KeyFrameCandidate,
    PictureCandidate,
    Rank,
)
from registry.errors import RegistryError
from registry.matching import (
    Assessment,
    MediaQuestion,
    Question,
    assess,
    assess_clip,
    conclude,
    question_about,
)
from registry.ports import Candidates, Index
from registry.security import DigestPurpose
from registry.usecases.cases import link_cases, open_case
from registry.usecases.enrolment import draft_from_clip, draft_from_media, enrol

PROBE_BUDGET: Final = 10**9
"""A budget that no measurement spends. It protects codes from one tenant's probes, and a measurement is such probes."""

THREADS: Final = 4
"""Threads that ask; most of the time they wait for makers and decoders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolledClip:
    """A registered clip: its reference, and how many key frames and windows are stored of it."""

    reference_id: str
    case_id: str
    frames: int
    windows: int
    duration_ms: int


class MeasuredRegistry:
    """A registry in a folder of its own. Threads: any."""

    def __init__(self, container: Container, clips: ClipFingerprinter) -> None:
        self.parts = container
        self.clips = clips
        self.actor = local_actor(container)
        self._asked = threading.local()

    def enrol_pictures(self, files: Sequence[tuple[str, Callable[[], bytes]]]) -> list[str | None]:
        """Register pictures at V1 in a case for each subject.

        Args:
            files: for each picture its subject, and a function that reads its file.

        Returns:
            Reference ids, in the order of the files; None for a refused picture.
        """
        with ThreadPoolExecutor(THREADS) as pool:
            drafts = pool.map(self._draft, [read for _, read in files])
            return self.enrol_drafts(
                [(subject, draft) for (subject, _), draft in zip(files, drafts, strict=True)]
            )

    def enrol_drafts(self, drafts: Sequence[tuple[str, Draft | None]]) -> list[str | None]:
        """Register drafts (None: a refused picture), each with its subject, as `enrol_pictures` does."""
        cases: dict[str, str] = {}
        ids = [None if draft is None else self._enrolled(subject, draft, cases) for subject, draft in drafts]
        self.begin()
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
        verify(self.parts, opened.case.id, self.actor)
        cases[subject] = opened.case.id
        return opened.first.reference.id

    def enrol_clip(self, data: bytes) -> EnrolledClip | None:
        """Register a clip at V1 in a case of its own; return None where it is refused. `begin` makes it searchable."""
        try:
            draft = draft_from_clip(BytesSource(data), ReferenceKind.INTIMATE_ITEM, self.clips)
        except IndexingError:
            return None
        if draft.clip is None:
            raise AssertionError("a draft of a clip has its fingerprint")
        cases: dict[str, str] = {}
        return EnrolledClip(
            reference_id=self._enrolled("", draft, cases),
            case_id=cases[""],
            frames=len(draft.clip.frames),
            windows=sum(len(frame.windows) for frame in draft.clip.frames),
            duration_ms=draft.clip.duration_ms,
        )

    def link(self, case_ids: Sequence[str]) -> None:
        """Link cases, as an operator does who knows that their clips share an intro."""
        if len(case_ids) > 1:
            link_cases(case_ids, actor=self.actor, units=self.parts.units, environment=self.parts.environment)

    def begin(self) -> None:
        """Make the indexes follow everything registered so far."""
        self.parts.indexes.begin()

    def ask(
        self,
        data: bytes,
        *,
        only: Iterable[str] | None = None,
        is_exhaustive: bool = False,
        index: Index | None = None,
    ) -> Answer:
        """Check an upload as the product does, without storing the check.

        Args:
            data: the file; its content decides whether it is checked as a clip or as a picture.
            only: references that may match, as if all others had been withdrawn; None for all.
            is_exhaustive: whether windows of a picture are compared too where whole codes already block.
            index: the index that is asked about a picture; None for the registry's own.
        """
        shown = is_clip(data[:KIND_BYTES])
        candidates = self.parts.check_services.candidates
        confirming = candidates if only is None else OnlySome(candidates, frozenset(only))
        question: Question | None = None
        assessment: Assessment | None = None
        try:
            if shown:
                assessment = self._assess_clip(data, confirming)
            else:
                question = self._question_about(data, is_again=index is not None)
                assessment = self._assess(question, confirming, index, is_exhaustive=is_exhaustive)
            budget = self.parts.check_services.budget
            weighed = conclude(assessment, asker=Asker(tenant_id=self.actor.tenant_id), budget=budget)
        except (IndexingError, RegistryError) as refusal:
            return _answer(question, assessment, refusal=refusal.code, is_clip=shown)
        return replace(
            _answer(question, assessment, is_clip=shown),
            verdict=weighed.verdict,
            reference_ids=frozenset(weighed.reference_ids),
        )

    def _question_about(self, data: bytes, *, is_again: bool) -> MediaQuestion:
        """Return the question about a picture; that of the thread's last one if it is asked again."""
        held: tuple[bytes, MediaQuestion] | None = getattr(self._asked, "last", None)
        if is_again and held is not None and held[0] is data:
            return held[1]
        question = question_about(data, Context.GENERAL, self.parts.fingerprints, colours=False)
        self._asked.last = (data, question)
        return question

    def _assess(
        self, question: Question, candidates: Candidates, index: Index | None, *, is_exhaustive: bool
    ) -> Assessment:
        services = self.parts.check_services
        return assess(
            question,
            index=index or services.index,
            candidates=candidates,
            faces=services.faces_for(self.actor),
            is_exhaustive=is_exhaustive,
        )

    def _assess_clip(self, data: bytes, candidates: Candidates) -> Assessment:
        services = self.parts.check_services
        return assess_clip(
            BytesSource(data),
            index=services.index,
            candidates=candidates,
            clips=self.clips,
            faces=services.faces_for(self.actor),
        )


def _answer(
    question: Question | None, assessment: Assessment | None, *, refusal: str = "", is_clip: bool
) -> Answer:
    frames = question.query_frames if isinstance(question, MediaQuestion) else ()
    pdq, dhash = frames[0].searched_codes() if frames else (None, None)
    windows = None if assessment is None else assessment.windows
    return Answer(
        refusal=refusal,
        best={} if assessment is None else strongest((*assessment.found, *assessment.further)),
        compared={} if windows is None else windows.compared,
        loose=frozenset() if windows is None else windows.loose,
        triggered=0 if windows is None else windows.triggered,
        pdq=pdq,
        dhash=dhash,
        is_clip=is_clip,
    )


class OnlySome:
    """Candidates that confirm some references only, as if all others had been withdrawn. Threads: as the inner one."""

    def __init__(self, candidates: Candidates, only: frozenset[str]) -> None:
        self._candidates = candidates
        self._only = only

    def confirm(self, code_ids: Sequence[int], sha256: bytes | None) -> tuple[Candidate, ...]:
        """Confirm as the database does."""
        confirmed = self._candidates.confirm(code_ids, sha256)
        return tuple(one for one in confirmed if one.reference_id in self._only)

    def active(self, reference_ids: Sequence[str]) -> Mapping[str, Rank]:
        """Return which are active, as the database does."""
        return self._candidates.active([name for name in reference_ids if name in self._only])

    def rank_codes(self, code_ids: Sequence[int]) -> Mapping[int, Rank]:
        """Rank as the database does. A code beyond the number that is kept of a crowd may be one of the others."""
        return self._candidates.rank_codes(code_ids)

    def rank_references(self, keys: Sequence[int]) -> Mapping[int, Rank]:
        """Rank as the database does."""
        return self._candidates.rank_references(keys)

    def standing(self, case_ids: Sequence[str]) -> Mapping[str, CaseStanding]:
        """Return it as the database does."""
        return self._candidates.standing(case_ids)

    def confirm_pictures(self, keys: Sequence[int], family: Family) -> tuple[PictureCandidate, ...]:
        """Confirm as the database does."""
        confirmed = self._candidates.confirm_pictures(keys, family)
        return tuple(one for one in confirmed if one.reference_id in self._only)

    def confirm_key_frames(self, keys: Sequence[int], family: Family) -> tuple[KeyFrameCandidate, ...]:
        """Confirm as the database does."""
        confirmed = self._candidates.confirm_key_frames(keys, family)
        return tuple(one for one in confirmed if one.reference_id in self._only)

    def confirm_faces(self, keys: Sequence[int], family: Family) -> tuple[FaceCandidate, ...]:
        """Confirm as the database does."""
        confirmed = self._candidates.confirm_faces(keys, family)
        return tuple(one for one in confirmed if one.reference_id in self._only)

    def template_counts(self) -> Mapping[str, int]:
        """Count as the database does."""
        return self._candidates.template_counts()


@contextmanager
def registry_in(
    folder: Path, *, matching: str = "full", clip_profile: str = "full"
) -> Iterator[MeasuredRegistry]:
    """Make a registry with a matching profile and a clip profile, and open it until the block ends."""
    settings = Settings.model_validate({"data": folder, "matching": matching, "probe_budget": PROBE_BUDGET})
    prepare_data(settings)
    with open_local(settings) as container:
        container.fingerprints.warm_up()
        seed_of = partial(container.keys.digest, DigestPurpose.SEEN_FRAMES)
        clips = ClipFingerprinter(profile=CLIP_PROFILES[clip_profile], seed_of=seed_of)
        yield MeasuredRegistry(container, clips)
