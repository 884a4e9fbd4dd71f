"""Which frames of a clip are stored: one a second at most, and one only when the picture has become another.

A clip is its frames, and a frame is a picture: each stored one has a whole code and anchored windows. A frame is alike
the last stored one while that one's windows are found in it, as a check would find them (`index.windows.likelihood`). A
talking head stores few frames, and the whole run that a frame stands for is one piece of evidence.
"""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from index.arrays import I64, Plane
from index.hashing import Code, dhash128, flat_share, pdq
from index.windows import (
    FULL,
    LEAN,
    RATIO_NATS,
    SMALL_TRIGGER_BITS,
    TRIGGER_BITS,
    AreaPlane,
    MatchingProfile,
    Triggered,
    Windows,
    code_distances,
    query_windows,
    reference_windows,
    weigh_windows,
)

MIN_QUALITY: Final = 10
"""PDQ quality; without a gate black frames match each other (design, section 5, Video)."""
MIN_WINDOWS: Final = 8
"""With so many a frame of a lower quality is stored all the same: dark clips have them."""

ALIKE_SHARE: Final = 0.5
"""Of the evidence that a stored frame can give, down to which a later one is alike. Measured against the first frame:
six drawn talking heads (sway, turns of 2 degrees, mouth, blinks, noise) .60 to .97 over 12 s, the camera's pan of
`pattern-hd` .91 to .95 in the first 1.5 s, .52 after 2 s, then .28 and less, strangers 0. At .5 a sixth is still left
where a re-upload keeps a third of the windows, well above the nats that find a frame."""

ALIKE_BITS: Final = 20
"""PDQ distance up to which frames of too few windows are alike; noise and re-encoding move it by 2 to 14."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipProfile:
    """How densely a clip is described.

    Attributes:
        name: Stored with the frames that it made.
        windows: How many windows a frame gets.
        stored_ms: Frames are stored no denser than one in so many milliseconds.
        asked_ms: Frames of an upload are looked at one in so many milliseconds.
    """

    name: str
    windows: MatchingProfile
    stored_ms: int
    asked_ms: int = 500


CLIP_FULL: Final = ClipProfile(name="full", windows=FULL, stored_ms=1000)
CLIP_LEAN: Final = ClipProfile(name="lean", windows=LEAN, stored_ms=1000)
CLIP_SPARSE: Final = ClipProfile(name="sparse", windows=LEAN, stored_ms=2000)
CLIP_PROFILES: Final = {profile.name: profile for profile in (CLIP_FULL, CLIP_LEAN, CLIP_SPARSE)}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeyFrame:
    """One stored frame, and the run of time that it stands for.

    Attributes:
        start_ms: When it is shown, in milliseconds since the clip's first frame.
        end_ms: When the last frame that is alike ends, likewise.
        pdq: PDQ of the frame, with quality.
        dhash: dHash-128 of the frame.
        flat_share: Share of the frame that is one level, 0 to 1.
        windows: Its anchored windows, as of a picture that is registered.
    """

    start_ms: int
    end_ms: int
    pdq: Code = field(repr=False)
    dhash: Code = field(repr=False)
    flat_share: float
    windows: Windows = field(repr=False)


class FrameKeeper:
    """Chooses among the frames of one clip, given in their order. For one thread."""

    def __init__(self, profile: ClipProfile) -> None:
        self._profile = profile
        self._kept: KeyFrame | None = None
        self._next_ms = 0

    def add(self, at_ms: int, luma: Plane) -> KeyFrame | None:
        """Look at the next frame, and give the stored one whose run it ends, if it does.

        A frame that comes sooner than the profile stores one is passed over, as is one of too little information: the
        run goes on behind a short black.

        Args:
            at_ms: When it is shown, in milliseconds.
            luma: uint8 [rows, columns].
        """
        if at_ms < self._next_ms:
            return None
        self._next_ms = (at_ms // self._profile.stored_ms + 1) * self._profile.stored_ms
        if self._kept is not None and self._is_alike(self._kept, luma):
            self._kept = replace(self._kept, end_ms=at_ms + self._profile.stored_ms)
            return None
        made = self._made(at_ms, luma)
        if made is None:
            return None
        ended, self._kept = self._kept, made
        return None if ended is None else _cut(ended, at_ms)

    def finish(self, end_ms: int) -> KeyFrame | None:
        """Give the last stored frame, its run cut where the clip ends."""
        return None if self._kept is None else _cut(self._kept, max(end_ms, self._kept.start_ms + 1))

    def _made(self, at_ms: int, luma: Plane) -> KeyFrame | None:
        whole = pdq(luma)
        windows = reference_windows(luma, self._profile.windows)
        poor = (whole.quality or 0) < MIN_QUALITY or whole.is_degenerate
        if poor and len(windows) < MIN_WINDOWS:
            return None
        return KeyFrame(
            start_ms=at_ms,
            end_ms=at_ms + self._profile.stored_ms,
            pdq=whole,
            dhash=dhash128(luma),
            flat_share=flat_share(luma),
            windows=windows,
        )

    def _is_alike(self, kept: KeyFrame, luma: Plane) -> bool:
        if len(kept.windows) < MIN_WINDOWS:
            return pdq(luma).distance(kept.pdq) <= ALIKE_BITS
        area = AreaPlane.of(luma)
        # A lean look is enough: where it triggers, all of the stored windows are looked for.
        upload = query_windows(area, LEAN)
        hits = _hits(upload, kept.windows)
        if not len(hits):
            return False
        (evidence,) = weigh_windows(area, upload, [Triggered(windows=kept.windows, hits=hits)])
        return evidence.nats >= ALIKE_SHARE * float(RATIO_NATS[0]) * len(kept.windows)


def _cut(frame: KeyFrame, end_ms: int) -> KeyFrame:
    return replace(frame, end_ms=min(frame.end_ms, end_ms))


def _hits(upload: Windows, stored: Windows) -> I64:
    """Finds the pairs of windows that may be the same: int64 [h, 3], as `Triggered.hits`."""
    bits = code_distances(upload.codes, stored.codes)
    near = (bits <= SMALL_TRIGGER_BITS) | ((bits <= TRIGGER_BITS) & stored.large[None])
    rows, columns = np.nonzero(near)
    return np.stack([rows, columns, bits[near]], axis=1).astype(np.int64)
