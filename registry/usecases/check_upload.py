"""Answers a platform's question about one upload (design.md section 4).

1. The index must reflect the database, or there is no answer (promise 6).
2. The index proposes codes near the upload's; it has no say beyond that.
3. One indexed read confirms what is active, with the distances recomputed from the database's own codes (rule R2).
4. Media that shows too little is refused, unless its exact bytes are registered: a flat picture matches nothing
   in particular, and saying *allow* would be a guess.
5. Questions near a threshold are counted; once the budget is spent the answer no longer follows the distance.
6. The ladder decides. The check is kept, then answered.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Self

import numpy as np

from index.describing import ImageFingerprint
from index.errors import LowInformation
from index.hashing.codes import Algorithm, Code
from index.verdict import DEFAULT_PROFILE, Evidence, Outcome, Profile, Verdict, decide, hold
from registry.domain import ids
from registry.domain.candidate import Candidate
from registry.domain.check import Check
from registry.domain.roles import Actor
from registry.permissions import Permission
from registry.usecases.describe_reference import require_matchable
from registry.usecases.ports import Candidates, Checks, Index, ProbeBudget, Surroundings

PROPOSE_BITS: Final = 64
"""How far the index is asked: as far as a held answer may reach (`ProbeBudget.edge_bits`)."""

NEAR_FROM_BITS: Final = 24
"""From here to `PROPOSE_BITS` a question counts as near a threshold (31, 40): an attack that walks along one lives
there (promise 5). Closer ones are copies and keep blocking, however many there are."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckServices:
    """What a check needs."""

    index: Index
    candidates: Candidates
    checks: Checks
    budget: ProbeBudget
    surroundings: Surroundings
    profile: Profile = DEFAULT_PROFILE

    def keeping(self, checks: Checks) -> Self:
        """Returns the same services with checks that keep their answers (style rule R10)."""
        return self if checks is self.checks else replace(self, checks=checks)


def question_of(fingerprint: ImageFingerprint) -> Question:
    """Asks about media that was seen."""
    return Question(
        pdq=fingerprint.pdq,
        second=fingerprint.dhash,
        sha256=fingerprint.sha256,
        flat_share=fingerprint.flat_share,
        informative=not fingerprint.is_low_information,
    )


def question_of_codes(codes: Sequence[Code]) -> Question:
    """Asks about codes that a platform made; raises `CodesInsufficient` where nothing could match."""
    require_matchable(codes)
    by_algorithm = {code.algorithm: code for code in codes}
    digest = by_algorithm.get(Algorithm.SHA256)
    pdq = by_algorithm.get(Algorithm.PDQ)
    return Question(
        pdq=pdq,
        second=by_algorithm.get(Algorithm.DHASH128),
        sha256=None if digest is None else digest.value,
        informative=pdq is None or not pdq.is_degenerate,
    )


def check_upload(question: Question, *, actor: Actor, services: CheckServices) -> Check:
    """Answers, keeps the check and returns it.

    Raises:
        NotPermitted: the actor may not ask.
        IndexBehind: the index cannot answer exactly now.
        LowInformation: the picture shows too little to be told from others.
        StorageUnavailable: the database could not confirm or keep it.
    """
    actor.require(Permission.CHECK_CREATE)
    position = services.index.ready_position()  # 1.
    proposed = _proposed(question, services.index)  # 2.
    confirmed: tuple[Candidate, ...] = ()
    if proposed or question.sha256 is not None:
        confirmed = services.candidates.confirm(proposed, question.sha256)  # 3.
    if not question.informative and all(candidate.code_id is not None for candidate in confirmed):
        raise LowInformation("the picture is flat or empty: it shows too little to be told from others")  # 4.
    evidence = [(candidate, _evidence(question, candidate)) for candidate in confirmed]
    held = _is_held(question, evidence, actor, services)  # 5.
    found = decide((item for _, item in evidence), services.profile)  # 6.
    verdict = hold(found) if held else found
    check = Check(
        id=ids.new_id(ids.CHECK, services.surroundings.random),
        tenant_id=actor.tenant_id,
        verdict=verdict,
        as_of=position,
        checked_at=services.surroundings.now(),
        reference_ids=_matched(evidence, verdict, services.profile),
    )
    services.checks.add(check)
    return check


def _proposed(question: Question, index: Index) -> list[int]:
    if question.pdq is None or not question.informative:
        return []
    query = np.frombuffer(question.pdq.value, np.uint8)[None]
    return [int(code_id) for code_id in index.propose(query, PROPOSE_BITS).ids]


def _evidence(question: Question, candidate: Candidate) -> Evidence:
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


def _is_held(
    question: Question,
    evidence: Sequence[tuple[Candidate, Evidence]],
    actor: Actor,
    services: CheckServices,
) -> bool:
    near = [(candidate, item.pdq_bits) for candidate, item in evidence if item.pdq_bits is not None]
    if question.pdq is None or not near or any(item.exact for _, item in evidence):
        return False
    nearest = min(bits for _, bits in near)
    references = sorted({candidate.reference_id for candidate, _ in near})
    if nearest < NEAR_FROM_BITS or not services.budget.spent(actor.tenant_id, question.pdq, references):
        return False
    return nearest <= services.budget.edge_bits(question.pdq)


def _matched(
    evidence: Sequence[tuple[Candidate, Evidence]], verdict: Verdict, profile: Profile
) -> tuple[str, ...]:
    """Names what the answer rests on: the references that alone would not have been allowed."""
    if verdict.outcome is Outcome.ALLOW:
        return ()
    return tuple(sorted(set(_not_allowed(evidence, profile))))


def _not_allowed(evidence: Sequence[tuple[Candidate, Evidence]], profile: Profile) -> Iterator[str]:
    for candidate, item in evidence:
        if decide([item], profile).outcome is not Outcome.ALLOW:
            yield candidate.reference_id
