"""The ladder: from evidence to `allow`, `review` or `block`. Pure, and the only place that decides.

Procedure, for one upload (design.md section 8):

1. Each piece of evidence is graded: *tight*, *loose* or *none* (`grade`), with a reason for each gate that
   kept it from being tight.
2. The grade, the reference's kind and the case's level look up one row of `LADDER`: the rung.
3. An official release turns the answer to `allow`, unless an intimate item matches: then two claims conflict, and
   what would have been `block` is for a person to decide.
4. The strongest rung is the verdict. Nothing at all is `allow`.
5. A review that rests on a likeness says so where the platform's context is sexual: it is to be held unpublished.

A likeness has no row that blocks (promise 2), and a platform's profile can only move thresholds inwards.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from index.verdict.boxes import WHOLE, Box
from index.verdict.grading import DEFAULT_PROFILE, Evidence, Grade, Profile, grade
from index.verdict.segments import Segment, joined
from index.verdict.vocabulary import Band, Context, MatchKind, Outcome, Reason, ReferenceKind

POLICY_VERSION: Final = "2026-11.6"
"""Changes whenever an answer to the same evidence could change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer, without a measure, a name or an id of anything registered.

    Attributes:
        kinds: of all matches that are not allowed, the weaker ones too.
        boxes: where in the upload the matches lie that outcome, band and reasons rest on, coarse and `MAX_BOXES` at
            most; none for an allow, nor where something could not be compared (`hold_unfinished`).
        segments: when an upload that is a clip shows them, coarse and `MAX_SEGMENTS` at most; none for pictures.
    """

    outcome: Outcome
    band: Band
    kinds: tuple[MatchKind, ...]
    reasons: tuple[Reason, ...]
    boxes: tuple[Box, ...] = ()
    segments: tuple[Segment, ...] = ()
    policy_version: str = POLICY_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One row's answer."""

    outcome: Outcome
    reasons: tuple[Reason, ...] = ()


_REVIEW: Final = Rung(outcome=Outcome.REVIEW)
_CONFLICT: Final = Rung(outcome=Outcome.REVIEW, reasons=(Reason.CONFLICTING_CLAIMS,))

LADDER: Final[dict[tuple[ReferenceKind, Band, bool], Rung]] = {
    # (kind, band, verified enough to block)
    (ReferenceKind.INTIMATE_ITEM, Band.TIGHT, True): Rung(outcome=Outcome.BLOCK),
    (ReferenceKind.INTIMATE_ITEM, Band.TIGHT, False): Rung(
        outcome=Outcome.REVIEW, reasons=(Reason.CASE_NOT_VERIFIED,)
    ),
    (ReferenceKind.INTIMATE_ITEM, Band.LOOSE, True): _REVIEW,
    (ReferenceKind.INTIMATE_ITEM, Band.LOOSE, False): _REVIEW,
    (ReferenceKind.SOURCE_ORIGINAL, Band.TIGHT, True): Rung(
        outcome=Outcome.REVIEW, reasons=(Reason.SOURCE_ORIGINAL,)
    ),
    (ReferenceKind.SOURCE_ORIGINAL, Band.TIGHT, False): Rung(
        outcome=Outcome.REVIEW, reasons=(Reason.SOURCE_ORIGINAL,)
    ),
    (ReferenceKind.SOURCE_ORIGINAL, Band.LOOSE, True): _REVIEW,
    (ReferenceKind.SOURCE_ORIGINAL, Band.LOOSE, False): _REVIEW,
    # The registered photograph itself: still no more than a likeness may lead to.
    (ReferenceKind.LIKENESS, Band.TIGHT, True): _REVIEW,
    (ReferenceKind.LIKENESS, Band.TIGHT, False): _REVIEW,
    (ReferenceKind.LIKENESS, Band.LOOSE, True): _REVIEW,
    (ReferenceKind.LIKENESS, Band.LOOSE, False): _REVIEW,
}
"""Absent rows answer nothing: an official release is step 3, an excluded interval is never searched."""

MAX_BOXES: Final = 8
"""Boxes that a verdict tells at most: for a person to look at, not an inventory of a collage."""

MAX_SEGMENTS: Final = 50
"""Segments that a verdict tells at most, the earliest."""

_STRENGTH: Final = {Outcome.ALLOW: 0, Outcome.REVIEW: 1, Outcome.BLOCK: 2}


