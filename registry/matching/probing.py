"""Decide about one upload from its evidence, by the probing budgets and the ladder.

A client that moves along a threshold could learn a registered code bit by bit (docs/promises.md, promise 5). Therefore:

1. Each question near a reference is a probe: everything that was proposed, copies too. Exact files are none, because a
   digest has no threshold. Nor are official releases, which are public, and what a release excuses, on which no answer
   depends. A face is one only near its threshold.
2. The budgets (`ProbeBudget`) tell how strictly each reference is to be answered, by the number of different probes.
3. *Exact*: the ladder answers.
4. *Blurred*: a tight match within the question's own distances (`ProbeBudget.blur`) is answered as a copy. Whether it
   is altered is not told.
5. *Held*: nothing but the exact file counts.
6. What 4. and 5. leave out is held for review if the evidence reaches (`Evidence.reach_bits`) no further than an edge,
   which differs for each question (`ProbeBudget.edge_bits`). The held answer is always the same.
7. If the asker is stopped, every question is held, except where the exact file blocks.

Whoever has portraits could ask which of the people are registered. Therefore:

8. Every registered person whom an upload shows is counted (`people_in`), before the answer, so that questions asked at
   once tell no more than one after another. Nobody counts where the answer is the same without the likeness: a copy
   that blocks, and an official release that is allowed.
9. If the budgets do not suffice for everybody whom the upload shows, nobody is told.
10. Once a budget is spent, no answer to an upload with a comparable face depends on a likeness: it is the answer to the
    other matches, and a review where these would be allowed. An official release too: whoever registers portraits as
   releases could otherwise ask on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from index.hashing import Code
from index.stages import Stage, stage
from index.verdict import (
    Band,
    Context,
    DecidingBits,
    Evidence,
    ExactEvidence,
    FaceEvidence,
    MatchKind,
    Outcome,
    Reason,
    ReferenceKind,
    Verdict,
    decide,
    hold,
    hold_likeness,
    unexcused,
)
from registry.domain import Asker, PeopleStanding, Probe, Standing, Strictness
from registry.matching.people import people_in, without_people
from registry.matching.whole_codes import Found
from registry.ports import ProbeBudget


class Asked(Protocol):
    """The properties of an upload by which the probing budgets count it."""

    def probe(self) -> tuple[Code, ...]:
        """Return the codes that determine the answer. Two uploads with the same codes are one probe."""
        ...

    def edge(self) -> tuple[Code, ...]:
        """Return the codes that determine the hidden edge. Other parts of the upload do not change it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """The verdict, the references on which it rests, and the probe to be stored with the check."""

    verdict: Verdict
    reference_ids: tuple[str, ...]
    probe: Probe | None = None


def weigh(
    asked: Asked,
    found: Sequence[Found],
    *,
    asker: Asker,
    budget: ProbeBudget,
    context: Context = Context.GENERAL,
    shows_face: bool = False,
) -> Weighed:
    """Decide about one upload within the budgets.

    Args:
        asked: the upload.
        found: pairs of a reference's id and evidence about it.
        asker: the platform that asks, and the user for whom it does.
        budget: the budgets.
        context: the platform's statement about the place of the upload.
        shows_face: whether the upload shows a face that could be compared.

    Raises:
        ProbingSuspended: the tenant's questions by codes are suspended.
        StorageUnavailable: probes or people could not be counted.
    """
    counted = unexcused((item for _, item in found), context)
    found = [pair for pair, counts in zip(found, counted, strict=True) if counts]
    probed = sorted({name for name, item in found if _is_probe(item)})  # 1.
    people = people_in(found)
    with stage(Stage.PROBES):
        question = asked.probe()  # of media, a digest of every plane
        digest = budget.digest(question)
        standing = budget.standing(asker, digest, probed, people, shows_face=shows_face)  # 2.
    within = partial(_within, asked.edge(), question, standing=standing, budget=budget, context=context)
    weighed = within(found)
    if standing.is_stopped:
        weighed = _stopped(weighed, found, context)  # 7.
    elif people or (shows_face and standing.people.is_spent):
        plain = within(without_people(found))
        weighed = _of_people(
            weighed, plain, asker, standing.people, budget=budget, context=context
        )  # 8. to 10.
    if not probed:
        return weighed
    probe = Probe(
        digest=digest,
        uploader=asker.uploader,
        reference_ids=tuple(probed),
        is_held=any(_strictness(standing, name, item) and item.is_near() for name, item in found),
    )
    return replace(weighed, probe=probe)


