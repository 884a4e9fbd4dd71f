"""Answers a platform's question about one upload that is a clip (`check_upload` does for pictures).

1. The indexes must reflect the database, or there is no answer (promise 6).
2. The clip is looked at twice a second, and each look compared (`match_clip`). Where faces are switched on, those of
   some looks are compared too, and vote (`match_likeness`).
3. The file's exact digest is asked for.
4. What was found minutes ago may have been withdrawn since: only what is active now counts (promise 3).
5. Questions near a threshold are counted, and the ladder decides. Where not all of the clip was seen or compared, an
   *allow* becomes a *review*. A clip that shows nothing is refused.
6. The check is kept under the id that was promised for it, where its asker keeps it still, then answered.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Final

from index.clips import ClipFingerprinter, ClipQueryFrame, ClipSeen, Progress
from index.errors import DecoderFailed, LowInformation
from index.sandbox import ClipSource
from index.verdict import STEP_MS, Context, Reason, Segment, Verdict
from registry.domain import Actor, Check
from registry.matching import (
    ClipMatcher,
    ClipMatches,
    Found,
    LikenessMatcher,
    LikenessMatches,
    of_digest,
    weigh,
)
from registry.permissions import Permission
from registry.usecases.checks.uploads import CheckServices, never_silently, with_faces

FACES_EVERY_MS: Final = 2000
"""Time from one look for faces to the next: looking takes some hundred milliseconds, and a shot lasts some seconds."""


def check_clip(
    source: ClipSource,
    *,
    check_id: str,
    actor: Actor,
    services: CheckServices,
    clips: ClipFingerprinter,
    context: Context = Context.GENERAL,
    progress: Progress | None = None,
    keep: Callable[[Check], None] | None = None,
) -> Check:
    """Answers, keeps the check and returns it.

    Args:
        source: the clip.
        check_id: what the check is kept under.
        actor: who asks.
        services: what a check needs.
        clips: where clips are looked at.
        context: what the platform says about the place of the clip.
        progress: told of each look; what it raises ends the work.
        keep: keeps the check, in place of `services.checks`; where it raises, nothing is kept.

    Raises:
        NotPermitted: the actor may not ask.
        IndexBehind: the index cannot answer exactly now.
        MediaError: the clip cannot be looked at, or shows too little to be told from others.
        StorageUnavailable: the database could not confirm or keep it.
    """
    actor.require(Permission.CHECK_CREATE)
    position = services.index.ready_position()  # 1.
    matcher = ClipMatcher(
        services.index, services.candidates, step_ms=clips.asked_ms, profile=services.profile
    )
    faces = _FacesOfClip(services, actor)
    with closing(clips.watch(source, progress, colours_every_ms=faces.every_ms)) as watch:
        for frame in watch:
            matcher.look(frame)  # 2.
            faces.look(frame)
        seen = watch.seen
    if seen is None:
        raise DecoderFailed("the clip was not seen to its end")
    matches = matcher.matches()
    whole = Segment(start_ms=0, end_ms=max(1, seen.duration_ms))
    exact = [
        (name, replace(item, segments=(whole,))) for name, item in of_digest(seen.sha256, services.candidates)
    ]  # 3.
    likeness = faces.matches()
    found = _active([*matches.found, *likeness.found, *exact], services)  # 4.
    weighed = weigh(
        matcher,
        found,
        tenant_id=actor.tenant_id,
        budget=services.budget,
        profile=services.profile,
        context=context,
    )
    check = Check(
        id=check_id,
        tenant_id=actor.tenant_id,
        verdict=with_faces(_verdict(weighed.verdict, matches, seen), likeness),  # 5.
        as_of=position,
        checked_at=services.environment.now(),
        reference_ids=weighed.reference_ids,
    )
    (keep or services.checks.add)(check)  # 6.
    return check


class _FacesOfClip:
    """Compares the faces of the looks that come in colour, each for half a second."""

    def __init__(self, services: CheckServices, actor: Actor) -> None:
        self._faces = services.faces_for(actor)
        self._matcher = None
        if self._faces is not None:
            self._matcher = LikenessMatcher(services.index, services.candidates, self._faces.engines)

    @property
    def every_ms(self) -> int | None:
        """How often a look is wanted in colour; None for never."""
        return None if self._faces is None else FACES_EVERY_MS

    def look(self, frame: ClipQueryFrame) -> None:
        """Compares a look, where it is in colour; raises `MediaError` or `IndexBehind`."""
        if self._faces is None or self._matcher is None or frame.colours is None:
            return
        (seen,) = self._faces.look([frame.colours])
        self._matcher.look(seen, Segment(start_ms=frame.at_ms, end_ms=frame.at_ms + STEP_MS))

    def matches(self) -> LikenessMatches:
        """Sums up; raises `StorageUnavailable` or `SealBroken`."""
        return LikenessMatches() if self._matcher is None else self._matcher.matches()


def _active(found: list[Found], services: CheckServices) -> list[Found]:
    if not found:
        return []
    names = services.candidates.active(sorted({name for name, _ in found}))
    return [(name, item) for name, item in found if name in names]


def _verdict(verdict: Verdict, matches: ClipMatches, seen: ClipSeen) -> Verdict:
    is_finished = matches.is_finished and seen.is_whole
    verdict = never_silently(verdict, is_flood=matches.is_flood, is_finished=is_finished)
    if not matches.informative and verdict.reasons == (Reason.NO_MATCH,):
        raise LowInformation("no frame of the clip shows enough to be told from others")
    return verdict
