"""The ladder: from evidence to `allow`, `review` or `block`. Pure, and the only place that decides.

Procedure, for one upload:

1. Each piece of evidence grades itself: *tight*, *loose* or *none*, with a reason for each gate that kept it from being
   tight.
2. The grade, the reference's kind and the case's level look up one row of `LADDER`: the rung.
3. An official release takes away the matches of its own subject, but for those of an intimate item. Any other match
   stays; if it would have been `block`, two claims conflict, and a person decides (`releases`).
4. The strongest rung is the verdict, with the places of what it rests on. Regions in which the upload shows something
   else than the registered picture add a reason, and change nothing else. Nothing at all is `allow`.
5. A review that rests on a likeness says so where the platform's context is sexual: it is to be held unpublished.

No row of a likeness blocks (docs/promises.md, promise 2).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from index.verdict.boxes import WHOLE, Box
from index.verdict.evidence import Evidence
from index.verdict.grading import Grade
from index.verdict.reasons import Reason
from index.verdict.releases import Excuse, excuse_of, is_release
from index.verdict.segments import Segment, joined
from index.verdict.thresholds import MIN_BLOCK_LEVEL
from index.verdict.vocabulary import Band, Context, MatchKind, Outcome, ReferenceKind

POLICY_VERSION: Final = "2026-11.14"
"""Changes whenever an answer to the same evidence could change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer, without a measure, a name or an id of anything registered.

    Attributes:
        kinds: kinds of all matches that are not allowed, also of the weaker ones.
        boxes: where in the upload the matches lie that outcome, band and reasons rest on, coarse and `MAX_BOXES` at
            most, without faces if there are copies; none for an allow, nor where something could not be compared
            (`hold_unfinished`).
        segments: when an upload that is a clip shows them, coarse and `MAX_SEGMENTS` at most; none for pictures.
        altered: regions in which these matches show something else than what is registered, coarse and `MAX_ALTERED`
            at most, the largest; there are some exactly where the reasons name `region_altered`.
    """

    outcome: Outcome
    band: Band
    kinds: tuple[MatchKind, ...]
    reasons: tuple[Reason, ...]
    boxes: tuple[Box, ...] = ()
    segments: tuple[Segment, ...] = ()
    altered: tuple[Box, ...] = ()
    policy_version: str = POLICY_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One row's answer."""

    outcome: Outcome
    reasons: tuple[Reason, ...] = ()


_REVIEW: Final = Rung(outcome=Outcome.REVIEW)
_CONFLICT: Final = Rung(outcome=Outcome.REVIEW, reasons=(Reason.CONFLICTING_CLAIMS,))
_UNVERIFIED: Final = Rung(outcome=Outcome.REVIEW, reasons=(Reason.CASE_NOT_VERIFIED,))
_DISPUTED: Final = Rung(outcome=Outcome.REVIEW, reasons=(Reason.REFERENCE_DISPUTED,))
_ORIGINAL: Final = Rung(outcome=Outcome.REVIEW, reasons=(Reason.SOURCE_ORIGINAL,))

LADDER: Final[dict[tuple[ReferenceKind, Band, bool], Rung]] = {
    # (kind, band, verified enough to block)
    (ReferenceKind.INTIMATE_ITEM, Band.TIGHT, True): Rung(outcome=Outcome.BLOCK),
    (ReferenceKind.INTIMATE_ITEM, Band.TIGHT, False): _UNVERIFIED,
    (ReferenceKind.INTIMATE_ITEM, Band.LOOSE, True): _REVIEW,
    (ReferenceKind.INTIMATE_ITEM, Band.LOOSE, False): _REVIEW,
    (ReferenceKind.SOURCE_ORIGINAL, Band.TIGHT, True): _ORIGINAL,
    (ReferenceKind.SOURCE_ORIGINAL, Band.TIGHT, False): _ORIGINAL,
    (ReferenceKind.SOURCE_ORIGINAL, Band.LOOSE, True): _REVIEW,
    (ReferenceKind.SOURCE_ORIGINAL, Band.LOOSE, False): _REVIEW,
    # The registered photograph itself: still no more than a likeness may lead to.
    (ReferenceKind.LIKENESS, Band.TIGHT, True): _REVIEW,
    (ReferenceKind.LIKENESS, Band.TIGHT, False): _REVIEW,
    (ReferenceKind.LIKENESS, Band.LOOSE, True): _REVIEW,
    (ReferenceKind.LIKENESS, Band.LOOSE, False): _REVIEW,
}
"""Absent rows answer nothing: an official release is step 3, and an excluded interval is never searched."""

MAX_BOXES: Final = 8
"""Maximum number of boxes in a verdict: they are for a person to look at, not an inventory of a collage."""

MAX_ALTERED: Final = 8
"""Maximum number of altered regions in a verdict: the largest."""

MAX_SEGMENTS: Final = 50
"""Maximum number of segments in a verdict: the earliest."""

_STRENGTH: Final = {Outcome.ALLOW: 0, Outcome.REVIEW: 1, Outcome.BLOCK: 2}


