"""Comparison of one query frame with registered pictures: triggers, evidence, rectification and kind of match."""

from index.comparison.matching import Match, Matcher, Registered, Triggers, Wanted, triggers_of
from index.comparison.whole_frame import whole_nats

__all__ = [
    "Match",
    "Matcher",
    "Registered",
    "Triggers",
    "Wanted",
    "triggers_of",
    "whole_nats",
]
