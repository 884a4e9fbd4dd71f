"""Candidates: references that an index proposed and the database confirmed, one type for each kind of code."""

from dataclasses import dataclass, field

from index.arrays import F32
from index.hashing import Code
from index.regions import RegionalSignature
from index.verdict import Level, ReferenceFacts, ReferenceKind
from index.windows import Windows
from registry.domain.clips import FramePlace


@dataclass(frozen=True, slots=True, kw_only=True)
class Rank:
    """The facts by which proposed references are ordered before their codes are read (`registry.matching.crowds`)."""

    tenant_id: str
    kind: ReferenceKind
    level: Level
    is_disputed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmedReference:
    """An active reference, with the facts that the ladder needs.

    Attributes:
        is_disputed: whether the state of case or reference holds to a review (`registry.domain.effects`).
        number: its place in the order of registration: the reference's key.
    """

    reference_id: str
    case_id: str
    number: int
    kind: ReferenceKind
    level: Level
    is_disputed: bool = False

    @property
    def facts(self) -> ReferenceFacts:
        """The facts that the ladder needs. `registry.matching.links` adds what is known of cases."""
        return ReferenceFacts(
            kind=self.kind,
            level=self.level,
            is_disputed=self.is_disputed,
            case_id=self.case_id,
            number=self.number,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExactCandidate(ConfirmedReference):
    """An active reference with the exact digest of the uploaded file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeCandidate(ConfirmedReference):
    """An active reference with a searched code that an index proposed.

    Attributes:
        key: the reference's key.
        code_id: the code's index id.
        pdq: the code as the database holds it.
        dhash: the reference's dHash-128, or None if it has none.
        flat_share: flat share, 0 to 1, or None for codes made elsewhere.
    """

    flat_share: float | None
    key: int
    code_id: int
    pdq: Code = field(repr=False)
    dhash: Code | None = field(repr=False)


Candidate = ExactCandidate | CodeCandidate
"""The result of confirming whole codes and an exact digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchoredCandidate(ConfirmedReference):
    """A picture or key frame of an active reference, with its anchored windows.

    Attributes:
        key: the key within the windows' index ids: the reference's for a picture, the key frame's for a clip.
        pdq: the code of the matching plane, or None if the picture was too poor for one.
        dhash: the dHash-128 of the matching plane, or None if it has none.
        flat_share: flat share, 0 to 1, or None for codes made elsewhere.
        windows: places and codes of the windows, decrypted.
        regions: the regional signature, decrypted; None for references of older versions.
    """

    key: int
    tenant_id: str
    flat_share: float | None
    pdq: Code | None = field(repr=False)
    dhash: Code | None = field(repr=False)
    windows: Windows = field(repr=False)
    regions: RegionalSignature | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureCandidate(AnchoredCandidate):
    """An active reference that is a picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFrameCandidate(AnchoredCandidate):
    """A key frame of an active reference that is a clip. Codes, flat share and windows are those of the key frame.

    Attributes:
        place: position of the key frame within its clip.
    """

    place: FramePlace

    @property
    def first_key(self) -> int:
        """Key of the clip's first key frame. The keys of the other key frames follow it."""
        return self.key - self.place.number


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStanding:
    """What is known of a case beside its level.

    Attributes:
        linked: ids of the cases that an operator linked with it; its own id if an operator stands for its releases.
        is_verified: whether somebody other than who opened it verified it.
    """

    linked: frozenset[str] = frozenset()
    is_verified: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceCandidate(ConfirmedReference):
    """One face template of an active case.

    Attributes:
        key: the template's index id.
        reference_id: the case's first likeness. The template represents all likenesses of the case.
        photographs: number of photographs of which the template is the mean.
        template: float32 [dimension] of unit length, rotated.
    """

    key: int
    photographs: int
    template: F32 = field(repr=False)
