"""The registry that clips are measured with: made for the run, filled and asked by the product's own use cases."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.common.registry import settings_of
from index.clips import CLIP_PROFILES, ClipFingerprinter
from index.errors import IndexingError
from index.media.clips import KIND_BYTES, is_clip
from index.pictures import Purpose
from index.sandbox import BytesSource
from index.verdict import Level, ReferenceKind, Segment
from registry.bootstrap import Container
from registry.cli import local_actor, open_local, prepare_data
from registry.domain import Check, ids
from registry.errors import RegistryError
from registry.matching import question_of
from registry.usecases.cases import open_case
from registry.usecases.checks import check_clip, check_upload
from registry.usecases.enrolment import draft_from_clip

REFUSED: Final = "refused"
FAULT: Final = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """A registered clip: its reference, and how many frames and windows are stored of it."""

    reference_id: str
    frames: int
    windows: int
    duration_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What the product said about one upload.

    Attributes:
        outcome: of the verdict, or `REFUSED`, or `FAULT`.
        reasons: of the verdict, or the code of the refusal, or what was raised that never should be.
        reference_ids: what the verdict rests on.
        segments: when the upload shows them; none where it went through as a picture.
    """

    outcome: str
    band: str = ""
    reasons: tuple[str, ...] = ()
    reference_ids: frozenset[str] = frozenset()
    segments: tuple[Segment, ...] = field(default=())
    is_clip: bool = True


class ClipRegistry:
    """A registry in a folder of its own. Threads: any."""

    def __init__(self, container: Container, clips: ClipFingerprinter) -> None:
        self.parts = container
        self.clips = clips
        self.actor = local_actor(container)

    def enrol(self, data: bytes) -> Enrolled | None:
        """Registers a clip at V1 in a case of its own; None where it is refused."""
        try:
            draft = draft_from_clip(BytesSource(data), ReferenceKind.INTIMATE_ITEM, self.clips)
        except IndexingError:
            return None
        opened = open_case(
            Level.V1, draft, actor=self.actor, units=self.parts.units, environment=self.parts.environment
        )
        if opened.first is None or draft.clip is None:
            raise AssertionError("a case opened with a draft of a clip has a reference")
        return Enrolled(
            reference_id=opened.first.reference.id,
            frames=len(draft.clip.frames),
            windows=sum(len(frame.windows) for frame in draft.clip.frames),
            duration_ms=draft.clip.duration_ms,
        )

    def begin(self) -> None:
        """Lets the indexes follow what was registered."""
        self.parts.indexes.begin()

    def ask(self, data: bytes) -> Answered:
        """Asks about an upload: as a clip, or as a picture where its content says so."""
        shown = is_clip(data[:KIND_BYTES])
        try:
            check = self._checked_clip(data) if shown else self._checked_picture(data)
        except (IndexingError, RegistryError) as refusal:
            return Answered(outcome=REFUSED, reasons=(refusal.code,), is_clip=shown)
        except Exception as fault:  # noqa: BLE001 - it is told in the figures, and the run goes on
            return Answered(outcome=FAULT, reasons=(repr(fault),), is_clip=shown)
        verdict = check.verdict
        return Answered(
            outcome=verdict.outcome.value,
            band=verdict.band.value,
            reasons=tuple(reason.value for reason in verdict.reasons),
            reference_ids=frozenset(check.reference_ids),
            segments=verdict.segments,
            is_clip=shown,
        )

    def _checked_clip(self, data: bytes) -> Check:
        return check_clip(
            BytesSource(data),
            check_id=ids.new_id(ids.CHECK, self.parts.environment.random),
            actor=self.actor,
            services=self.parts.check_services,
            clips=self.clips,
        )

    def _checked_picture(self, data: bytes) -> Check:
        fingerprint = self.parts.fingerprints.describe(data, Purpose.CHECK)
        return check_upload(question_of(fingerprint), actor=self.actor, services=self.parts.check_services)


@contextmanager
def clip_registry(folder: Path, profile: str) -> Iterator[ClipRegistry]:
    """Makes a registry with one clip profile, until the block ends."""
    settings = settings_of(folder, "full")
    prepare_data(settings)
    with open_local(settings) as container:
        container.fingerprints.warm_up()
        yield ClipRegistry(container, ClipFingerprinter(profile=CLIP_PROFILES[profile]))