def _within(
    edge: Sequence[Code],
    question: Sequence[Code],
    found: Sequence[Found],
    *,
    standing: Standing,
    budget: ProbeBudget,
    context: Context,
) -> Weighed:
    """Decide by what may be told of each reference (3. to 6.)."""
    told: list[Found] = []
    withheld: list[Found] = []
    for name, item in found:
        strictness = _strictness(standing, name, item)
        if strictness is Strictness.EXACT:
            told.append((name, item))
        elif strictness is Strictness.BLURRED and _is_clear(item, budget.blur(edge, question)):
            told.append((name, _untold(item)))
        else:
            withheld.append((name, item))
    verdict = decide((item for _, item in told), context)
    resting = _not_allowed(told) if verdict.outcome is not Outcome.ALLOW else set()
    up_to = budget.edge_bits(edge) if withheld else 0
    near = [(name, item) for name, item in withheld if item.reach_bits() <= up_to]
    if near and verdict.outcome is Outcome.ALLOW:
        verdict = hold(verdict, tuple(sorted({_kind(item) for _, item in near})))
    return Weighed(verdict=verdict, reference_ids=tuple(sorted(resting | {name for name, _ in near})))


def _of_people(
    weighed: Weighed,
    plain: Weighed,
    asker: Asker,
    standing: PeopleStanding,
    *,
    budget: ProbeBudget,
    context: Context,
) -> Weighed:
    """Return the answer by all evidence, or one that does not follow the likeness, of which `plain` knows nothing."""
    if plain.verdict.outcome is Outcome.BLOCK:  # 8.
        return plain
    if Reason.OFFICIAL_RELEASE in weighed.verdict.reasons and not standing.is_spent:
        return weighed
    if not standing.is_spent and (not standing.new or budget.tell(asker, standing.new)):  # 9.
        return weighed
    return replace(plain, verdict=hold_likeness(plain.verdict, context))  # 10.


def _stopped(weighed: Weighed, found: Sequence[Found], context: Context) -> Weighed:
    """Return the answer to an asker who is stopped: always the same, except where the exact file blocks."""
    exact = decide((item for _, item in found if isinstance(item, ExactEvidence)), context)
    if exact.outcome is Outcome.BLOCK:
        return replace(weighed, verdict=exact)
    return replace(weighed, verdict=hold(weighed.verdict))


def _is_probe(item: Evidence) -> bool:
    if isinstance(item, ExactEvidence) or item.reference.kind is ReferenceKind.OFFICIAL_RELEASE:
        return False
    return item.is_near() if isinstance(item, FaceEvidence) else True


def _strictness(standing: Standing, name: str, item: Evidence) -> Strictness:
    return standing.strictness.get(name, Strictness.EXACT) if _is_probe(item) else Strictness.EXACT


def _is_clear(item: Evidence, blur: DecidingBits) -> bool:
    """Return whether evidence is tight within the question's own distances."""
    bits = item.deciding_bits()
    if bits is None or bits.dhash_bits is None or blur.dhash_bits is None:
        return False
    is_within = bits.pdq_bits <= blur.pdq_bits and bits.dhash_bits <= blur.dhash_bits
    return is_within and item.grade().band is Band.TIGHT


def _untold(item: Evidence) -> Evidence:
    """Return evidence of an altered copy as that of a copy."""
    if item.match is not MatchKind.ALTERED_COPY or isinstance(item, ExactEvidence | FaceEvidence):
        return item
    return replace(item, match=MatchKind.COPY, altered=())


def _kind(evidence: Evidence) -> MatchKind:
    """Return the match kind that a held answer states. It does not distinguish kinds of copies."""
    return MatchKind.LIKENESS if isinstance(evidence, FaceEvidence) else MatchKind.COPY


def _not_allowed(found: Sequence[Found]) -> set[str]:
    """Return the references whose evidence alone would not lead to *allow*."""
    return {name for name, item in found if decide([item]).outcome is not Outcome.ALLOW}
