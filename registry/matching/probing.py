"""Weighs what was confirmed about one upload: evidence, the probing budget, the ladder.

A client that walks along a threshold learns a registered hash bit by bit (promise 5). So:

1. Evidence near a threshold (PDQ, or the second family) is a probe, whatever else the upload matches: a known digest or
   an accomplice's reference beside it changes nothing. Copies lie far below, and are never counted.
2. Each probe is counted against each reference that it is near. The same question again counts once.
3. Evidence about a reference whose budget is spent is left out of the ladder. In its place the upload is held up to a
   distance that is another one for each probe (`ProbeBudget.edge_bits`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from index.hashing import Code
from index.stages import Stage, stage
from index.verdict import (
    LOOSE_PDQ_BITS,
    MIN_FRAME_NATS,
    MIN_NATS,
    MIN_SUPPORT,
    Context,
    Evidence,
    MatchKind,
    Outcome,
    Verdict,
    decide,
    hold,
)
from registry.matching.whole_codes import Found
from registry.ports import ProbeBudget

NEAR_FROM_BITS: Final = 24
"""PDQ distance from which on a question counts as near a threshold (31, 40)."""

NEAR_FROM_SECOND_BITS: Final = 12
"""dHash-128 distance from which on it counts as near that family's (20). Re-compressed copies lie at 0 to 4."""


NEAR_UP_TO_NATS: Final = MIN_NATS + 6.0
"""Evidence of windows below which a question counts as near the threshold; re-uploads reach hundreds."""

NEAR_UP_TO_FRAME_NATS: Final = MIN_FRAME_NATS + 6.0
"""The same for one frame of a clip alone, which must tell more (`index.verdict.ladder`)."""

NEAR_LIKENESS: Final = 0.05
"""Likeness (`Evidence.likeness`), above the threshold and below it, that counts as near it."""

BITS_PER_NAT: Final = 6.0
BITS_PER_LIKENESS: Final = 24 / NEAR_LIKENESS  # so that the hidden edge, 40 to 64 bits, spans what is near
PDQ_BITS: Final = 256


class Asked(Protocol):
    """What the budget follows of an upload."""

    def probe(self) -> tuple[Code, ...]:
        """Returns what the answer follows: two uploads with the same are one probe."""
        ...

    def edge(self) -> tuple[Code, ...]:
        """Returns what the hidden edge follows: one for each, whatever comes with it."""
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
    """Decides about one upload; raises `StorageUnavailable` where probes cannot be counted."""
    probed = sorted({name for name, item in found if is_near(item)})  # 1.
    with stage(Stage.PROBES):
        spent = budget.spent(tenant_id, asked.probe(), probed) if probed else frozenset()  # 2.
    left = [(name, item) for name, item in found if not (name in spent and is_near(item))]  # 3.
    verdict = decide((item for _, item in left), context=context)
    resting = _not_allowed(left) if verdict.outcome is not Outcome.ALLOW else set()
    edge = budget.edge_bits(asked.edge()) if spent else 0
    near = [
        (name, item) for name, item in found if name in spent and is_near(item) and _reach_bits(item) <= edge
    ]
    if near and verdict.outcome is Outcome.ALLOW:
        verdict = hold(verdict, tuple(sorted({_told(item) for _, item in near})))
    return Weighed(verdict=verdict, reference_ids=tuple(sorted(resting | {name for name, _ in near})))


def is_near(evidence: Evidence) -> bool:
    """Tells whether evidence lies so near a threshold that it could be used to find it."""
    if evidence.likeness is not None:
        return abs(evidence.likeness) <= NEAR_LIKENESS
    if evidence.nats is not None:
        is_frame = (
            evidence.pieces is not None and evidence.pieces < MIN_SUPPORT and not evidence.is_fully_supported
        )
        up_to = NEAR_UP_TO_FRAME_NATS if is_frame else NEAR_UP_TO_NATS
        return evidence.nats < up_to or _is_near_whole(evidence, LOOSE_PDQ_BITS)
    return _is_near_whole(evidence, PDQ_BITS)


def _is_near_whole(evidence: Evidence, up_to_bits: int) -> bool:
    if evidence.pdq_bits is None or evidence.pdq_bits > up_to_bits:
        return False
    second = evidence.second_family_bits
    return evidence.pdq_bits >= NEAR_FROM_BITS or (second is not None and second >= NEAR_FROM_SECOND_BITS)


def _told(evidence: Evidence) -> MatchKind:
    return MatchKind.COPY if evidence.likeness is None else MatchKind.LIKENESS


def _reach_bits(evidence: Evidence) -> float:
    """Tells how far evidence lies beyond where it would have counted, in bits of PDQ.

    Evidence of windows counts from `MIN_NATS`; a nat less is as far as some bits more, so one hidden edge serves both;
    and likewise for faces, whose likeness counts from 0.
    """
    if evidence.likeness is not None:
        return LOOSE_PDQ_BITS + max(0.0, -evidence.likeness) * BITS_PER_LIKENESS
    if evidence.nats is not None:
        return LOOSE_PDQ_BITS + max(0.0, MIN_NATS - evidence.nats) * BITS_PER_NAT
    return 0 if evidence.pdq_bits is None else evidence.pdq_bits


def _not_allowed(found: Sequence[Found]) -> set[str]:
    """Names the references that alone would not have been allowed."""
    return {name for name, item in found if decide([item]).outcome is not Outcome.ALLOW}
