"""Value types of clips: the query frames and the summary of an upload, and the fingerprint of a registered clip."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from index.clips.key_frames import KeyFrame
from index.frames import QueryFrame
from index.media.clips import ClipFormat
from index.media.pictures import Colours

CLIP_VERSION: Final = "clip-2"  # to be changed with every change of a code of the same clip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClipQueryFrame:
    """One query frame of a clip.

    Attributes:
        at_ms: Time at which the frame is shown, in milliseconds since the clip's first frame; strictly increasing.
        until_ms: Time of the next query frame, or the end of the clip, likewise: the frame stands for the time between.
        query_frame: The frame for matching.
        colours: uint8 [rows, columns, 3], RGB, upright, longest side at most 640 pixels; None for a frame without
            colours. To be dropped as soon as faces were found in it.
        in_full: False for a second look: whole codes alone, between the frames that stand for the time.
    """

    at_ms: int
    until_ms: int
    query_frame: QueryFrame = field(repr=False)
    colours: Colours | None = field(default=None, repr=False)
    in_full: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipHead:
    """Format and size of a clip, known with its first frame.

    Attributes:
        media_format: Container format, by content.
        width: Columns of the upright first frame, in pixels.
        height: Rows of the upright first frame, in pixels.
        announced_ms: Length that the header announces, in milliseconds, or None. Used only to show progress.
    """

    media_format: ClipFormat
    width: int
    height: int
    announced_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipProgress:
    """Progress of reading a clip.

    Attributes:
        seen_ms: Time of the last frame, in milliseconds since the first frame.
        announced_ms: As in `ClipHead`.
        cpu_s: Processor time of the decoder so far, in seconds.
    """

    seen_ms: int
    announced_ms: int | None
    cpu_s: float = 0.0


Progress = Callable[[ClipProgress], None]
"""Called with each frame. An exception that it raises ends the work and passes through: this cancels the work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipSummary:
    """Summary of a clip that was read to its end for a check.

    Attributes:
        sha256: SHA-256 of the file, 32 bytes.
        md5: MD5 of the file, 16 bytes. Other registries list clips by it; it proves nothing.
        head: Format and size of the clip.
        duration_ms: Length of the part that was decoded, in milliseconds.
        is_whole: True if that was the whole clip. If not, the rest may show anything, and the upload is never simply
            allowed.
    """

    sha256: bytes = field(repr=False)
    md5: bytes = field(repr=False)
    head: ClipHead
    duration_ms: int
    is_whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipFingerprint:
    """All codes of one clip. It contains no pixels, and no part of the file but its digests.

    Attributes:
        sha256: SHA-256 of the file, 32 bytes.
        md5: MD5 of the file, 16 bytes, for exchange.
        media_format: Container format, by content.
        width: Columns of the upright first frame, in pixels.
        height: Rows of the upright first frame, in pixels.
        duration_ms: Length of the part that was decoded, in milliseconds.
        frames: The key frames in their order. Their runs do not overlap.
        profile: Name of the `ClipProfile` that chose them.
        is_whole: True if the key frames represent the whole clip.
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
