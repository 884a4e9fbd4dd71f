"""The assessment of an uploaded clip. `registry.matching.assessment` has the assessment of a picture."""

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
"""Time between two searches for faces. A search takes a few hundred milliseconds, and a shot lasts a few seconds."""

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

    1. Take query frames twice a second, and compare each. If faces are switched on, compare the faces of some query
       frames too; these query frames vote.
    2. Look up the file's exact digest.
    3. Drop references that are no longer active: a reference found minutes ago may have been withdrawn since.

    Args:
        source: the clip.
        index: the index, which proposes codes.
        candidates: the database, which confirms the proposals.
        clips: the decoder and fingerprinter of the clip.
        faces: the face engines; None if faces are switched off for the deployment or the platform.
        context: the platform's statement about the place of the clip.
        progress: called for each query frame; its exceptions end the work.

    Raises:
        IndexBehind: the index cannot answer exactly now.
        MediaError: the clip cannot be decoded.
        StorageUnavailable: the database could not confirm the proposals.
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
    """The comparison of faces in those query frames that come in colour. Each represents 0.5 s."""

    def __init__(self, index: Index, candidates: Candidates, faces: Faces | None) -> None:
        self._faces = faces
        self._matcher = None if faces is None else LikenessMatcher(index, candidates, faces.engines)

    @property
    def every_ms(self) -> int | None:
        """Interval of query frames in colour, in milliseconds; None for no such frames."""
        return None if self._faces is None else FACES_EVERY_MS

    def add(self, frame: ClipQueryFrame) -> None:
        """Compare a query frame if it is in colour; raise `MediaError` or `IndexBehind`."""
        if self._faces is None or self._matcher is None or frame.colours is None:
            return
        (seen,) = self._faces.look([frame.colours])
        self._matcher.add(seen, Segment(start_ms=frame.at_ms, end_ms=frame.at_ms + STEP_MS))

    def matches(self) -> LikenessMatches:
        """Return the matches of all query frames so far; raise `StorageUnavailable` or `SealBroken`."""
        return LikenessMatches() if self._matcher is None else self._matcher.matches()


def _active(found: list[Found], candidates: Candidates) -> tuple[Found, ...]:
    if not found:
        return ()
    names = candidates.active(sorted({name for name, _ in found}))
    return tuple((name, item) for name, item in found if name in names)
