"""Decide about one upload from its evidence, by the probing budget and the ladder.

A client that moves along a threshold could learn a registered hash bit by bit (docs/promises.md, promise 5). Therefore:

1. Evidence near a threshold is a probe (`Evidence.is_near`), even if the upload also matches something else, such as a
   known digest or an accomplice's reference. Copies are far from the thresholds and never count as probes. An altered
   copy is a probe too: a client that pastes one face after another into a picture would learn which one is registered.
2. Each probe is counted against each reference that it is near. The same question again counts once.
3. Evidence about a reference whose budget is spent is not passed to the ladder. Instead, the upload is held if the
   evidence reaches (`Evidence.reach_bits`) no further than an edge, which differs for each probe
   (`ProbeBudget.edge_bits`).
4. Of an altered copy of such a reference, the answer no longer tells that it is altered and where. How strong the match
   is stays as it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from index.hashing import Code
from index.stages import Stage, stage
from index.verdict import (
    Context,
    Evidence,
    ExactEvidence,
    FaceEvidence,
    MatchKind,
    Outcome,
    ReferenceKind,
    Verdict,
    decide,
    hold,
)
from registry.matching.whole_codes import Found
from registry.ports import ProbeBudget


class Asked(Protocol):
    """The properties of an upload by which the probing budget counts it."""

    def probe(self) -> tuple[Code, ...]:
        """Return the codes that determine the answer. Two uploads with the same codes are one probe."""
        ...

    def edge(self) -> tuple[Code, ...]:
        """Return the codes that determine the hidden edge. Other parts of the upload do not change it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """The verdict, and the references on which it rests."""

    verdict: Verdict
    reference_ids: tuple[str, ...]


def weigh(
    asked: Asked,
    found: Sequence[Found],
    *,
    tenant_id: str,
    budget: ProbeBudget,
    context: Context = Context.GENERAL,
) -> Weighed:
    """Count probes, and decide about one upload; raise `StorageUnavailable` if probes cannot be counted."""
    probed = sorted({name for name, item in found if item.is_near() or _is_altered(item)})  # 1.
    with stage(Stage.PROBES):
        spent = budget.spent(tenant_id, asked.probe(), probed) if probed else frozenset()  # 2.
    left = [
        (name, _untold(item) if name in spent else item)  # 4.
        for name, item in found
        if not (name in spent and item.is_near())  # 3.
    ]
    verdict = decide((item for _, item in left), context)
    resting = _not_allowed(left) if verdict.outcome is not Outcome.ALLOW else set()
    edge = budget.edge_bits(asked.edge()) if spent else 0
    near = [
        (name, item) for name, item in found if name in spent and item.is_near() and item.reach_bits() <= edge
    ]
    if near and verdict.outcome is Outcome.ALLOW:
        verdict = hold(verdict, tuple(sorted({_kind(item) for _, item in near})))
    return Weighed(verdict=verdict, reference_ids=tuple(sorted(resting | {name for name, _ in near})))


def _is_altered(evidence: Evidence) -> bool:
    return evidence.match is MatchKind.ALTERED_COPY


def _untold(evidence: Evidence) -> Evidence:
    """Return evidence of an altered copy as that of a copy.

    An official release keeps its alteration, which is never told: an altered one allows nothing.
    """
    if (
        not _is_altered(evidence)
        or isinstance(evidence, ExactEvidence | FaceEvidence)
        or evidence.reference.kind is ReferenceKind.OFFICIAL_RELEASE
    ):
        return evidence
    return replace(evidence, match=MatchKind.COPY, altered=())


def _kind(evidence: Evidence) -> MatchKind:
    """Return the match kind that a held answer states. It does not distinguish kinds of copies."""
    return MatchKind.LIKENESS if isinstance(evidence, FaceEvidence) else MatchKind.COPY


def _not_allowed(found: Sequence[Found]) -> set[str]:
    """Return the references whose evidence alone would not lead to *allow*."""
    return {name for name, item in found if decide([item]).outcome is not Outcome.ALLOW}
