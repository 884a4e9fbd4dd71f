"""References: from the draft of media, by a new reference in a case, to a stored one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique
from typing import Final

from index.hashing import Algorithm, Code
from index.verdict import Box, ReferenceKind
from registry.domain.case_states import ReferenceState
from registry.domain.clips import ClipFacts, StoredClip
from registry.domain.consent import BY_API, ConsentPurpose, ConsentStated
from registry.domain.likeness import StoredLikeness
from registry.domain.versions import CLIENT_VERSION
from registry.domain.windows import FOUND_BY_WINDOWS_FROM, StoredWindows
from registry.errors import CodesInsufficient

ENROLLABLE_KINDS: Final = frozenset(
    {
        ReferenceKind.INTIMATE_ITEM,
        ReferenceKind.SOURCE_ORIGINAL,
        ReferenceKind.OFFICIAL_RELEASE,
        ReferenceKind.LIKENESS,
    }
)
"""The kinds that can be registered. Excluded intervals are parts of clips."""

_SEARCHED: Final = frozenset({Algorithm.PDQ})


@unique
class FoundBy(StrEnum):
    """The ways in which a reference is found."""

    FILE = "file"
    """In an identical file."""
    COPIES = "copies"
    """In copies of the whole picture with another size, quality, colour or orientation."""
    EDITS = "edits"
    """In crops, captions, frames, screenshots, collages and altered copies."""
    LIKENESS = "likeness"
    """In other pictures of the same person's face."""


@unique
class View(StrEnum):
    """The part of the media from which a code was computed."""

    PLANE = "plane"
    """The reduced luma plane (longest side 512) on which uploads are matched."""
    CANONICAL = "canonical"
    """The full picture by the reference implementation, as other registries and devices compute it."""
    BYTES = "bytes"
    """The file as it was uploaded: exact digests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCode:
    """One code of a reference.

    Attributes:
        code: algorithm, value and quality.
        view: the part of the media from which it was computed.
        version: the version of the procedure, so that versions can change without losing old references.
    """

    code: Code
    view: View
    version: str

    @property
    def is_searched(self) -> bool:
        """True if the index holds the code (PDQ of either view)."""
        return self.code.algorithm in _SEARCHED


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The description of media that is to become a reference. It is validated, and not yet part of a case.

    Attributes:
        kind: the kind of reference.
        codes: the media's whole codes and digests.
        flat_share: share of the picture's areas near one grey level, 0 to 1; None for codes made elsewhere.
        windows: the picture's anchored windows; None if there are none.
        inner: boxes of the inner pictures of a screenshot or collage, each worth registering on its own.
        clip: the key frames of a clip; None for a picture.
        likeness: the face in a photograph; None unless this is a likeness.
        has_consented: whether the claimant states that the subject agrees to a search by face.
        stated: how the subject agreed, also to the keeping of fingerprints.
    """

    kind: ReferenceKind
    codes: tuple[StoredCode, ...] = field(repr=False)
    flat_share: float | None
    windows: StoredWindows | None = field(default=None, compare=False, repr=False)
    inner: tuple[Box, ...] = ()
    clip: StoredClip | None = field(default=None, compare=False, repr=False)
    likeness: StoredLikeness | None = field(default=None, compare=False, repr=False)
    has_consented: bool = False
    stated: ConsentStated = BY_API

    @property
    def purposes(self) -> tuple[ConsentPurpose, ...]:
        """The purposes for which the draft needs the subject's consent."""
        is_face = self.likeness is not None
        return (ConsentPurpose.FINGERPRINTS, *((ConsentPurpose.LIKENESS,) if is_face else ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A stored reference as it is read: one thing registered in a case.

    Attributes:
        flat_share: share of the picture's areas near one grey level, 0 to 1; None for codes made elsewhere.
        codes: the whole codes and digests; empty once the case is withdrawn.
        window_count: number of anchored windows.
        clip_facts: the facts of a clip; None for a picture, and once the case is withdrawn.
        face_engines: ids of the engines for which the face is stored, sorted.
        state: what somebody has said of this one reference (`case_states`).
    """

    id: str
    case_id: str
    tenant_id: str
    kind: ReferenceKind
    enrolled_at: datetime
    flat_share: float | None
    codes: tuple[StoredCode, ...]
    window_count: int = 0
    clip_facts: ClipFacts | None = None
    face_engines: tuple[str, ...] = field(default=(), compare=False)
    state: ReferenceState = ReferenceState.INDEXED

    @property
    def is_device_made(self) -> bool:
        """Whether another device computed the codes: nobody here can verify them. Unknown after the withdrawal."""
        return any(stored.version == CLIENT_VERSION for stored in self.codes)

    @property
    def told_state(self) -> ReferenceState:
        """The state as the case's owner is told it. A quarantine would tell what others upload, say or register."""
        return ReferenceState.INDEXED if self.state is ReferenceState.QUARANTINED else self.state

    @property
    def found_by(self) -> tuple[FoundBy, ...]:
        """The ways in which the reference is found; empty once its case is withdrawn."""
        algorithms = {stored.code.algorithm for stored in self.codes}
        is_found_by_frames = self.clip_facts is not None and self.clip_facts.found_frames > 0
        ways = {
            FoundBy.FILE: Algorithm.SHA256 in algorithms,
            FoundBy.COPIES: Algorithm.PDQ in algorithms or is_found_by_frames,
            FoundBy.EDITS: self.window_count >= FOUND_BY_WINDOWS_FROM or is_found_by_frames,
            FoundBy.LIKENESS: bool(self.face_engines),
        }
        return tuple(way for way, holds in ways.items() if holds)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReference:
    """A reference that is to be stored: a draft in a case."""

    id: str
    case_id: str
    tenant_id: str
    enrolled_at: datetime
    draft: Draft

    @property
    def stored(self) -> Reference:
        """The reference as it reads once it is stored."""
        draft = self.draft
        return Reference(
            id=self.id,
            case_id=self.case_id,
            tenant_id=self.tenant_id,
            kind=draft.kind,
            enrolled_at=self.enrolled_at,
            flat_share=draft.flat_share,
            codes=draft.codes,
            window_count=0 if draft.windows is None else len(draft.windows.windows),
            clip_facts=None if draft.clip is None else draft.clip.facts,
            face_engines=() if draft.likeness is None else tuple(sorted(draft.likeness.engines)),
        )


def require_matchable(codes: Sequence[Code]) -> None:
    """Raise `CodesInsufficient` unless there is a PDQ or a SHA-256 code, and at most one code of each algorithm."""
    algorithms = [code.algorithm for code in codes]
    if len(set(algorithms)) != len(algorithms):
        raise CodesInsufficient("Send one code of each algorithm.")
    if not {Algorithm.PDQ, Algorithm.SHA256} & set(algorithms):
        raise CodesInsufficient("Send a pdq or a sha256 code; the other algorithms only support a match.")
