"""Comparison of one query frame with registered pictures: triggers, evidence, rectification and kind of match."""

from index.comparison.designs import Known
from index.comparison.matching import (
    MAX_LOOSE,
    MAX_TOLD,
    Match,
    Matcher,
    Registered,
    Triggers,
    Wanted,
    triggers_of,
)
from index.comparison.whole_frame import has_few_tones, whole_nats

__all__ = [
    "MAX_LOOSE",
    "MAX_TOLD",
    "Known",
    "Match",
    "Matcher",
    "Registered",
    "Triggers",
    "Wanted",
    "has_few_tones",
    "triggers_of",
    "whole_nats",
]
