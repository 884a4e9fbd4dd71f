"""Fingerprint clips: entry point, key frames, worker messages, and the timeline fit of an upload."""

from index.clips.fingerprint import ClipFingerprinter, require_enrollable_clip
from index.clips.key_frames import CLIP_PROFILES, KeyFrame
from index.clips.timeline import FrameHit, TimelineFit, fit_timelines, support_of
from index.clips.values import (
    CLIP_VERSION,
    ClipFingerprint,
    ClipProgress,
    ClipQueryFrame,
    ClipSummary,
    Progress,
)

__all__ = [
    "CLIP_PROFILES",
    "CLIP_VERSION",
    "ClipFingerprint",
    "ClipFingerprinter",
    "ClipProgress",
    "ClipQueryFrame",
    "ClipSummary",
    "FrameHit",
    "KeyFrame",
    "Progress",
    "TimelineFit",
    "fit_timelines",
    "require_enrollable_clip",
    "support_of",
]
