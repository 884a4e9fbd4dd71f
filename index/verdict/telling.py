"""What a platform is told of a verdict: no more than it needs to act. Pure.

All of the verdict is stored with the check, and a reviewer reads it through the check's explanation. Of each field the
platform is told:

| field | told |
|---|---|
| outcome, band | as they are: the band says whether the answer is sure |
| kinds | those of copies: a part or an altered copy is judged otherwise than a copy. Never a likeness |
| reason | exactly one, the first row of `TELLING`: reasons beside each other tell which gates failed |
| boxes | places, with those that overlap joined: their number tells no number of references |
| segments | as they are |
| altered regions | not at all: who pastes candidates into a picture would be told which of them is registered |

An answer that rests on no copy (a likeness, a held question) has neither kinds nor places, which would tell it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum, unique
from typing import Final

from index.verdict.boxes import Box
from index.verdict.ladder import Verdict
from index.verdict.reasons import Reason
from index.verdict.segments import Segment
from index.verdict.vocabulary import Band, MatchKind, Outcome


@unique
class ToldReason(StrEnum):
    """The one reason that a platform is told, in the order of precedence. `TELLING` explains each."""

    NEAR_THRESHOLD_BUDGET = "near_threshold_budget"
    OFFICIAL_RELEASE = "official_release"
    FACES_UNFIT = "faces_unfit"
    NO_MATCH = "no_match"
    CONFLICTING_CLAIMS = "conflicting_claims"
    REFERENCE_DISPUTED = "reference_disputed"
    SOURCE_ORIGINAL = "source_original"
    CASE_NOT_VERIFIED = "case_not_verified"
    TIGHT_MATCH = "tight_match"
    LOOSE_MATCH = "loose_match"
    HELD_FOR_REVIEWER = "held_for_reviewer"
    WORK_BOUND = "work_bound"


@dataclass(frozen=True, slots=True, kw_only=True)
class TellingRow:
    """A row of the table of what is told.

    Attributes:
        of: the verdict's own reasons, any of which leads to this one.
        outcomes: the outcomes that the reason stands beside.
        meaning: one sentence, in Markdown.
    """

    of: frozenset[Reason]
    outcomes: tuple[Outcome, ...]
    meaning: str


def _row(meaning: str, *of: Reason, outcomes: tuple[Outcome, ...] = (Outcome.REVIEW,)) -> TellingRow:
    return TellingRow(of=frozenset(of), outcomes=outcomes, meaning=meaning)


TELLING: Final[Mapping[ToldReason, TellingRow]] = {
    ToldReason.NEAR_THRESHOLD_BUDGET: _row(
        "this tenant or uploader asked too many questions near a reference, or the upload is near too many codes;"
        " send `uploader`",
        Reason.NEAR_THRESHOLD_BUDGET,
    ),
    ToldReason.OFFICIAL_RELEASE: _row(
        "consented and published by the person", Reason.OFFICIAL_RELEASE, outcomes=(Outcome.ALLOW,)
    ),
    ToldReason.FACES_UNFIT: _row(
        "nothing registered is near, and faces were seen that are too small, too blurred or too unsure to be compared",
        Reason.FACES_UNFIT,
        outcomes=(Outcome.ALLOW,),
    ),
    ToldReason.NO_MATCH: _row("nothing registered is near", Reason.NO_MATCH, outcomes=(Outcome.ALLOW,)),
    ToldReason.CONFLICTING_CLAIMS: _row(
        "an intimate item and an official release match the same upload", Reason.CONFLICTING_CLAIMS
    ),
    ToldReason.REFERENCE_DISPUTED: _row(
        "a tight match with a reference that is challenged", Reason.REFERENCE_DISPUTED
    ),
    ToldReason.SOURCE_ORIGINAL: _row(
        "a tight match with the original from which a deepfake was made, not with the deepfake",
        Reason.SOURCE_ORIGINAL,
    ),
    ToldReason.CASE_NOT_VERIFIED: _row(
        "a tight match in a case that nobody has verified", Reason.CASE_NOT_VERIFIED
    ),
    ToldReason.TIGHT_MATCH: _row(
        "the upload is the same picture or clip as a registered one",
        Reason.TIGHT_MATCH,
        outcomes=(Outcome.BLOCK, Outcome.REVIEW),
    ),
    ToldReason.LOOSE_MATCH: _row(
        "a registered picture or clip is in the upload, or is like it, and the match is not sure",
        Reason.LOOSE_MATCH,
        Reason.LOW_QUALITY,
        Reason.FLAT_PICTURE,
        Reason.SECOND_FAMILY_DIFFERS,
        Reason.SECOND_FAMILY_MISSING,
        Reason.WINDOWS_AGREE,
        Reason.FRAME_DIFFERS,
        Reason.FRAME_CUT,
        Reason.FRAMES_AGREE,
        Reason.FRAMES_DIFFER,
        Reason.CLIP_CUT,
        Reason.REGION_ALTERED,
    ),
    ToldReason.HELD_FOR_REVIEWER: _row(
        "a person has to look: what was found is told by the explanation alone, or more faces were seen than one check"
        " compares, or this tenant or uploader was told of too many people; send `uploader`",
        Reason.LIKENESS_ALONE,
        Reason.SEXUAL_CONTEXT,
        Reason.FACES_UNCOMPARED,
        Reason.LIKENESS_BUDGET,
    ),
    ToldReason.WORK_BOUND: _row(
        "not everything could be seen or compared in the time of one check: not known to match, not allowed",
        Reason.WORK_BOUND,
    ),
}
"""The first row of which the verdict has a reason is told: the budget, which answers alike whatever was found; then the
claim, which decides what a platform may do with the very same picture; then how sure the match is; last what could not
be looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a platform is told of a verdict.

    Attributes:
        kinds: kinds of copies; empty for an allow, and for an answer that rests on no copy.
        boxes: where in the upload the matches lie, coarse; none overlaps another. Empty where `kinds` is.
        segments: when an upload that is a clip shows them; empty where `kinds` is.
    """

    outcome: Outcome
    band: Band
    kinds: tuple[MatchKind, ...]
    reason: ToldReason
    boxes: tuple[Box, ...]
    segments: tuple[Segment, ...]
    policy_version: str


def tell(verdict: Verdict) -> Told:
    """Return what a platform is told of a verdict."""
    reason = next(told for told, row in TELLING.items() if row.of & set(verdict.reasons))
    kinds = tuple(kind for kind in verdict.kinds if kind is not MatchKind.LIKENESS)
    if reason in {ToldReason.NEAR_THRESHOLD_BUDGET, ToldReason.HELD_FOR_REVIEWER}:
        kinds = ()
    return Told(
        outcome=verdict.outcome,
        band=verdict.band,
        kinds=kinds,
        reason=reason,
        boxes=_apart(verdict.boxes) if kinds else (),
        segments=verdict.segments if kinds else (),
        policy_version=verdict.policy_version,
    )


def explain(verdict: Verdict) -> Verdict:
    """Return what a reviewer is told: all of it, but of a held question no more than the platform is told.

    A question is held because too much was asked. Its answer would otherwise tell whether a copy or a face was near.
    """
    if Reason.NEAR_THRESHOLD_BUDGET in verdict.reasons:
        return replace(verdict, kinds=(), boxes=())
    return verdict


def _apart(boxes: Iterable[Box]) -> tuple[Box, ...]:
    """Return boxes that do not overlap: those that do are joined to the box around them."""
    left = list(boxes)
    apart: list[Box] = []
    while left:
        one = left.pop()
        over = [other for other in (*left, *apart) if one.overlaps(other)]
        if not over:
            apart.append(one)
            continue
        left = [other for other in left if other not in over]
        apart = [other for other in apart if other not in over]
        left.append(one.around(*over))
    return tuple(sorted(apart))
