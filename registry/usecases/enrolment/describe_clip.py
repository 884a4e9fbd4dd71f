"""Describe a clip that is to become a reference."""

from collections.abc import Callable, Sequence
from typing import Final

from index.clips import (
    CLIP_VERSION,
    ClipFingerprint,
    ClipFingerprinter,
    ClipProgress,
    KeyFrame,
    Progress,
    require_enrollable_clip,
)
from index.errors import LowInformation
from index.hashing import Algorithm, Code
from index.sandbox import ClipSource
from index.verdict import ReferenceKind
from registry.domain import Draft, Family, StoredClip, StoredCode, View

Interval = tuple[int, int]
"""Start and end of an interval, in milliseconds since a clip's first frame."""

VIDEOHASH_VERSION: Final = "videohash-3"

VideoHash = Callable[[ClipSource, Callable[[], None]], Code | None]
"""A hash of a clip for exchange, or None on failure. It calls back about once a second and propagates exceptions of
the callback."""


def draft_from_clip(
    source: ClipSource,
    kind: ReferenceKind,
    clips: ClipFingerprinter,
    *,
    edits: bool = True,
    exclude: Sequence[Interval] = (),
    progress: Progress | None = None,
    video_hash: VideoHash | None = None,
) -> Draft:
    """Return the draft of a clip for registration.

    Args:
        source: the clip.
        kind: the kind of reference that the clip becomes.
        clips: the fingerprinter of clips.
        edits: whether the clip is to be found in more than identical files; the claimant's choice.
        exclude: intervals that do not show the claimant's material, such as an intro, a title card or another person's
            scene. Key frames that begin in one of them are not registered.
        progress: called for each frame that is analysed; its exceptions end the work.
        video_hash: makes an advisory code, which is stored and never matched; None for no such code.

    Raises:
        MediaError: the clip cannot be decoded.
        InformationError: no key frame outside the excluded intervals shows enough to be found again.
    """
    fingerprint = clips.enrol(source, progress)
    require_enrollable_clip(fingerprint)
    frames = _without(fingerprint.frames, exclude)
    if not frames:
        raise LowInformation("all that tells the clip from others lies in the excluded parts")
    codes = _codes_of(fingerprint)
    if video_hash is not None:
        codes += _hashed(source, fingerprint, video_hash, progress)
    return Draft(
        kind=kind,
        codes=codes,
        flat_share=None,
        clip=StoredClip(
            family=Family.FRAMES,
            profile=fingerprint.profile,
            duration_ms=fingerprint.duration_ms,
            is_whole=fingerprint.is_whole,
            frames=frames if edits else (),
        ),
    )


def _without(frames: Sequence[KeyFrame], exclude: Sequence[Interval]) -> tuple[KeyFrame, ...]:
    """Return the key frames that do not begin in an excluded interval."""
    return tuple(
        frame for frame in frames if not any(start <= frame.start_ms < end for start, end in exclude)
    )


def _codes_of(fingerprint: ClipFingerprint) -> tuple[StoredCode, ...]:
    digests = {Algorithm.SHA256: fingerprint.sha256, Algorithm.MD5: fingerprint.md5}
    return tuple(
        StoredCode(code=Code(algorithm=algorithm, value=value), view=View.BYTES, version=CLIP_VERSION)
        for algorithm, value in digests.items()
    )


def _hashed(
    source: ClipSource, fingerprint: ClipFingerprint, video_hash: VideoHash, progress: Progress | None
) -> tuple[StoredCode, ...]:
    at_the_end = ClipProgress(seen_ms=fingerprint.duration_ms, announced_ms=fingerprint.duration_ms)

    def beat() -> None:
        if progress is not None:
            progress(at_the_end)

    code = video_hash(source, beat)
    if code is None:
        return ()
    return (StoredCode(code=code, view=View.BYTES, version=VIDEOHASH_VERSION),)
