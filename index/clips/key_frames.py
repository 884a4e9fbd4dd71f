"""Choose the key frames of a registered clip: at most one a second, and only when the picture has changed.

A clip is registered by its key frames, each with whole codes and anchored windows. A frame is similar to the last key
frame if the windows of that key frame are found in it, as a check would find them (`index.windows.likelihood`). A
talking head has few key frames, and the run of time that a key frame represents counts as one piece of evidence.
"""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from index.arrays import I64, Plane
from index.hashing import Code, dhash128, pdq, template_share
from index.regions import RegionalSignature, regional_signature
from index.windows import (
    FRAMES,
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
"""Minimum PDQ quality. Without it, black frames match each other."""
MIN_WINDOWS: Final = 8
"""Number of windows from which a frame is stored despite a lower quality. Frames of dark clips have that many."""

SIMILAR_SHARE: Final = 0.5
"""Minimum share of a key frame's maximum evidence for a later frame to be similar. Measured against the first frame:
0.60 to 0.97 over 12 s for six drawn talking heads (sway, turns of 2 degrees, mouth, blinks, noise); 0.91 to 0.95 in the
first 1.5 s of the camera pan of `pattern-hd`, 0.52 after 2 s, then 0.28 and less; 0 for unrelated frames. At 0.5, a
re-upload that keeps a third of the windows still has a sixth of the evidence, well above the nats that find a frame."""

SIMILAR_BITS: Final = 20
"""Maximum PDQ distance of similar frames with too few windows. Noise and re-encoding cause 2 to 14 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipProfile:
    """Density with which clips are described.

    Attributes:
        name: Name, stored with the key frames.
        windows: Number and sizes of a frame's windows.
        stored_ms: Minimum time between key frames of a registered clip, in milliseconds.
        asked_ms: Time between query frames of an upload, in milliseconds.
    """

    name: str
    windows: MatchingProfile
    stored_ms: int
    asked_ms: int = 500


CLIP_FULL: Final = ClipProfile(name="full", windows=FRAMES, stored_ms=1000)
CLIP_LEAN: Final = ClipProfile(name="lean", windows=LEAN, stored_ms=1000)
CLIP_SPARSE: Final = ClipProfile(name="sparse", windows=LEAN, stored_ms=2000)
CLIP_PROFILES: Final = {profile.name: profile for profile in (CLIP_FULL, CLIP_LEAN, CLIP_SPARSE)}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeyFrame:
    """A stored frame of a registered clip, and the run of time that it represents.

    Attributes:
        start_ms: Time at which the frame is shown, in milliseconds since the clip's first frame.
        end_ms: End of the last similar frame, likewise.
        pdq: PDQ of the frame, with quality.
        dhash: dHash-128 of the frame.
        flat_share: Share of the frame that is one grey level, 0 to 1; 1 for a graphic.
        windows: Anchored windows of the frame, chosen as for a registered picture.
        regions: Regional signature of the frame; None for frames of older versions.
    """

    start_ms: int
    end_ms: int
    pdq: Code = field(repr=False)
    dhash: Code = field(repr=False)
    flat_share: float
    windows: Windows = field(repr=False)
    regions: RegionalSignature | None = field(default=None, repr=False)


class FrameKeeper:
    """Selection of the key frames of one clip from its frames in their order. For one thread."""

    def __init__(self, profile: ClipProfile) -> None:
        self._profile = profile
        self._kept: KeyFrame | None = None
        self._next_ms = 0

    def add(self, at_ms: int, luma: Plane) -> KeyFrame | None:
        """Process the next frame. Return the key frame whose run it ends, if any.

        Frames that follow sooner than the profile allows are ignored, and so are frames of too little information: a
        run continues after a short black.

        Args:
            at_ms: Time at which the frame is shown, in milliseconds.
            luma: uint8 [rows, columns].
        """
        if at_ms < self._next_ms:
            return None
        self._next_ms = (at_ms // self._profile.stored_ms + 1) * self._profile.stored_ms
        if self._kept is not None and self._is_similar(self._kept, luma):
            self._kept = replace(self._kept, end_ms=at_ms + self._profile.stored_ms)
            return None
        made = self._made(at_ms, luma)
        if made is None:
            return None
        ended, self._kept = self._kept, made
        return None if ended is None else _cut(ended, at_ms)

    def finish(self, end_ms: int) -> KeyFrame | None:
        """Return the last key frame. Its run ends with the clip."""
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
            flat_share=template_share(luma),
            windows=windows,
            regions=regional_signature(luma),
        )

    def _is_similar(self, kept: KeyFrame, luma: Plane) -> bool:
        if len(kept.windows) < MIN_WINDOWS:
            return pdq(luma).distance(kept.pdq) <= SIMILAR_BITS
        area = AreaPlane.of(luma)
        # The LEAN profile is enough: after a trigger, all windows of the key frame are compared.
        upload = query_windows(area, LEAN)
        hits = _hits(upload, kept.windows)
        if not len(hits):
            return False
        (evidence,) = weigh_windows(area, upload, [Triggered(windows=kept.windows, hits=hits)])
        return evidence.nats >= SIMILAR_SHARE * float(RATIO_NATS[0]) * len(kept.windows)


def _cut(frame: KeyFrame, end_ms: int) -> KeyFrame:
    return replace(frame, end_ms=min(frame.end_ms, end_ms))


def _hits(upload: Windows, stored: Windows) -> I64:
    """Return the pairs of windows that may show the same: int64 [h, 3], as `Triggered.hits`."""
    bits = code_distances(upload.codes, stored.codes)
    near = (bits <= SMALL_TRIGGER_BITS) | ((bits <= TRIGGER_BITS) & stored.large[None])
    rows, columns = np.nonzero(near)
    return np.stack([rows, columns, bits[near]], axis=1).astype(np.int64)
