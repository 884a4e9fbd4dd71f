"""Answers a platform's question about one upload (design.md section 4).

1. The indexes must reflect the database, or there is no answer (promise 6).
2. Whole codes and exact digests are matched (`match_whole`). Where they already block, nothing else is asked.
3. Otherwise anchored windows are (`match_windows`).
4. Questions near a threshold are counted; once the budget is spent the answer no longer follows the distance
   (`weigh_evidence`). The ladder decides. Where not all could be compared, an *allow* becomes a *review*.
5. Media that shows too little for whole codes is refused where nothing of it matches: a flat picture matches nothing in
   particular, and saying *allow* would be a guess. That comes after the counting, as a refusal tells as much as an
   *allow*.
6. The check is kept, then answered.
"""

from dataclasses import dataclass, replace
from typing import Self

from index.errors import LowInformation
from index.verdict import (
    DEFAULT_PROFILE,
    Outcome,
    Profile,
    Reason,
    Verdict,
    decide,
    hold,
    hold_unfinished,
)
from registry.domain import ids
from registry.domain.check import Check
from registry.domain.roles import Actor
from registry.permissions import Permission
from registry.usecases.match_whole import match_whole
from registry.usecases.match_windows import WindowMatches, match_windows
from registry.usecases.ports import Candidates, Checks, Index, ProbeBudget, Surroundings
from registry.usecases.question import Question
from registry.usecases.weigh_evidence import weigh


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
    whole = match_whole(question, services.index, services.candidates)  # 2.
    windows = WindowMatches(found=[], is_finished=True)
    if decide((item for _, item in whole.found), services.profile).outcome is not Outcome.BLOCK:
        windows = match_windows(question, services.index, services.candidates)  # 3.
    found = [*whole.found, *windows.found]
    weighed = weigh(  # 4.
        question, found, tenant_id=actor.tenant_id, budget=services.budget, profile=services.profile
    )
    is_finished = windows.is_finished and question.is_whole
    verdict = never_silently(weighed.verdict, is_flood=whole.is_flood, is_finished=is_finished)
    exact = any(item.exact for _, item in found)
    if not question.informative and not exact and verdict.reasons == (Reason.NO_MATCH,):
        raise LowInformation("the picture is flat or empty: it shows too little to be told from others")  # 5.
    check = Check(
        id=ids.new_id(ids.CHECK, services.surroundings.random),
        tenant_id=actor.tenant_id,
        verdict=verdict,
        as_of=position,
        checked_at=services.surroundings.now(),
        reference_ids=weighed.reference_ids,
    )
    services.checks.add(check)  # 6.
    return check


def never_silently(verdict: Verdict, *, is_flood: bool, is_finished: bool) -> Verdict:
    """Holds what would be allowed though more was proposed than confirmed, or not all was seen or compared."""
    if is_flood and verdict.outcome is Outcome.ALLOW:
        verdict = hold(verdict)
    return verdict if is_finished else hold_unfinished(verdict)