def decide(
    evidence: Iterable[Evidence],
    profile: Profile = DEFAULT_PROFILE,
    context: Context = Context.GENERAL,
) -> Verdict:
    """Answers for one upload from all the evidence about it."""
    everything = tuple(evidence)
    graded = [(item, grade(item, profile)) for item in everything]
    # Steps 1 and 2.
    rungs = [
        (item, found, rung) for item, found in graded if (rung := _rung(item, found, profile)) is not None
    ]
    # Step 3.
    if _is_released(everything, profile) and not any(
        item.kind is ReferenceKind.INTIMATE_ITEM for item, _, _ in rungs
    ):
        return Verdict(outcome=Outcome.ALLOW, band=Band.NONE, kinds=(), reasons=(Reason.OFFICIAL_RELEASE,))
    # Whatever the profile: none may block what the default policy reviews.
    if _is_released(everything, DEFAULT_PROFILE):
        rungs = [
            (item, found, _CONFLICT if rung.outcome is Outcome.BLOCK else rung) for item, found, rung in rungs
        ]
    if not rungs:
        return Verdict(outcome=Outcome.ALLOW, band=Band.NONE, kinds=(), reasons=(Reason.NO_MATCH,))
    # Steps 4 and 5.
    verdict = _strongest(rungs)
    if context is Context.SEXUAL and Reason.LIKENESS_ALONE in verdict.reasons:
        return replace(verdict, reasons=tuple(sorted({*verdict.reasons, Reason.SEXUAL_CONTEXT})))
    return verdict


def _is_released(evidence: tuple[Evidence, ...], profile: Profile) -> bool:
    """Tells whether the whole upload is an official release, as tightly as a block would have to be.

    A loose match proves nothing, a release found by windows may be pasted into a corner of something else, and one that
    is there only without what was written over it is not what was released.
    """
    return any(
        item.kind is ReferenceKind.OFFICIAL_RELEASE
        and item.nats is None
        and not item.is_median_filtered
        and (item.exact or not item.segments)
        and grade(item, profile).band is Band.TIGHT
        and item.level >= profile.min_block_level
        and not item.disputed
        for item in evidence
    )


def _rung(item: Evidence, found: Grade, profile: Profile) -> Rung | None:
    rung = LADDER.get((item.kind, found.band, item.level >= profile.min_block_level))
    if rung is not None and item.disputed and rung.outcome is Outcome.BLOCK:
        return Rung(outcome=Outcome.REVIEW, reasons=(Reason.REFERENCE_DISPUTED,))
    return rung


def _strongest(rungs: list[tuple[Evidence, Grade, Rung]]) -> Verdict:
    top = max(_STRENGTH[rung.outcome] for _, _, rung in rungs)
    best = [entry for entry in rungs if _STRENGTH[entry[2].outcome] == top]
    tight = any(found.band is Band.TIGHT for _, found, _ in best)
    band = Band.TIGHT if tight else Band.LOOSE
    shown = [(found, rung) for _, found, rung in best if found.band is band]
    reasons = {reason for found, rung in shown for reason in (*found.reasons, *rung.reasons)}
    kinds = {item.match for item, _, _ in rungs}
    resting = [item for item, found, _ in best if found.band is band]
    boxes = sorted({item.box.coarsened() for item in resting})
    segments = joined(segment.coarsened() for item in resting for segment in item.segments)
    return Verdict(
        outcome=best[0][2].outcome,
        band=band,
        kinds=tuple(sorted(kinds)),
        reasons=tuple(sorted(reasons)),
        boxes=tuple(boxes[:MAX_BOXES]),
        segments=segments[:MAX_SEGMENTS],
    )


def hold(verdict: Verdict, kinds: tuple[MatchKind, ...] = (MatchKind.COPY,)) -> Verdict:
    """Returns the answer of a question that may be probing (promise 5): review, whatever was found.

    It does not follow the distance, so that who walks along a threshold learns nothing; nothing is published.

    Args:
        verdict: what would be answered.
        kinds: of what was near: copies of any kind are one, and a likeness is the other.
    """
    return Verdict(
        outcome=Outcome.REVIEW,
        band=Band.LOOSE,
        kinds=kinds,
        reasons=(Reason.NEAR_THRESHOLD_BUDGET,),
        boxes=(WHOLE,),
        policy_version=verdict.policy_version,
    )


def hold_uncompared(verdict: Verdict) -> Verdict:
    """Returns the answer where not every face could be compared (promise 6): an allow by absence becomes a review.

    An official release is allowed all the same: whoever's faces it shows, it is that release.
    """
    if verdict.outcome is not Outcome.ALLOW or Reason.OFFICIAL_RELEASE in verdict.reasons:
        return verdict
    return replace(hold_unfinished(verdict), reasons=(Reason.FACES_UNCOMPARED,))


def hold_unfinished(verdict: Verdict) -> Verdict:
    """Returns the answer where not all that might match could be compared (promise 6): an allow becomes a review."""
    if verdict.outcome is not Outcome.ALLOW:
        return verdict
    return Verdict(
        outcome=Outcome.REVIEW,
        band=Band.LOOSE,
        kinds=(),
        reasons=(Reason.WORK_BOUND,),
        policy_version=verdict.policy_version,
    )
