"""Answers a platform's question about one upload (design.md section 4).

1. The indexes must reflect the database, or there is no answer (promise 6).
2. Whole codes and exact digests are matched (`match_whole`). Where they already block, nothing else is asked.
3. Otherwise anchored windows are (`match_windows`), and then, where the deployment and the platform have them switched
   on, the faces of what was seen (`match_likeness`): they lead to *review* at most, so an upload that already blocks
   costs nothing more.
4. Questions near a threshold are counted; once the budget is spent the answer no longer follows the distance
   (`weigh_evidence`). The ladder decides. Where not all could be compared, an *allow* becomes a *review*; faces that
   are too small or too blurred for anyone to tell leave it an *allow*, which says so.
5. Media that shows too little for whole codes is refused where nothing of it matches: a flat picture matches nothing in
   particular, and saying *allow* would be a guess. That comes after the counting, as a refusal tells as much as an
   *allow*.
6. The check is kept, then answered.
"""

from collections.abc import Iterable
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
    hold_uncompared,
    hold_unfinished,
)
from registry.domain import Actor, Check, ids
from registry.matching import (
    Found,
    LikenessMatcher,
    LikenessMatches,
    Question,
    WindowMatches,
    match_whole,
    match_windows,
    weigh,
)
from registry.permissions import Permission
from registry.ports import Candidates, Checks, Environment, Faces, Index, ProbeBudget


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckServices:
    """What a check needs.

    Attributes:
        faces: finds faces; None where the deployment has them switched off.
    """

    index: Index
    candidates: Candidates
    checks: Checks
    budget: ProbeBudget
    environment: Environment
    profile: Profile = DEFAULT_PROFILE
    faces: Faces | None = None

    def keeping(self, checks: Checks) -> Self:
        """Returns the same services with checks that keep their answers (style rule R10)."""
        return self if checks is self.checks else replace(self, checks=checks)

    def faces_for(self, actor: Actor) -> Faces | None:
        """Returns what finds faces for this platform: None where it is switched off for all, or for this one."""
        return self.faces if Permission.CHECK_LIKENESS in actor.permissions else None


def check_upload(question: Question, *, actor: Actor, services: CheckServices) -> Check:
    """Answers, keeps the check and returns it.

    Raises:
        NotPermitted: the actor may not ask.
        IndexBehind: the index cannot answer exactly now.
        MediaError: its faces could not be looked for.
        LowInformation: the picture shows too little to be told from others.
        StorageUnavailable: the database could not confirm or keep it.
    """
    actor.require(Permission.CHECK_CREATE)
    position = services.index.ready_position()  # 1.
    whole = match_whole(question, services.index, services.candidates)  # 2.
    windows, faces = WindowMatches(found=[], is_finished=True), LikenessMatches()
    if not _blocks(whole.found, services.profile):
        windows = match_windows(question, services.index, services.candidates)  # 3.
        if not _blocks(windows.found, services.profile):
            faces = _match_faces(question, services, services.faces_for(actor))
    found = [*whole.found, *windows.found, *faces.found]
    weighed = weigh(  # 4.
        question,
        found,
        tenant_id=actor.tenant_id,
        budget=services.budget,
        profile=services.profile,
        context=question.context,
    )
    is_finished = windows.is_finished and question.is_whole
    verdict = never_silently(weighed.verdict, is_flood=whole.is_flood, is_finished=is_finished)
    verdict = with_faces(verdict, faces)
    exact = any(item.exact for _, item in found)
    if not question.informative and not exact and Reason.NO_MATCH in verdict.reasons:
        raise LowInformation("the picture is flat or empty: it shows too little to be told from others")  # 5.
    check = Check(
        id=ids.new_id(ids.CHECK, services.environment.random),
        tenant_id=actor.tenant_id,
        verdict=verdict,
        as_of=position,
        checked_at=services.environment.now(),
        reference_ids=weighed.reference_ids,
    )
    services.checks.add(check)  # 6.
    return check


def _blocks(found: Iterable[Found], profile: Profile) -> bool:
    return decide((item for _, item in found), profile).outcome is Outcome.BLOCK


def _match_faces(question: Question, services: CheckServices, faces: Faces | None) -> LikenessMatches:
    if faces is None or not question.colours:
        return LikenessMatches()
    matcher = LikenessMatcher(services.index, services.candidates, faces.engines)
    for seen in faces.look(question.colours):
        matcher.look(seen)
    return matcher.matches()


def with_faces(verdict: Verdict, faces: LikenessMatches) -> Verdict:
    """Holds what would be allowed though not all faces were compared, and tells of faces that nobody can tell."""
    if not faces.is_finished:
        return hold_uncompared(verdict)
    if faces.has_unfit and verdict.outcome is Outcome.ALLOW:
        return replace(verdict, reasons=tuple(sorted({*verdict.reasons, Reason.FACES_UNFIT})))
    return verdict


def never_silently(verdict: Verdict, *, is_flood: bool, is_finished: bool) -> Verdict:
    """Holds what would be allowed though more was proposed than confirmed, or not all was seen or compared."""
    if is_flood and verdict.outcome is Outcome.ALLOW:
        verdict = hold(verdict)
    return verdict if is_finished else hold_unfinished(verdict)
