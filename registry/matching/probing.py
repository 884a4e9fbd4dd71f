"""Weighs what was confirmed about one upload: evidence, the probing budget, the ladder.

A client that walks along a threshold learns a registered hash bit by bit (docs/promises.md, promise 5). So:

1. Evidence near a threshold is a probe (`Evidence.is_near`), whatever else the upload matches: a known digest or an
   accomplice's reference beside it changes nothing. Copies lie far from the thresholds and are never counted.
2. Each probe is counted against each reference that it is near. The same question again counts once.
3. Evidence about a reference whose budget is spent is left out of the ladder. Instead, the upload is held where the
   evidence reaches no further (`Evidence.reach_bits`) than an edge, which is another one for each probe
   (`ProbeBudget.edge_bits`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from index.hashing import Code
from index.stages import Stage, stage
from index.verdict import Context, Evidence, FaceEvidence, MatchKind, Outcome, Verdict, decide, hold
from registry.matching.whole_codes import Found
from registry.ports import ProbeBudget


class Asked(Protocol):
    """What the probing budget follows of an upload."""

    def probe(self) -> tuple[Code, ...]:
        """Return what the answer follows: two uploads with the same are one probe."""
        ...

    def edge(self) -> tuple[Code, ...]:
        """Return what the hidden edge follows: one for each, whatever comes with it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """The verdict, and the references that it rests on."""

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
    """Count probes, and decide about one upload; raise `StorageUnavailable` where probes cannot be counted."""
    probed = sorted({name for name, item in found if item.is_near()})  # 1.
    with stage(Stage.PROBES):
        spent = budget.spent(tenant_id, asked.probe(), probed) if probed else frozenset()  # 2.
    left = [(name, item) for name, item in found if not (name in spent and item.is_near())]  # 3.
    verdict = decide((item for _, item in left), context)
    resting = _not_allowed(left) if verdict.outcome is not Outcome.ALLOW else set()
    edge = budget.edge_bits(asked.edge()) if spent else 0
    near = [
        (name, item) for name, item in found if name in spent and item.is_near() and item.reach_bits() <= edge
    ]
    if near and verdict.outcome is Outcome.ALLOW:
        verdict = hold(verdict, tuple(sorted({_kind(item) for _, item in near})))
    return Weighed(verdict=verdict, reference_ids=tuple(sorted(resting | {name for name, _ in near})))


def _kind(evidence: Evidence) -> MatchKind:
    """Return the kind that a held answer tells: a copy of any kind is a copy."""
    return MatchKind.LIKENESS if isinstance(evidence, FaceEvidence) else MatchKind.COPY


def _not_allowed(found: Sequence[Found]) -> set[str]:
    """Return the references that alone would not have been allowed."""
    return {name for name, item in found if decide([item]).outcome is not Outcome.ALLOW}
