"""A registered clip as it is kept: its frames, each a picture with windows, and what is known without opening them."""

from dataclasses import dataclass, field
from typing import Final

from index.clips import KeyFrame
from registry.domain.family import Family
from registry.domain.windows import FOUND_BY_WINDOWS_FROM

MAX_FRAMES_PER_CLIP: Final = 1 << 16
"""Frames of one clip, at most: 18 hours of one a second, six times what is looked at (`index.limits`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipFacts:
    """What is known of a clip without opening its frames.

    Attributes:
        profile: name of the clip profile that made them, `full`, `lean` or `sparse`.
        duration_ms: length of what was looked at.
        is_whole: whether the frames stand for all of the clip.
        frame_count: how many frames are stored.
        found_frames: how many of them have windows enough to be found by.
    """

    profile: str
    duration_ms: int
    is_whole: bool
    frame_count: int
    found_frames: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredClip:
    """The frames of one clip, in their order; raises `ValueError` for more than `MAX_FRAMES_PER_CLIP`.

    Attributes:
        family: which codes these are.
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
        """What stays known of it once it is stored."""
        return ClipFacts(
            profile=self.profile,
            duration_ms=self.duration_ms,
            is_whole=self.is_whole,
            frame_count=len(self.frames),
            found_frames=sum(len(frame.windows) >= FOUND_BY_WINDOWS_FROM for frame in self.frames),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FramePlace:
    """Where in its clip a frame stands.

    Attributes:
        number: among the clip's stored frames, from 0.
        start_ms: when it is shown, in milliseconds since the clip's first frame.
        end_ms: when the run ends that it stands for, likewise.
        of_frames: how many frames the clip has stored.
        duration_ms: the clip's length.
    """

    number: int
    start_ms: int
    end_ms: int
    of_frames: int
    duration_ms: int


def frame_key(reference_key: int, number: int) -> int:
    """Names a clip's frame for good: keys of references are never used again, and so those of frames are not."""
    return reference_key * MAX_FRAMES_PER_CLIP + number


def number_of(key: int) -> int:
    """Tells which of its clip's frames this is, from 0."""
    return key % MAX_FRAMES_PER_CLIP
