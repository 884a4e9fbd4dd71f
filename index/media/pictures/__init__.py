"""Decode pictures into luma planes: formats, headers, colour modes and colours."""

from index.media.choices import OPEN_CHOICES, SEED_BYTES, SecretChoices, SeedOf
from index.media.pictures.colours import COLOUR_SIDE, LATER_COLOUR_SIDE, Colours, pack_colours, unpack_colours
from index.media.pictures.decoding import MatchingPlane, enrolment_planes, matching_plane
from index.media.pictures.detail import wants_none
from index.media.pictures.distinct_frames import LaterPlanes
from index.media.pictures.embedded import MAX_EMBEDDED_CLIPS, MAX_EMBEDDED_PICTURES, Embedded, embedded_media
from index.media.pictures.formats import SIZE_LIMITS, MediaFormat, size_limits_text, sniff
from index.media.pictures.opening import check_size
from index.media.pictures.planes import MATCHING_SIDE, REDUCING_GAP, fitted
from index.media.pictures.scenes import MAX_LATER_COLOURS
from index.media.pictures.shown import MAX_SHOWN, ShownPlane, ShownPlanes
from index.media.pictures.work import Work

__all__ = [
    "COLOUR_SIDE",
    "LATER_COLOUR_SIDE",
    "MATCHING_SIDE",
    "MAX_EMBEDDED_CLIPS",
    "MAX_EMBEDDED_PICTURES",
    "MAX_LATER_COLOURS",
    "MAX_SHOWN",
    "OPEN_CHOICES",
    "REDUCING_GAP",
    "SEED_BYTES",
    "SIZE_LIMITS",
    "Colours",
    "Embedded",
    "LaterPlanes",
    "MatchingPlane",
    "MediaFormat",
    "SecretChoices",
    "SeedOf",
    "ShownPlane",
    "ShownPlanes",
    "Work",
    "check_size",
    "embedded_media",
    "enrolment_planes",
    "fitted",
    "matching_plane",
    "pack_colours",
    "size_limits_text",
    "sniff",
    "unpack_colours",
    "wants_none",
]
