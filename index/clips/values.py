"""Value types of clips: what a check sees of one, and what is kept of a registered one."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from index.clips.key_frames import KeyFrame
from index.frames import QueryFrame
from index.media.clips import ClipFormat
from index.media.pictures import Colours

CLIP_VERSION: Final = "clip-1"  # changes whenever a code of the same clip would change


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClipQueryFrame:
    """One frame of an upload.

    Attributes:
        at_ms: When it is shown, in milliseconds since the clip's first frame; strictly increasing.
        query_frame: What it shows.
        colours: uint8 [rows, columns, 3], red, green and blue, upright, longest side at most 640; None where it carries
            none. To be dropped with the look at it.
    """

    at_ms: int
    query_frame: QueryFrame = field(repr=False)
    colours: Colours | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipHead:
    """What a clip is, known with its first frame.

    Attributes:
        media_format: The container, by content.
        width: Columns of the first frame, upright, in pixels.
        height: Rows of the same.
        announced_ms: Length by the header, in milliseconds, or None. A file's word: for showing progress, no more.
    """

    media_format: ClipFormat
    width: int
    height: int
    announced_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipProgress:
    """How far a clip has been looked at.

    Attributes:
        seen_ms: Up to here, in milliseconds since its first frame.
        announced_ms: As in `ClipHead`.
    """

    seen_ms: int
    announced_ms: int | None


Progress = Callable[[ClipProgress], None]
"""Told of each frame. What it raises ends the work and passes through: that is how one is cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipSummary:
    """What a check has seen of a clip, once it has ended.

    Attributes:
        sha256: Digest of the file, 32 bytes.
        md5: The same by MD5, 16 bytes: other registries list clips by it, and it proves nothing.
        head: What the clip is.
        duration_ms: Length of what was looked at, in milliseconds.
        is_whole: Whether that was all. What was not seen may be anything, so such an upload is never simply allowed.
    """

    sha256: bytes = field(repr=False)
    md5: bytes = field(repr=False)
    head: ClipHead
    duration_ms: int
    is_whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipFingerprint:
    """All that is derived from one clip; holds no pixels and nothing of the file but its digests.

    Attributes:
        sha256: Digest of the file, 32 bytes.
        md5: The same by MD5, 16 bytes, for exchange.
        media_format: The container, by content.
        width: Columns of the first frame, upright, in pixels.
        height: Rows of the same.
        duration_ms: Length of what was looked at, in milliseconds.
        frames: The stored frames in their order; runs do not overlap.
        profile: Name of the `ClipProfile` that made them.
        is_whole: Whether the frames stand for all of the clip.
        version: Version of the whole procedure.
    """

    sha256: bytes = field(repr=False)
    md5: bytes = field(repr=False)
    media_format: ClipFormat
    width: int
    height: int
    duration_ms: int
    frames: tuple[KeyFrame, ...] = field(compare=False, repr=False)
    profile: str
    is_whole: bool
    version: str = CLIP_VERSION
