"""Answers a platform's question about one upload (design.md section 4).

1. The index must reflect the database, or there is no answer (promise 6).
2. The index proposes codes near the upload's; it has no say beyond that.
3. One indexed read confirms what is active, with the distances recomputed from the database's own codes (rule R2).
4. Media that shows too little is refused, unless its exact bytes are registered: a flat picture matches nothing
   in particular, and saying *allow* would be a guess.
5. Questions near a threshold are counted; once the budget is spent the answer no longer follows the distance
   (`weigh_evidence`).
6. The ladder decides. The check is kept, then answered.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from index.describing import ImageFingerprint
from index.errors import LowInformation
from index.hashing.codes import Algorithm, Code
from index.verdict import DEFAULT_PROFILE, Outcome, Profile, hold
from registry.domain import ids
from registry.domain.check import Check
from registry.domain.family import Family
from registry.domain.roles import Actor
from registry.permissions import Permission
from registry.usecases.describe_reference import require_matchable
from registry.usecases.ports import Candidates, Checks, Index, ProbeBudget, Surroundings
from registry.usecases.weigh_evidence import Question, weigh

if TYPE_CHECKING:
    from registry.domain.candidate import Candidate

PROPOSE_BITS: Final = 64
"""How far the index is asked: as far as a held answer may reach (`ProbeBudget.edge_bits`)."""

MOST_CONFIRMED: Final = 20_000
"""Codes confirmed for one upload. More are a flood: an upload in it is held, whatever stands among the first."""


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
        confirmed = services.candidates.confirm(proposed[:MOST_CONFIRMED], question.sha256)  # 3.
    if not question.informative and all(candidate.code_id is not None for candidate in confirmed):
        raise LowInformation("the picture is flat or empty: it shows too little to be told from others")  # 4.
    weighed = weigh(  # 5. and 6.
        question, confirmed, tenant_id=actor.tenant_id, budget=services.budget, profile=services.profile
    )
    verdict = weighed.verdict
    if len(proposed) > MOST_CONFIRMED and verdict.outcome is Outcome.ALLOW:
        verdict = hold(verdict)
    check = Check(
        id=ids.new_id(ids.CHECK, services.surroundings.random),
        tenant_id=actor.tenant_id,
        verdict=verdict,
        as_of=position,
        checked_at=services.surroundings.now(),
        reference_ids=weighed.reference_ids,
    )
    services.checks.add(check)
    return check


def _proposed(question: Question, index: Index) -> list[int]:
    if question.pdq is None or not question.informative:
        return []
    query = np.frombuffer(question.pdq.value, np.uint8)[None]
    return [int(code_id) for code_id in index.propose(Family.WHOLE, query, PROPOSE_BITS).ids]
