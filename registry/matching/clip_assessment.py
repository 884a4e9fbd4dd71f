"""The assessment of an upload that is a clip (`registry.matching.assessment` has that of a picture)."""

from contextlib import closing
from dataclasses import replace
from typing import Final

from index.clips import ClipFingerprinter, ClipQueryFrame, Progress
from index.errors import DecoderFailed
from index.sandbox import ClipSource
from index.verdict import STEP_MS, Context, Segment
from registry.matching.assessment import Assessment
from registry.matching.clips import ClipMatcher
from registry.matching.likeness import LikenessMatcher, LikenessMatches
from registry.matching.whole_codes import Found, match_digest
from registry.ports import Candidates, Faces, Index

FACES_EVERY_MS: Final = 2000
"""Time from one look for faces to the next: looking takes some hundred milliseconds, and a shot lasts some seconds."""

_REFUSAL: Final = "no frame of the clip shows enough to be told from others"


def assess_clip(
    source: ClipSource,
    *,
    index: Index,
    candidates: Candidates,
    clips: ClipFingerprinter,
    faces: Faces | None = None,
    context: Context = Context.GENERAL,
    progress: Progress | None = None,
) -> Assessment:
    """Find out what a clip matches, without writing anything.

    1. Query frames are taken twice a second, and each is compared. Where faces are switched on, those of some query
       frames are compared too, and vote.
    2. The file's exact digest is looked up.
    3. A reference that was found minutes ago may have been withdrawn since: only what is active now counts.

    Args:
        source: the clip.
        index: proposes.
        candidates: confirm.
        clips: decode and describe the clip.
        faces: find faces; None where they are switched off for the deployment or the platform.
        context: what the platform says about the place of the clip.
        progress: told of each query frame; what it raises ends the work.

    Raises:
        IndexBehind: the index cannot answer exactly now.
        MediaError: the clip cannot be decoded.
        StorageUnavailable: the database could not confirm.
        SealBroken: stored windows or templates cannot be opened.
    """
    position = index.ready_position()
    matcher = ClipMatcher(index, candidates, step_ms=clips.asked_ms)
    voting = _FacesOfClip(index, candidates, faces)
    with closing(clips.read_frames(source, progress, colours_every_ms=voting.every_ms)) as frames:
        for frame in frames:
            matcher.add(frame)  # 1.
            voting.add(frame)
        summary = frames.summary
    if summary is None:
        raise DecoderFailed("the clip was not seen to its end")
    matches = matcher.matches()
    whole = Segment(start_ms=0, end_ms=max(1, summary.duration_ms))
    exact = [
        (name, replace(item, segments=(whole,))) for name, item in match_digest(summary.sha256, candidates)
    ]  # 2.
    likeness = voting.matches()
    return Assessment(
        asked=matcher,
        context=context,
        position=position,
        found=_active([*matches.found, *likeness.found, *exact], candidates),  # 3.
        is_flood=matches.is_flood,
        is_finished=matches.is_finished and summary.is_whole,
        refusal=None if matches.is_informative else _REFUSAL,
        faces=likeness,
    )


class _FacesOfClip:
    """Compares the faces of the query frames that come in colour, each for half a second."""

    def __init__(self, index: Index, candidates: Candidates, faces: Faces | None) -> None:
        self._faces = faces
        self._matcher = None if faces is None else LikenessMatcher(index, candidates, faces.engines)

    @property
    def every_ms(self) -> int | None:
        """How often a query frame is wanted in colour; None for never."""
        return None if self._faces is None else FACES_EVERY_MS

    def add(self, frame: ClipQueryFrame) -> None:
        """Compare a query frame, where it is in colour; raise `MediaError` or `IndexBehind`."""
        if self._faces is None or self._matcher is None or frame.colours is None:
            return
        (seen,) = self._faces.look([frame.colours])
        self._matcher.add(seen, Segment(start_ms=frame.at_ms, end_ms=frame.at_ms + STEP_MS))

    def matches(self) -> LikenessMatches:
        """Sum up; raise `StorageUnavailable` or `SealBroken`."""
        return LikenessMatches() if self._matcher is None else self._matcher.matches()


def _active(found: list[Found], candidates: Candidates) -> tuple[Found, ...]:
    if not found:
        return ()
    names = candidates.active(sorted({name for name, _ in found}))
    return tuple((name, item) for name, item in found if name in names)
