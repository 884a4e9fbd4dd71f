"""Matching: from a question about an upload to graded evidence and a verdict. Nothing is written."""

from registry.matching.assessment import Assessment, assess, conclude
from registry.matching.clip_assessment import assess_clip
from registry.matching.embedded_clips import EmbeddedClips
from registry.matching.frames import MAX_COMPARED
from registry.matching.likeness import LikenessMatcher
from registry.matching.question import (
    CodeQuestion,
    MediaQuestion,
    Question,
    question_about,
    question_of,
    question_of_codes,
)
from registry.matching.seen_clips import FACES_EVERY_MS
from registry.matching.whole_codes import Found

__all__ = [
    "FACES_EVERY_MS",
    "MAX_COMPARED",
    "Assessment",
    "CodeQuestion",
    "EmbeddedClips",
    "Found",
    "LikenessMatcher",
    "MediaQuestion",
    "Question",
    "assess",
    "assess_clip",
    "conclude",
    "question_about",
    "question_of",
    "question_of_codes",
]
