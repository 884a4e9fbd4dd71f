"""A reference: one thing registered in a case, and the codes that were derived from it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique
from typing import Final

from index.hashing import Algorithm, Code
from index.verdict import ReferenceKind
from registry.domain.clips import ClipFacts, StoredClip
from registry.domain.likeness import StoredLikeness
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
"""Kinds that can be registered; excluded intervals are parts of clips."""

_SEARCHED: Final = frozenset({Algorithm.PDQ})


@unique
class FoundBy(StrEnum):
    """What a reference is found in."""

    FILE = "file"
    """The very same file."""
    COPIES = "copies"
    """The whole picture in another size, quality, colour or turn."""
    EDITS = "edits"
    """Crops, captions, frames, screenshots, collages and altered copies."""
    LIKENESS = "likeness"
    """Other pictures of the same person's face."""


@unique
class View(StrEnum):
    """What of the media a code was computed from."""

    PLANE = "plane"
    """The reduced luma plane (longest side 512) on which uploads are matched."""
    CANONICAL = "canonical"
    """The full picture by the reference implementation: what other registries and devices compute."""
    BYTES = "bytes"
    """The file as it came: exact digests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCode:
    """One code of a reference.

    Attributes:
        code: algorithm, value and quality.
        view: what it was computed from.
        version: what made it, so that versions can change without losing old references.
    """

    code: Code
    view: View
    version: str

    @property
    def is_searched(self) -> bool:
        """Tells whether the Hamming index holds it (PDQ of either view)."""
        return self.code.algorithm in _SEARCHED


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One thing registered in a case.

    Attributes:
        flat_share: share of the picture's areas near one grey level, 0 to 1; None for codes made elsewhere.
        windows: its anchored windows, to be stored; None where there are none, and in references that were read.
        window_count: how many anchored windows it has.
        clip: the frames of a clip, to be stored; None for a picture, and in references that were read.
        clip_facts: what is known of a clip without its frames; None for a picture, and once it is withdrawn.
        likeness: the photograph's face, to be stored; None without one, and in references that were read.
        face_engines: ids of the engines that its face is stored for, sorted; in references that were read.
    """

    id: str
    case_id: str
    tenant_id: str
    kind: ReferenceKind
    enrolled_at: datetime
    flat_share: float | None
    codes: tuple[StoredCode, ...]
    windows: StoredWindows | None = field(default=None, compare=False, repr=False)
    window_count: int = 0
    clip: StoredClip | None = field(default=None, compare=False, repr=False)
    clip_facts: ClipFacts | None = None
    likeness: StoredLikeness | None = field(default=None, compare=False, repr=False)
    face_engines: tuple[str, ...] = field(default=(), compare=False)

    @property
    def found_by(self) -> tuple[FoundBy, ...]:
        """Tells what it is found in; a withdrawn one in nothing."""
        algorithms = {stored.code.algorithm for stored in self.codes}
        is_found_by_frames = self.clip_facts is not None and self.clip_facts.found_frames > 0
        ways = {
            FoundBy.FILE: Algorithm.SHA256 in algorithms,
            FoundBy.COPIES: Algorithm.PDQ in algorithms or is_found_by_frames,
            FoundBy.EDITS: self.window_count >= FOUND_BY_WINDOWS_FROM or is_found_by_frames,
            FoundBy.LIKENESS: self.likeness is not None or bool(self.face_engines),
        }
        return tuple(way for way, holds in ways.items() if holds)


def require_matchable(codes: Sequence[Code]) -> None:
    """Raises `CodesInsufficient` unless the codes hold a PDQ or a SHA-256, and each algorithm once."""
    algorithms = [code.algorithm for code in codes]
    if len(set(algorithms)) != len(algorithms):
        raise CodesInsufficient("Send one code of each algorithm.")
    if not {Algorithm.PDQ, Algorithm.SHA256} & set(algorithms):
        raise CodesInsufficient("Send a pdq or a sha256 code; the other algorithms only support a match.")
