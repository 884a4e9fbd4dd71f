"""Decode clips into frames: containers, frame times, luma and colours."""

from index.media.choices import OPEN_CHOICES, SEED_BYTES, SecretChoices, SeedOf
from index.media.clips.clock import MAX_HELD_S, MAX_HOLD_S, MILLISECONDS, USUAL_RATE
from index.media.clips.colours import Rhythm
from index.media.clips.containers import CODECS, WHITE_LIST, foreign_errors
from index.media.clips.decoding import MAX_RATE, Clip, GridFrame
from index.media.clips.kinds import KIND_BYTES, is_clip
from index.media.clips.luma import coded_luma_of
from index.media.clips.second_looks import EACH_SLOT, CodeOf
from index.media.clips.sniffing import HEAD_BYTES, ClipFormat, sniff_clip

__all__ = [
    "CODECS",
    "EACH_SLOT",
    "HEAD_BYTES",
    "KIND_BYTES",
    "MAX_HELD_S",
    "MAX_HOLD_S",
    "MAX_RATE",
    "MILLISECONDS",
    "OPEN_CHOICES",
    "SEED_BYTES",
    "USUAL_RATE",
    "WHITE_LIST",
    "Clip",
    "ClipFormat",
    "CodeOf",
    "GridFrame",
    "Rhythm",
    "SecretChoices",
    "SeedOf",
    "coded_luma_of",
    "foreign_errors",
    "is_clip",
    "sniff_clip",
]
