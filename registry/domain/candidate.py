"""A candidate: what the database says about a reference that the index proposed."""

from dataclasses import dataclass, field

from index.hashing.codes import Code
from index.verdict import Level, ReferenceKind


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
