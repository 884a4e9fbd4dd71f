"""The words of evidence and verdicts: outcomes, bands, kinds, contexts, levels and reasons."""

from enum import IntEnum, StrEnum, unique


@unique
class Outcome(StrEnum):
    """What the platform is told to do before it publishes."""

    ALLOW = "allow"
    REVIEW = "review"
    BLOCK = "block"


@unique
class Band(StrEnum):
    """How sure the answer is; coarse on purpose (promise 5)."""

    NONE = "none"
    LOOSE = "loose"
    TIGHT = "tight"


@unique
class MatchKind(StrEnum):
    """What kind of match the upload has with something registered."""

    COPY = "copy"
    """The whole registered picture, whatever is around or over it."""
    PARTIAL_COPY = "partial_copy"
    """A part of it: a crop."""
    ALTERED_COPY = "altered_copy"
    """It, with a region that shows something else."""
    LIKENESS = "likeness"
    """The registered person's face, in another picture."""


@unique
class ReferenceKind(StrEnum):
    """What a reference is (design.md, glossary)."""

    INTIMATE_ITEM = "intimate_item"
    SOURCE_ORIGINAL = "source_original"
    LIKENESS = "likeness"
    OFFICIAL_RELEASE = "official_release"
    EXCLUDED_INTERVAL = "excluded_interval"


@unique
class Context(StrEnum):
    """What the platform says about the place of an upload; it never makes an answer milder."""

    GENERAL = "general"
    SEXUAL = "sexual"


@unique
class Level(IntEnum):
    """How far a case is verified (domain map, section 3.1)."""

    V0 = 0
    V1 = 1
    V2 = 2
    V3 = 3
    V4 = 4


@unique
class Reason(StrEnum):
    """Why the verdict is what it is: names of gates and rows, never a measure."""

    TIGHT_MATCH = "tight_match"
    LOOSE_MATCH = "loose_match"
    WINDOWS_AGREE = "windows_agree"
    FRAMES_AGREE = "frames_agree"
    FRAMES_DIFFER = "frames_differ"
    CLIP_CUT = "clip_cut"
    FRAME_DIFFERS = "frame_differs"
    FRAME_CUT = "frame_cut"
    WORK_BOUND = "work_bound"
    CASE_NOT_VERIFIED = "case_not_verified"
    LOW_QUALITY = "low_quality"
    FLAT_PICTURE = "flat_picture"
    SECOND_FAMILY_DIFFERS = "second_family_differs"
    SECOND_FAMILY_MISSING = "second_family_missing"
    REFERENCE_DISPUTED = "reference_disputed"
    CONFLICTING_CLAIMS = "conflicting_claims"
    SOURCE_ORIGINAL = "source_original"
    LIKENESS_ALONE = "likeness_alone"
    SEXUAL_CONTEXT = "sexual_context"
    FACES_UNCOMPARED = "faces_uncompared"
    FACES_UNFIT = "faces_unfit"
    OFFICIAL_RELEASE = "official_release"
    NO_MATCH = "no_match"
    NEAR_THRESHOLD_BUDGET = "near_threshold_budget"
