"""Every reason of a verdict, with the outcomes that it stands beside and one sentence: also all that makes a review.

`docs/api.md` holds the same table, and a test compares the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from index.verdict.vocabulary import Outcome


@unique
class Reason(StrEnum):
    """Why the verdict is what it is: names of gates and rows, never a measure. `REASONS` explains each."""

    NO_MATCH = "no_match"
    OFFICIAL_RELEASE = "official_release"
    FACES_UNFIT = "faces_unfit"
    TIGHT_MATCH = "tight_match"
    CASE_NOT_VERIFIED = "case_not_verified"
    REFERENCE_DISPUTED = "reference_disputed"
    CONFLICTING_CLAIMS = "conflicting_claims"
    SOURCE_ORIGINAL = "source_original"
    LOOSE_MATCH = "loose_match"
    LOW_QUALITY = "low_quality"
    FLAT_PICTURE = "flat_picture"
    SECOND_FAMILY_DIFFERS = "second_family_differs"
    SECOND_FAMILY_MISSING = "second_family_missing"
    WINDOWS_AGREE = "windows_agree"
    FRAME_DIFFERS = "frame_differs"
    FRAME_CUT = "frame_cut"
    FRAMES_AGREE = "frames_agree"
    FRAMES_DIFFER = "frames_differ"
    CLIP_CUT = "clip_cut"
    REGION_ALTERED = "region_altered"
    LIKENESS_ALONE = "likeness_alone"
    SEXUAL_CONTEXT = "sexual_context"
    FACES_UNCOMPARED = "faces_uncompared"
    WORK_BOUND = "work_bound"
    NEAR_THRESHOLD_BUDGET = "near_threshold_budget"
    LIKENESS_BUDGET = "likeness_budget"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonRow:
    """A row of the table of reasons.

    Attributes:
        outcomes: the outcomes of verdicts that give the reason.
        meaning: one sentence, in Markdown.
    """

    outcomes: tuple[Outcome, ...]
    meaning: str


def _allow(meaning: str) -> ReasonRow:
    return ReasonRow(outcomes=(Outcome.ALLOW,), meaning=meaning)


def _review(meaning: str) -> ReasonRow:
    return ReasonRow(outcomes=(Outcome.REVIEW,), meaning=meaning)


REASONS: Final[Mapping[Reason, ReasonRow]] = {
    Reason.NO_MATCH: _allow("nothing registered is near"),
    Reason.OFFICIAL_RELEASE: _allow(
        "consented and published by the person, and somebody other than who registered it stands for it"
    ),
    Reason.FACES_UNFIT: _allow(
        "beside the other reasons: faces were seen that are too small, too blurred or too unsure to be compared"
    ),
    Reason.TIGHT_MATCH: ReasonRow(
        outcomes=(Outcome.BLOCK, Outcome.REVIEW),
        meaning="all gates passed; in a review, another reason or the kind of the reference keeps it from blocking",
    ),
    Reason.CASE_NOT_VERIFIED: _review("a tight match in a case at V0"),
    Reason.REFERENCE_DISPUTED: _review("a tight match with a reference that is challenged"),
    Reason.CONFLICTING_CLAIMS: _review(
        "an intimate item and an official release that counts against it match the same upload"
    ),
    Reason.SOURCE_ORIGINAL: _review(
        "a tight match with the original from which a deepfake was made, not with the deepfake"
    ),
    Reason.LOOSE_MATCH: _review("whole codes are near, and not tight"),
    Reason.LOW_QUALITY: _review("the picture shows too little to block on, or its quality is not known"),
    Reason.FLAT_PICTURE: _review(
        "the picture is a page or a template more than a photograph, or its flat share is not known"
    ),
    Reason.SECOND_FAMILY_DIFFERS: _review("dHash-128 says that it is another picture"),
    Reason.SECOND_FAMILY_MISSING: _review("one side has no dHash-128"),
    Reason.WINDOWS_AGREE: _review(
        "windows of a registered picture are in the upload, and the match is not tight"
    ),
    Reason.FRAME_DIFFERS: _review(
        "seen in the registered picture's frame, the upload is not the same picture, or could not be compared"
    ),
    Reason.FRAME_CUT: _review(
        "the upload shows less than 0.9 of the registered picture's frame, or how much is not known"
    ),
    Reason.FRAMES_AGREE: _review(
        "frames of a registered clip are in the upload, in one order and at one speed, and the match is not tight"
    ),
    Reason.FRAMES_DIFFER: _review("fewer than three of these frames are the very same pictures"),
    Reason.CLIP_CUT: _review("the upload shows less than half of the clip"),
    Reason.REGION_ALTERED: ReasonRow(
        outcomes=(Outcome.BLOCK, Outcome.REVIEW),
        meaning="beside the other reasons: a region of the match shows something else, such as another face;"
        " `altered` tells where",
    ),
    Reason.LIKENESS_ALONE: _review("a registered face matches, and nothing else"),
    Reason.SEXUAL_CONTEXT: _review(
        "beside `likeness_alone` or `likeness_budget`: you said that the place is a sexual one; hold the upload until a"
        " person has looked"
    ),
    Reason.FACES_UNCOMPARED: _review(
        "there are more faces, scenes, or persons near them, than one check compares: not known to match, not allowed"
    ),
    Reason.WORK_BOUND: _review(
        "not everything could be seen or compared in the time of one check: not known to match, not allowed"
    ),
    Reason.NEAR_THRESHOLD_BUDGET: _review(
        "this tenant or uploader asked too many questions near a reference, or the upload is near too many codes"
    ),
    Reason.LIKENESS_BUDGET: _review(
        "this tenant or uploader was told of too many registered people: every upload with a face is held, whoever it"
        " shows"
    ),
}
"""The table of reasons: those of an *allow* first, then `tight_match`, then those of a *review*, in their order."""
