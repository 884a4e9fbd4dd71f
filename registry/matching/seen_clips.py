"""Look at one clip: an upload, or a clip within a picture's file. `clip_assessment` and `embedded_clips` judge it."""

from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Final

from index.clips import ClipFingerprinter, ClipQueryFrame, Progress
from index.errors import DecoderFailed
from index.sandbox import ClipSource
from index.verdict import MIN_LIKENESS_LEVEL, STEP_MS, Evidence, FaceEvidence, Segment
from registry.domain import Rank
from registry.matching.clips import INITIAL_S, ClipMatcher
from registry.matching.likeness import LikenessMatcher, LikenessMatches
from registry.matching.whole_codes import Found, match_digest
from registry.ports import Candidates, Faces, Index

FACES_EVERY_MS: Final = 2000
"""Time between two searches for faces. A search takes a few hundred milliseconds, and a shot lasts a few seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenClip:
    """Everything that was found in a clip.

    Attributes:
        matcher: the comparison of the query frames, by which the probing budgets count the clip.
        found: pairs of a reference's id and evidence about it, as the reference was when the clip was at its end.
        is_flood: whether more codes were proposed than are ever confirmed.
        is_finished: whether the whole clip was seen and compared.
        is_informative: whether any query frame shows enough to be distinguished from others.
        faces: the matches of the clip's faces.
    """

    matcher: ClipMatcher
    found: tuple[Found, ...] = field(repr=False)
    is_flood: bool
    is_finished: bool
    is_informative: bool
    faces: LikenessMatches


def see_clip(
    source: ClipSource,
    *,
    index: Index,
    candidates: Candidates,
    clips: ClipFingerprinter,
    faces: Faces | None = None,
    progress: Progress | None = None,
    initial_s: float = INITIAL_S,
) -> SeenClip:
    """Find out what a clip matches, without writing anything.

    1. Take query frames twice a second, and compare each. If faces are switched on, compare the faces of some query
       frames too; these query frames vote.
    2. Look up the file's exact digest.
    3. Judge references as they are now: one that was found minutes ago may have been withdrawn since, or be disputed,
       or its case may have lost its level.

    Args:
        source: the clip.
        index: the index, which proposes codes.
        candidates: the database, which confirms the proposals.
        clips: the decoder and fingerprinter of the clip.
        faces: the face engines; None if faces are switched off for the deployment or the platform.
        progress: called for each query frame; its exceptions end the work.
        initial_s: CPU time for comparisons at the beginning, in seconds.

    Raises:
        IndexBehind: the index cannot answer exactly now.
        MediaError: the clip cannot be decoded.
        StorageUnavailable: the database could not confirm the proposals.
        SealBroken: stored windows or templates cannot be opened.
    """
    matcher = ClipMatcher(index, candidates, step_ms=clips.asked_ms, initial_s=initial_s)
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
    return SeenClip(
        matcher=matcher,
        found=_active([*matches.found, *likeness.found, *exact], candidates),  # 3.
        is_flood=matches.is_flood,
        is_finished=matches.is_finished and summary.is_whole,
        is_informative=matches.is_informative,
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
    ranks = candidates.active(sorted({name for name, _ in found}))
    present = [(name, _as_of_now(item, ranks[name])) for name, item in found if name in ranks]
    return tuple((name, item) for name, item in present if not _is_unverified_face(item))


def _as_of_now(item: Evidence, rank: Rank) -> Evidence:
    facts = replace(item.reference, level=rank.level, is_disputed=rank.is_disputed)
    return item if facts == item.reference else replace(item, reference=facts)


def _is_unverified_face(item: Evidence) -> bool:
    return isinstance(item, FaceEvidence) and item.reference.level < MIN_LIKENESS_LEVEL
