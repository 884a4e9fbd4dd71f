"""Decode clips into frames: containers, frame times, luma and colours."""

from index.media.clips.clock import MAX_HOLD_S, MILLISECONDS, USUAL_RATE
from index.media.clips.colours import Rhythm
from index.media.clips.containers import (
    CODECS,
    HEAD_BYTES,
    WHITE_LIST,
    ClipFormat,
    foreign_errors,
    sniff_clip,
)
from index.media.clips.decoding import MAX_RATE, Clip
from index.media.clips.kinds import KIND_BYTES, is_clip
from index.media.clips.luma import coded_luma_of

__all__ = [
    "CODECS",
    "HEAD_BYTES",
    "KIND_BYTES",
    "MAX_HOLD_S",
    "MAX_RATE",
    "MILLISECONDS",
    "USUAL_RATE",
    "WHITE_LIST",
    "Clip",
    "ClipFormat",
    "Rhythm",
    "coded_luma_of",
    "foreign_errors",
    "is_clip",
    "sniff_clip",
]
