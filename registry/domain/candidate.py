"""Candidates: what the database says about active references that an index proposed, one type for each kind of code."""

from dataclasses import dataclass, field

from index.hashing import Code
from index.verdict import Level, ReferenceFacts, ReferenceKind
from index.windows import Windows
from registry.domain.clips import FramePlace


@dataclass(frozen=True, slots=True, kw_only=True)
class ExactCandidate:
    """An active reference of the very same file."""

    reference_id: str
    kind: ReferenceKind
    level: Level

    @property
    def facts(self) -> ReferenceFacts:
        """The facts that the ladder asks for."""
        return ReferenceFacts(kind=self.kind, level=self.level)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeCandidate:
    """An active reference with a searched code that an index proposed.

    Attributes:
        code_id: the code's index id.
        pdq: the code, as the database holds it.
        dhash: the reference's dHash-128, or None where it has none.
        flat_share: 0 to 1, or None for codes made elsewhere.
    """

    reference_id: str
    kind: ReferenceKind
    level: Level
    flat_share: float | None
    code_id: int
    pdq: Code = field(repr=False)
    dhash: Code | None = field(repr=False)

    @property
    def facts(self) -> ReferenceFacts:
        """The facts that the ladder asks for."""
        return ReferenceFacts(kind=self.kind, level=self.level)


Candidate = ExactCandidate | CodeCandidate
"""What confirming whole codes and a digest finds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchoredCandidate:
    """A picture, or a key frame, of an active reference, with its anchored windows.

    Attributes:
        key: what the windows' index ids name it by: the reference's key, or the key frame's.
        pdq: the code of the matching plane, or None where the picture was too poor for one.
        dhash: the dHash-128 of the matching plane, or None where it has none.
        flat_share: 0 to 1, or None for codes made elsewhere.
        windows: places and codes, decrypted.
    """

    key: int
    reference_id: str
    case_id: str
    kind: ReferenceKind
    level: Level
    flat_share: float | None
    pdq: Code | None = field(repr=False)
    dhash: Code | None = field(repr=False)
    windows: Windows = field(repr=False)

    @property
    def facts(self) -> ReferenceFacts:
        """The facts that the ladder asks for."""
        return ReferenceFacts(kind=self.kind, level=self.level)


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureCandidate(AnchoredCandidate):
    """An active reference that is a picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFrameCandidate(AnchoredCandidate):
    """A key frame of an active reference that is a clip; codes, flat share and windows are the key frame's.

    Attributes:
        place: where in its clip it stands.
    """

    place: FramePlace

    @property
    def first_key(self) -> int:
        """Key of the clip's first key frame; those of the others follow it."""
        return self.key - self.place.number
