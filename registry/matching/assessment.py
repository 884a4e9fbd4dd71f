"""An assessment: all that matching found about one upload, and the verdict that follows. Nothing is written.

A check has three steps, so that benchmarks, `doctor` and pages can look at the first one alone:

1. `assess` (pictures and codes) or `assess_clip` reads the index and the database and returns an `Assessment`.
2. `conclude` asks the probing budget, which counts probes near a threshold (a write), and decides.
3. The use case stores the check (`registry.usecases.checks`).

Example, as a benchmark uses it:

    question = question_about(data, Context.GENERAL, fingerprints, colours=False)
    assessment = assess(question, index=index, candidates=candidates, is_exhaustive=True)
    assessment.verdict            # as for a tenant whose probing budget is not spent
    assessment.found              # (reference id, evidence) pairs that the verdict rests on
    assessment.further            # pairs that only `is_exhaustive` asked for
    assessment.windows.compared   # log-likelihood ratio, in nats, of each reference compared, also of weak ones

Another `Candidates` restricts an assessment to some references: whatever it does not confirm counts as withdrawn.
`index.stages.observed` times the stages.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from index.errors import LowInformation
from index.verdict import Context, Outcome, Reason, Verdict, decide, hold, hold_uncompared, hold_unfinished
from registry.matching.likeness import LikenessMatcher, LikenessMatches
from registry.matching.probing import Asked, Weighed, weigh
from registry.matching.question import CodeQuestion, Question
from registry.matching.whole_codes import Found, match_whole
from registry.matching.windows import WindowMatches, match_windows
from registry.ports import Candidates, Faces, Index, ProbeBudget

_REFUSAL: Final = "the picture is flat or empty: it shows too little to be told from others"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """All that was found about one upload, before the probing budget is asked.

    Attributes:
        asked: what the probing budget follows of the upload.
        context: what the platform says about the place of the upload.
        position: position of the change log that the index had reached.
        found: evidence about each reference, by its id; a reference may stand several times.
        further: evidence that only an exhaustive assessment has; the verdict does not follow it.
        is_flood: whether more was proposed than is ever confirmed.
        is_finished: whether everything was seen and compared.
        refusal: why the upload is refused where nothing matches: it shows too little to be told from others. None where
            it shows enough, or is a known file.
        faces: what its faces matched.
        windows: what windows matched; None where they were not asked, and for clips.
    """

    asked: Asked
    context: Context
    position: int
    found: tuple[Found, ...] = field(repr=False)
    further: tuple[Found, ...] = field(default=(), repr=False)
    is_flood: bool
    is_finished: bool
    refusal: str | None
    faces: LikenessMatches
    windows: WindowMatches | None = None

    @property
    def verdict(self) -> Verdict:
        """The verdict for a tenant whose probing budget is not spent.

        Raises:
            LowInformation: the upload shows too little to be told from others.
        """
        return self.finished(decide((item for _, item in self.found), self.context))

    def finished(self, verdict: Verdict) -> Verdict:
        """Hold what would be allowed though not everything was seen, confirmed or compared.

        Unfit faces leave an *allow*, which says so.

        Raises:
            LowInformation: nothing matches, and the upload shows too little to be told from others: a flat picture
                matches nothing in particular, and *allow* would be a guess.
        """
        verdict = _never_silently(verdict, is_flood=self.is_flood, is_finished=self.is_finished)
        verdict = _with_faces(verdict, self.faces)
        if self.refusal is not None and Reason.NO_MATCH in verdict.reasons:
            raise LowInformation(self.refusal)
        return verdict


def assess(
    question: Question,
    *,
    index: Index,
    candidates: Candidates,
    faces: Faces | None = None,
    is_exhaustive: bool = False,
) -> Assessment:
    """Find out what an upload matches, without writing anything.

    1. Whole codes and exact digests are matched. Where they already block, nothing else is asked.
    2. Anchored windows are matched. Where these block, faces are not asked.
    3. Faces are looked for and matched. They lead to *review* at most, so an upload that already blocks costs no more.

    Args:
        question: the upload.
        index: proposes.
        candidates: confirm.
        faces: find faces; None where they are switched off for the deployment or the platform.
        is_exhaustive: whether windows are matched too where whole codes already block (`Assessment.further`).

    Raises:
        IndexBehind: the index cannot answer exactly now.
        MediaError: its faces could not be looked for.
        StorageUnavailable: the database could not confirm.
        SealBroken: stored windows or templates cannot be opened.
    """
    position = index.ready_position()
    whole = match_whole(question, index, candidates)  # 1.
    found, further = list(whole.found), list[Found]()
    windows, seen_faces = None, LikenessMatches()
    if not _blocks(found):
        windows = match_windows(question, index, candidates)  # 2.
        found += windows.found
        if not _blocks(windows.found):
            seen_faces = _match_faces(question, index, candidates, faces)  # 3.
            found += seen_faces.found
    is_whole = isinstance(question, CodeQuestion) or question.is_whole
    is_finished = (windows is None or windows.is_finished) and is_whole
    is_clear = question.is_informative or bool(whole.by_digest)
    if windows is None and is_exhaustive:
        windows = match_windows(question, index, candidates)
        further += windows.found
    return Assessment(
        asked=question,
        context=question.context,
        position=position,
        found=tuple(found),
        further=tuple(further),
        is_flood=whole.is_flood,
        is_finished=is_finished,
        refusal=None if is_clear else _REFUSAL,
        faces=seen_faces,
        windows=windows,
    )


def conclude(assessment: Assessment, *, tenant_id: str, budget: ProbeBudget) -> Weighed:
    """Count probes, and decide as far as the tenant's budget allows.

    Raises:
        LowInformation: as `Assessment.finished`. Probes are counted before, as a refusal tells as much as an *allow*.
        StorageUnavailable: probes could not be counted.
    """
    weighed = weigh(
        assessment.asked, assessment.found, tenant_id=tenant_id, budget=budget, context=assessment.context
    )
    return replace(weighed, verdict=assessment.finished(weighed.verdict))


def _blocks(found: Iterable[Found]) -> bool:
    return decide(item for _, item in found).outcome is Outcome.BLOCK


def _match_faces(
    question: Question, index: Index, candidates: Candidates, faces: Faces | None
) -> LikenessMatches:
    if faces is None or isinstance(question, CodeQuestion) or not question.colours:
        return LikenessMatches()
    matcher = LikenessMatcher(index, candidates, faces.engines)
    for seen in faces.look(question.colours):
        matcher.add(seen)
    return matcher.matches()


def _with_faces(verdict: Verdict, faces: LikenessMatches) -> Verdict:
    if not faces.is_finished:
        return hold_uncompared(verdict)
    if faces.has_unfit and verdict.outcome is Outcome.ALLOW:
        return replace(verdict, reasons=tuple(sorted({*verdict.reasons, Reason.FACES_UNFIT})))
    return verdict


def _never_silently(verdict: Verdict, *, is_flood: bool, is_finished: bool) -> Verdict:
    if is_flood and verdict.outcome is Outcome.ALLOW:
        verdict = hold(verdict)
    return verdict if is_finished else hold_unfinished(verdict)
