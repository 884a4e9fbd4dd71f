"""An assessment: everything that matching found about one upload, with the resulting verdict. Nothing is written.

A check has three steps, so that benchmarks, `doctor` and pages can use the first step alone:

1. `assess` (pictures and codes) or `assess_clip` reads the index and the database and returns an `Assessment`.
2. `conclude` decides within the probing budgets (a read).
3. The use case stores the check and its probe (`registry.usecases.checks`).

Example, as a benchmark uses it:

    question = question_about(data, Context.GENERAL, fingerprints, colours=False)
    assessment = assess(question, index=index, candidates=candidates, is_exhaustive=True)
    assessment.verdict            # the verdict while no probing budget is spent
    assessment.found              # (reference id, evidence) pairs on which the verdict rests
    assessment.further            # pairs found only because of `is_exhaustive`
    assessment.windows.compared   # log-likelihood ratio, in nats, of each compared reference, also of weak ones

To restrict an assessment to some references, pass other `Candidates`: references that they do not confirm count as
withdrawn.
`index.stages.observed` measures the time of the stages.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from index.errors import LowInformation
from index.verdict import (
    Context,
    Evidence,
    Outcome,
    Reason,
    Verdict,
    decide,
    hold,
    hold_uncompared,
    hold_unfinished,
    with_one_kind,
)
from registry.domain import Asker, Probe
from registry.matching.embedded_clips import EmbeddedClips, EmbeddedMatches
from registry.matching.likeness import LikenessMatcher, LikenessMatches
from registry.matching.probing import Asked, Weighed, weigh
from registry.matching.question import CodeQuestion, Question
from registry.matching.whole_codes import Found, match_whole
from registry.matching.windows import WindowMatches, match_windows
from registry.ports import Candidates, Faces, Index, ProbeBudget

_REFUSAL: Final = "the picture is flat or empty: it shows too little to be told from others"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """Everything that matching found about one upload, before the probing budgets are applied.

    Attributes:
        asked: the properties of the upload by which the probing budgets count it.
        context: the platform's statement about the place of the upload.
        position: position of the change log that the index had reached.
        found: pairs of a reference's id and evidence about it; a reference may appear several times.
        further: evidence that only an exhaustive assessment has; the verdict ignores it.
        is_flood: whether more codes were proposed than are ever confirmed.
        is_finished: whether everything was seen and compared.
        refusal: the reason to refuse the upload if nothing matches, because it shows too little to be distinguished
            from others. None if it shows enough, or is a known file.
        faces: the matches of the upload's faces.
        windows: the matches of windows; None if windows were not asked, and for clips.
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
        """The verdict while no probing budget is spent.

        Raises:
            LowInformation: the upload shows too little to be distinguished from others.
        """
        return self.finished(decide((item for _, item in self.found), self.context))

    def finished(self, verdict: Verdict) -> Verdict:
        """Return a verdict, with *review* in place of *allow* if not everything was seen, confirmed or compared.

        Unfit faces do not change an *allow*, but add a reason to it.

        Raises:
            LowInformation: nothing matches, and the upload shows too little to be distinguished from others. A flat
                picture matches nothing in particular, so *allow* would be a guess.
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
    clips: EmbeddedClips | None = None,
    is_exhaustive: bool = False,
) -> Assessment:
    """Find out what an upload matches, without writing anything.

    1. Match whole codes and exact digests. If they block, stop.
    2. Match anchored windows. If they block, stop.
    3. Find and match faces. They lead to *review* at most, so they are skipped if the upload is already blocked.
    4. Look at the clips in a picture's file, as in motion photos.
    5. Tell one kind of match for each reference.

    Args:
        question: the upload.
        index: the index, which proposes codes.
        candidates: the database, which confirms the proposals.
        faces: the face engines; None if faces are switched off for the deployment or the platform.
        clips: looks at clips in a picture's file; None to leave them out, so that the assessment is not finished.
        is_exhaustive: whether to match windows even if whole codes block (`Assessment.further`).

    Raises:
        IndexBehind: the index cannot answer exactly now.
        MediaError: the search for faces failed, or no decoder of clips became free.
        StorageUnavailable: the database could not confirm the proposals.
        SealBroken: stored windows or templates cannot be opened.
    """
    position = index.ready_position()
    whole = match_whole(question, index, candidates)  # 1.
    found, further = list(whole.found), list[Found]()
    windows, seen_faces, embedded = None, LikenessMatches(), EmbeddedMatches()
    if not _blocks(found):
        windows = match_windows(question, index, candidates, whole.near)  # 2.
        found += windows.found
        if not _blocks(windows.found):
            seen_faces = _match_faces(question, index, candidates, faces)  # 3.
            found += seen_faces.found
            embedded = _match_clips(question, index, candidates, faces, clips)  # 4.
            found += embedded.found
    is_whole = isinstance(question, CodeQuestion) or question.is_whole
    is_finished = (windows is None or windows.is_finished) and is_whole and embedded.is_finished
    is_clear = question.is_informative or bool(whole.by_digest)
    if windows is None and is_exhaustive:
        windows = match_windows(question, index, candidates, whole.near)
        further += windows.found
    return Assessment(
        asked=question,
        context=question.context,
        position=position,
        found=one_kind_each(found),  # 5.
        further=one_kind_each(further),
        is_flood=whole.is_flood or embedded.is_flood,
        is_finished=is_finished,
        refusal=None if is_clear else _REFUSAL,
        faces=_joined(seen_faces, embedded.faces),
        windows=windows,
    )


def conclude(
    assessment: Assessment,
    *,
    asker: Asker,
    budget: ProbeBudget,
    refused: Callable[[Probe], None] = lambda _probe: None,
) -> Weighed:
    """Decide within the budgets of whoever asks.

    Args:
        assessment: what matching found.
        asker: the platform that asks, and the user for whom it does.
        budget: the budgets.
        refused: stores the probe of an upload that is refused, because a refusal reveals as much as an *allow*.

    Raises:
        LowInformation: as in `Assessment.finished`.
        ProbingSuspended: the tenant's questions by codes are suspended.
        StorageUnavailable: probes or people could not be counted.
    """
    weighed = weigh(
        assessment.asked,
        assessment.found,
        asker=asker,
        budget=budget,
        context=assessment.context,
        shows_face=assessment.faces.has_fit,
    )
    try:
        return replace(weighed, verdict=assessment.finished(weighed.verdict))
    except LowInformation:
        if weighed.probe is not None:
            refused(weighed.probe)
        raise


def one_kind_each(found: Iterable[Found]) -> tuple[Found, ...]:
    """Return evidence with one kind of match for each reference (`with_one_kind`); references in their first order."""
    by_reference: dict[str, list[Evidence]] = defaultdict(list)
    for name, item in found:
        by_reference[name].append(item)
    return tuple((name, item) for name, items in by_reference.items() for item in with_one_kind(items))


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
    matches = matcher.matches()
    return replace(matches, is_finished=matches.is_finished and question.has_all_scenes)


def _match_clips(
    question: Question,
    index: Index,
    candidates: Candidates,
    faces: Faces | None,
    clips: EmbeddedClips | None,
) -> EmbeddedMatches:
    if isinstance(question, CodeQuestion) or not question.clips:
        return EmbeddedMatches()
    if clips is None:
        return EmbeddedMatches(is_finished=False)
    return clips.matches(question.clips, index, candidates, faces)


def _joined(faces: LikenessMatches, others: LikenessMatches) -> LikenessMatches:
    return LikenessMatches(
        found=[*faces.found, *others.found],
        has_fit=faces.has_fit or others.has_fit,
        has_unfit=faces.has_unfit or others.has_unfit,
        is_finished=faces.is_finished and others.is_finished,
    )


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
