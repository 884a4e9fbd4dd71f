"""Weighs what was confirmed about one upload: evidence, the probing budget, the ladder.

A client that walks along a threshold learns a registered hash bit by bit (promise 5). So:

1. Evidence near a threshold (PDQ, or the second family) is a probe, whatever else the upload matches: a known digest or
   an accomplice's reference beside it changes nothing. Copies lie far below, and are never counted.
2. Each probe is counted against each reference that it is near. The same codes again count once.
3. Evidence about a reference whose budget is spent is left out of the ladder. In its place the upload is held up to a
   distance that is another one for each probe (`ProbeBudget.edge_bits`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from index.hashing.codes import Code
from index.verdict import Evidence, Outcome, Profile, Verdict, decide, hold
from registry.domain.candidate import Candidate
from registry.usecases.ports import ProbeBudget

NEAR_FROM_BITS: Final = 24
"""PDQ distance from which on a question counts as near a threshold (31, 40)."""

NEAR_FROM_SECOND_BITS: Final = 12
"""dHash-128 distance from which on it counts as near that family's (20). Re-compressed copies lie at 0 to 4."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What an upload is, as far as matching needs it.

    Attributes:
        flat_share: 0 to 1, or None where the media was not seen.
        informative: whether the picture shows enough to be told from others.
    """

    pdq: Code | None = field(default=None, repr=False)
    second: Code | None = field(default=None, repr=False)
    sha256: bytes | None = field(default=None, repr=False)
    flat_share: float | None = None
    informative: bool = True

    def codes(self) -> tuple[Code, ...]:
        """Returns the perceptual codes: two questions with the same ones are one probe."""
        return tuple(code for code in (self.pdq, self.second) if code is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """The verdict, and the references that it rests on."""

    verdict: Verdict
    reference_ids: tuple[str, ...]


Found = tuple[str, Evidence]
"""A reference's id, and what was found about it."""


def weigh(
    question: Question,
    confirmed: Iterable[Candidate],
    *,
    tenant_id: str,
    budget: ProbeBudget,
    profile: Profile,
) -> Weighed:
    """Decides about one upload; raises `StorageUnavailable` where probes cannot be counted."""
    found = [(candidate.reference_id, evidence_of(question, candidate)) for candidate in confirmed]
    probed = sorted({name for name, item in found if is_near(item)})  # 1.
    spent = budget.spent(tenant_id, question.codes(), probed) if probed else frozenset()  # 2.
    left = [(name, item) for name, item in found if not (name in spent and is_near(item))]  # 3.
    verdict = decide((item for _, item in left), profile)
    resting = _not_allowed(left, profile) if verdict.outcome is not Outcome.ALLOW else set()
    edge = budget.edge_bits(question.codes()) if spent else 0
    held = {name for name, item in found if name in spent and is_near(item) and _bits(item) <= edge}
    if held and verdict.outcome is Outcome.ALLOW:
        verdict = hold(verdict)
    return Weighed(verdict=verdict, reference_ids=tuple(sorted(resting | held)))


def evidence_of(question: Question, candidate: Candidate) -> Evidence:
    """Compares the upload with one reference, by the database's own codes."""
    if candidate.code_id is None:
        return Evidence(kind=candidate.kind, level=candidate.level, exact=True)
    asked, held = question.pdq, candidate.pdq
    if asked is None or held is None:
        return Evidence(kind=candidate.kind, level=candidate.level)
    second = None
    if question.second is not None and candidate.second is not None:
        second = question.second.distance(candidate.second)
    shares = [share for share in (question.flat_share, candidate.flat_share) if share is not None]
    quality = None
    if asked.quality is not None and held.quality is not None:
        quality = min(asked.quality, held.quality)
    return Evidence(
        kind=candidate.kind,
        level=candidate.level,
        pdq_bits=asked.distance(held),
        second_family_bits=second,
        quality=quality,
        flat_share=max(shares) if shares else None,
    )


def is_near(evidence: Evidence) -> bool:
    """Tells whether evidence lies so near a threshold that it could be used to find it."""
    if evidence.pdq_bits is None:
        return False
    second = evidence.second_family_bits
    return evidence.pdq_bits >= NEAR_FROM_BITS or (second is not None and second >= NEAR_FROM_SECOND_BITS)


def _bits(evidence: Evidence) -> int:
    return 0 if evidence.pdq_bits is None else evidence.pdq_bits


def _not_allowed(found: Sequence[Found], profile: Profile) -> set[str]:
    """Names the references that alone would not have been allowed."""
    return {name for name, item in found if decide([item], profile).outcome is not Outcome.ALLOW}
