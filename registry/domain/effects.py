"""The effect that a registration can have on an upload: by level, by kind, and by the states of case and reference.

The weakest of the four bounds it. `index.verdict.ladder` decides by the same bounds: `LEVEL_EFFECTS` and `KIND_EFFECTS`
are its `MIN_BLOCK_LEVEL` and its table, and a state that holds to a review is its `is_disputed`. A property test
(tests/registry/domain/test_effects.py) compares the two for every combination.
"""

from enum import IntEnum, unique
from typing import Final

from index.verdict import MIN_LIKENESS_LEVEL, Level, ReferenceKind
from registry.domain.case_states import CaseState, ReferenceState


@unique
class Effect(IntEnum):
    """The strongest outcome that a registration can lead to."""

    NONE = 0
    REVIEW = 1
    BLOCK = 2


LEVEL_EFFECTS: Final[dict[Level, Effect]] = {
    Level.V0: Effect.REVIEW,  # anybody's statement
    Level.V1: Effect.BLOCK,  # contact confirmed
    Level.V2: Effect.BLOCK,  # identity: a document was seen, and the person matched live to the pictures enrolled
    Level.V3: Effect.BLOCK,  # organisation, mandate and the subject's own consent; two officers
    Level.V4: Effect.BLOCK,  # public body; two officers
}
"""What a verified claim can lead to. V0 never blocks."""

KIND_EFFECTS: Final[dict[ReferenceKind, Effect]] = {
    ReferenceKind.INTIMATE_ITEM: Effect.BLOCK,
    ReferenceKind.SOURCE_ORIGINAL: Effect.REVIEW,
    ReferenceKind.LIKENESS: Effect.REVIEW,
    ReferenceKind.OFFICIAL_RELEASE: Effect.NONE,
    ReferenceKind.EXCLUDED_INTERVAL: Effect.NONE,
}
"""What a match of this kind can lead to. A likeness never blocks, and is not looked for below `MIN_LIKENESS_LEVEL`."""

CASE_EFFECTS: Final[dict[CaseState, Effect]] = {
    CaseState.DRAFT: Effect.NONE,
    CaseState.SUBMITTED: Effect.REVIEW,
    CaseState.VERIFYING: Effect.BLOCK,  # as far as the level that it has
    CaseState.ACTIVE: Effect.BLOCK,
    CaseState.CHALLENGED: Effect.REVIEW,
    CaseState.SUSPENDED: Effect.NONE,
    CaseState.EXPIRED: Effect.NONE,
    CaseState.WITHDRAWN: Effect.NONE,
    CaseState.ERASING: Effect.NONE,
    CaseState.ERASED: Effect.NONE,
}
"""What the references of a case in this state can lead to."""

REFERENCE_EFFECTS: Final[dict[ReferenceState, Effect]] = {
    ReferenceState.NEW: Effect.NONE,
    ReferenceState.INDEXED: Effect.BLOCK,
    ReferenceState.CONFIRMED: Effect.BLOCK,
    ReferenceState.DISPUTED: Effect.REVIEW,
    ReferenceState.QUARANTINED: Effect.REVIEW,
    ReferenceState.REMOVED: Effect.NONE,
}
"""What a reference in this state can lead to."""


def effect_of(
    kind: ReferenceKind, level: Level, case: CaseState, reference: ReferenceState = ReferenceState.INDEXED
) -> Effect:
    """Return the strongest outcome that a reference can lead to.

    For a likeness, it is that of the face. The registered photograph itself, as a picture, is held below V2 too.
    """
    if kind is ReferenceKind.LIKENESS and level < MIN_LIKENESS_LEVEL:
        return Effect.NONE
    return min(KIND_EFFECTS[kind], LEVEL_EFFECTS[level], CASE_EFFECTS[case], REFERENCE_EFFECTS[reference])
