"""The words of evidence and verdicts: outcomes, bands, kinds, contexts and levels (`reasons` has the reasons)."""

from enum import IntEnum, StrEnum, unique


@unique
class Outcome(StrEnum):
    """What the platform is told to do before it publishes."""

    ALLOW = "allow"
    REVIEW = "review"
    BLOCK = "block"


@unique
class Band(StrEnum):
    """How sure the answer is; coarse on purpose, so that an answer does not reveal a distance."""

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
    """What a reference is (docs/glossary.md)."""

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
    """How far a case is verified, from not at all (V0) on."""

    V0 = 0
    V1 = 1
    V2 = 2
    V3 = 3
    V4 = 4
