"""A registered clip as it is stored: its sealed key frames with their windows, and the facts stored in the clear."""

from dataclasses import dataclass, field
from typing import Final

from index.clips import KeyFrame
from registry.domain.family import Family
from registry.domain.windows import FOUND_BY_WINDOWS_FROM

MAX_FRAMES_PER_CLIP: Final = 1 << 16
"""Key frames of one clip: 18 hours at one per second, six times the longest duration analysed (`index.limits`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipFacts:
    """The facts about a clip that are known without opening its sealed key frames.

    Attributes:
        profile: name of the clip profile that made the key frames: `full`, `lean` or `sparse`.
        duration_ms: duration of the part that was analysed, in milliseconds.
        is_whole: whether the key frames represent the whole clip.
        frame_count: number of stored key frames.
        found_frames: number of key frames with enough windows to be found by (`FOUND_BY_WINDOWS_FROM`).
    """

    profile: str
    duration_ms: int
    is_whole: bool
    frame_count: int
    found_frames: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredClip:
    """The key frames of one clip, in order. Raise `ValueError` for more than `MAX_FRAMES_PER_CLIP`.

    Attributes:
        family: the code family of the windows.
    """

    family: Family
    profile: str
    duration_ms: int
    is_whole: bool
    frames: tuple[KeyFrame, ...] = field(compare=False, repr=False)

    def __post_init__(self) -> None:
        if len(self.frames) > MAX_FRAMES_PER_CLIP:
            raise ValueError(f"a clip has at most {MAX_FRAMES_PER_CLIP} frames")

    @property
    def facts(self) -> ClipFacts:
        """The facts that can be read once the clip is stored."""
        return ClipFacts(
            profile=self.profile,
            duration_ms=self.duration_ms,
            is_whole=self.is_whole,
            frame_count=len(self.frames),
            found_frames=sum(len(frame.windows) >= FOUND_BY_WINDOWS_FROM for frame in self.frames),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FramePlace:
    """The position of a key frame within its clip.

    Attributes:
        number: index among the clip's stored key frames, from 0.
        start_ms: time at which the key frame is shown, in milliseconds since the clip's first frame.
        end_ms: end of the run of frames that the key frame represents, in milliseconds since the clip's first frame.
        of_frames: number of stored key frames of the clip.
        duration_ms: the clip's duration, in milliseconds.
    """

    number: int
    start_ms: int
    end_ms: int
    of_frames: int
    duration_ms: int


def frame_key(reference_key: int, number: int) -> int:
    """Return the permanent key of a clip's key frame. Like the keys of references, it is never used again."""
    return reference_key * MAX_FRAMES_PER_CLIP + number


def reference_of(key: int) -> int:
    """Return the key of the reference to which a clip's key frame belongs."""
    return key // MAX_FRAMES_PER_CLIP


def number_of(key: int) -> int:
    """Return the index of a key frame within its clip, from 0."""
    return key % MAX_FRAMES_PER_CLIP
