"""Candidates: what the database says about references that an index proposed."""

from dataclasses import dataclass, field

from index.hashing import Code
from index.verdict import Level, ReferenceKind
from index.windows import Windows
from registry.domain.clips import FramePlace


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One active reference, with what the ladder asks about it.

    Attributes:
        code_id: the searched code that was proposed, or None where an exact digest led here.
        pdq: the code under `code_id`, as the database holds it.
        second: the reference's dHash-128, or None where it has none.
        flat_share: 0 to 1, or None for codes made elsewhere.
    """

    reference_id: str
    kind: ReferenceKind
    level: Level
    flat_share: float | None
    code_id: int | None = None
    pdq: Code | None = field(default=None, repr=False)
    second: Code | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchoredCandidate:
    """One active reference, or one frame of it, with its anchored windows and what the ladder asks about it.

    Attributes:
        key: what the windows' index ids name it by: the reference's key, or the frame's.
        frame: of a clip's frame, which one it is; the codes, flat share and windows are then the frame's.
        pdq: the code of the matching plane, or None where the picture was too poor for one.
        second: the dHash-128 of the matching plane, or None where it has none.
        flat_share: 0 to 1, or None for codes made elsewhere.
        windows: places and codes, opened.
    """

    key: int
    reference_id: str
    case_id: str
    kind: ReferenceKind
    level: Level
    flat_share: float | None
    pdq: Code | None = field(repr=False)
    second: Code | None = field(repr=False)
    windows: Windows = field(repr=False)
    frame: FramePlace | None = None
