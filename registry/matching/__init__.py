"""Matching: from a question about an upload to graded evidence and a verdict. Reads only."""

from registry.matching.clips import ClipMatcher, ClipMatches
from registry.matching.frames import MAX_COMPARED
from registry.matching.likeness import LikenessMatcher, LikenessMatches
from registry.matching.probing import NEAR_LIKENESS, weigh
from registry.matching.question import Question, question_about, question_of, question_of_codes
from registry.matching.whole_codes import Found, match_whole, of_digest
from registry.matching.windows import WindowMatches, match_windows

__all__ = [
    "MAX_COMPARED",
    "NEAR_LIKENESS",
    "ClipMatcher",
    "ClipMatches",
    "Found",
    "LikenessMatcher",
    "LikenessMatches",
    "Question",
    "WindowMatches",
    "match_whole",
    "match_windows",
    "of_digest",
    "question_about",
    "question_of",
    "question_of_codes",
    "weigh",
]