def decide(evidence: Iterable[Evidence], context: Context = Context.GENERAL) -> Verdict:
    """Return the verdict about one upload from all the evidence about it."""
    everything = tuple(evidence)
    graded = [(item, item.grade()) for item in everything]
    # Steps 1 and 2.
    rungs = [(item, found, rung) for item, found in graded if (rung := _rung(item, found)) is not None]
    # Step 3.
    releases = [item for item in everything if is_release(item)]
    rungs = _beside(releases, rungs, context)
    if not rungs:
        reason = Reason.OFFICIAL_RELEASE if releases else Reason.NO_MATCH
        return Verdict(outcome=Outcome.ALLOW, band=Band.NONE, kinds=(), reasons=(reason,))
    # Steps 4 and 5.
    return _in_context(_strongest(rungs), context)


def _beside(
    releases: Sequence[Evidence], rungs: Sequence[tuple[Evidence, Grade, Rung]], context: Context
) -> list[tuple[Evidence, Grade, Rung]]:
    """Return the rungs that stand beside official releases (3.)."""
    excused = [(entry, excuse_of(entry[0], releases, context)) for entry in rungs]
    return [
        (item, found, _CONFLICT)
        if excuse is Excuse.CONFLICT and rung.outcome is Outcome.BLOCK
        else (item, found, rung)
        for (item, found, rung), excuse in excused
        if excuse is not Excuse.FULL
    ]


def _rung(item: Evidence, found: Grade) -> Rung | None:
    reference = item.reference
    rung = LADDER.get((reference.kind, found.band, reference.level >= MIN_BLOCK_LEVEL))
    if rung is not None and reference.is_disputed and rung.outcome is Outcome.BLOCK:
        return _DISPUTED
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
    copies = [item for item in resting if item.match is not MatchKind.LIKENESS]
    resting = copies or resting  # places of faces beside copies would tell a likeness
    boxes = sorted({item.box.coarsened() for item in resting})
    altered = {box.coarsened() for item in resting for box in item.altered}
    if altered:
        reasons.add(Reason.REGION_ALTERED)
    segments = joined(segment.coarsened() for item in resting for segment in item.segments)
    return Verdict(
        outcome=best[0][2].outcome,
        band=band,
        kinds=tuple(sorted(kinds)),
        reasons=tuple(sorted(reasons)),
        boxes=tuple(boxes[:MAX_BOXES]),
        segments=segments[:MAX_SEGMENTS],
        altered=tuple(sorted(sorted(altered, key=_by_size)[:MAX_ALTERED])),
    )


def _in_context(verdict: Verdict, context: Context) -> Verdict:
    """Return a verdict that says where a likeness, told or held, was found in a sexual context (5.)."""
    is_of_likeness = not {Reason.LIKENESS_ALONE, Reason.LIKENESS_BUDGET}.isdisjoint(verdict.reasons)
    if context is not Context.SEXUAL or not is_of_likeness:
        return verdict
    return replace(verdict, reasons=tuple(sorted({*verdict.reasons, Reason.SEXUAL_CONTEXT})))


def _by_size(box: Box) -> tuple[float, Box]:
    return (-(box.right - box.left) * (box.bottom - box.top), box)


def hold(verdict: Verdict, kinds: tuple[MatchKind, ...] = (MatchKind.COPY,)) -> Verdict:
    """Return the answer to a question that may be probing (docs/promises.md, promise 5): review, whatever was found.

    The answer does not follow the distance, so that a client that walks along a threshold learns nothing.

    Args:
        verdict: the verdict within the budget.
        kinds: kinds of the matches that were near: a copy of any kind counts as a copy, a face as a likeness.
    """
    return Verdict(
        outcome=Outcome.REVIEW,
        band=Band.LOOSE,
        kinds=kinds,
        reasons=(Reason.NEAR_THRESHOLD_BUDGET,),
        boxes=(WHOLE,),
        policy_version=verdict.policy_version,
    )


def hold_likeness(verdict: Verdict, context: Context) -> Verdict:
    """Return the answer to an upload with a face where no likeness may be told (promise 5): an allow becomes a review.

    Args:
        verdict: the verdict by evidence that is not about a likeness.
        context: the platform's statement about the place of the upload.
    """
    if verdict.outcome is not Outcome.ALLOW:
        return verdict
    held = replace(hold_unfinished(verdict), reasons=(Reason.LIKENESS_BUDGET,))
    return _in_context(held, context)


def hold_uncompared(verdict: Verdict) -> Verdict:
    """Return the answer where not every face could be compared (promise 6): an allow becomes a review.

    An official release too: it excuses its own subject's likeness, and a face that was not compared may be anybody's.
    """
    if verdict.outcome is not Outcome.ALLOW:
        return verdict
    return replace(hold_unfinished(verdict), reasons=(Reason.FACES_UNCOMPARED,))


def hold_unfinished(verdict: Verdict) -> Verdict:
    """Return the answer where not everything was seen or compared (promise 6): an allow becomes a review."""
    if verdict.outcome is not Outcome.ALLOW:
        return verdict
    return Verdict(
        outcome=Outcome.REVIEW,
        band=Band.LOOSE,
        kinds=(),
        reasons=(Reason.WORK_BOUND,),
        policy_version=verdict.policy_version,
    )
