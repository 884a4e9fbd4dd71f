"""Detect the container of a clip by its first bytes."""

from enum import StrEnum
from typing import Final

from index.errors import EmptyMedia, UnknownFormat


class ClipFormat(StrEnum):
    """The supported container formats; all others are refused. The value is the name in a fingerprint.

    Their order is part of the messages of a worker: new formats come last.
    """

    MP4 = "mp4"
    MATROSKA = "matroska"
    AVI = "avi"
    MPEGTS = "mpegts"
    FLV = "flv"
    OGG = "ogg"
    ASF = "asf"
    MPEGPS = "mpegps"
    DV = "dv"


# First boxes of a QuickTime or MP4 file (ISO/IEC 14496-12, QuickTime File Format), from the fifth byte.
_BOXES: Final = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"})
_BOX_NAME: Final = slice(4, 8)
_EBML: Final = b"\x1a\x45\xdf\xa3"  # the element at the start of a Matroska file
_SEGMENT: Final = b"\x18\x53\x80\x67"  # the element behind it, which holds everything else
_FIRST_BYTES: Final = {
    _EBML: ClipFormat.MATROSKA,
    b"FLV\x01": ClipFormat.FLV,
    b"OggS": ClipFormat.OGG,
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c": ClipFormat.ASF,
    b"\0\0\1\xba": ClipFormat.MPEGPS,  # the header of a pack (ISO/IEC 11172-1, 13818-1)
    b"\x1f\x07\0\x3f": ClipFormat.DV,  # the header of a DIF sequence (IEC 61834): 60 and 50 fields a second
    b"\x1f\x07\0\xbf": ClipFormat.DV,
}
_SYNC: Final = 0x47  # first byte of each packet of a transport stream (ISO/IEC 13818-1)
_PACKETS: Final = (188, 192, 204)  # bytes of a packet: plain, with a time stamp (m2ts), with a checksum
_SYNCS: Final = 4  # consecutive packets that identify a transport stream
_RIFF_BYTES: Final = 8  # before the bytes that a RIFF file counts
# The File Properties Object of ASF, and the places of the file's size and of the flags in it.
_ASF_PROPERTIES: Final = b"\xa1\xdc\xab\x8c\x47\xa9\xcf\x11\x8e\xe4\x00\xc0\x0c\x20\x53\x65"
_ASF_SIZE: Final = 40
_ASF_FLAGS: Final = 88
_ASF_LIVE: Final = 1  # a broadcast, whose size was not known
HEAD_BYTES: Final = max(_PACKETS) * (_SYNCS + 1)


def sniff_clip(head: bytes) -> ClipFormat:
    """Return the container format of a file, given its first `HEAD_BYTES` bytes.

    Raises:
        EmptyMedia: There are no bytes.
        UnknownFormat: The container is not supported.
    """
    if not head:
        raise EmptyMedia("the file has no bytes")
    if head[_BOX_NAME] in _BOXES:
        return ClipFormat.MP4
    for magic, media_format in _FIRST_BYTES.items():
        if head.startswith(magic):
            return media_format
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return ClipFormat.AVI
    if any(_has_packets(head, length) for length in _PACKETS):
        return ClipFormat.MPEGTS
    raise UnknownFormat(f"the content is none of {', '.join(ClipFormat)}")


def stated_bytes(media_format: ClipFormat, head: bytes) -> int | None:
    """Return the length of a file by its first bytes, or None if these do not state it. Not to be trusted.

    AVI and ASF: their demuxers adapt the announced time to the bytes that are there, so only the bytes tell that a file
    is cut off. Matroska: it has no time at which the last picture ends, so only the bytes tell that it is not.
    """
    match media_format:
        case ClipFormat.AVI:
            return _RIFF_BYTES + int.from_bytes(head[4:8], "little")
        case ClipFormat.ASF:
            return _asf_bytes(head)
        case ClipFormat.MATROSKA:
            return _matroska_bytes(head)
        case _:
            return None


def _asf_bytes(head: bytes) -> int | None:
    at = head.find(_ASF_PROPERTIES)
    if not 0 <= at < len(head) - _ASF_FLAGS or head[at + _ASF_FLAGS] & _ASF_LIVE:
        return None
    return int.from_bytes(head[at + _ASF_SIZE : at + _ASF_SIZE + 8], "little")


def _matroska_bytes(head: bytes) -> int | None:
    """Return the end of the first segment, which the header of the file precedes (RFC 9559)."""
    header = _element_size(head, len(_EBML))
    if header is None:
        return None
    segment = sum(header)
    if head[segment : segment + len(_SEGMENT)] != _SEGMENT:
        return None
    size = _element_size(head, segment + len(_SEGMENT))
    return None if size is None else sum(size)


def _element_size(head: bytes, at: int) -> tuple[int, int] | None:
    """Read the size of an element of EBML (RFC 8794) at a place. Return the place behind it, and the size, or None."""
    first = head[at] if at < len(head) else 0
    length = 9 - first.bit_length()
    if not first or at + length > len(head):
        return None
    mask = (1 << 7 * length) - 1
    size = int.from_bytes(head[at : at + length]) & mask
    return None if size == mask else (at + length, size)  # all ones: unknown, as in a live recording


def _has_packets(head: bytes, length: int) -> bool:
    """Return True if consecutive packets of this length start within the first packet length."""
    starts = range(min(length, len(head)))
    return any(
        head[start] == _SYNC and head[start::length][:_SYNCS] == bytes([_SYNC]) * _SYNCS for start in starts
    )
