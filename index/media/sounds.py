"""Recognise sound files by their first bytes, so that they are refused as what they are and never as damaged.

A sound file may contain a cover picture. The file is refused all the same: an error is never an allow.
"""

from collections.abc import Callable
from typing import Final

from index.errors import SoundOnly

_FIRST_BYTES: Final = (
    b"ID3",  # an ID3v2 tag, before MP3 and AAC
    b"fLaC",
    b"#!AMR",
    b"MThd",  # MIDI
    b"caff",  # Core Audio
    b"wvpk",  # WavPack
    b"MAC ",  # Monkey's Audio
    b".snd",  # Sun AU
    b"MPCK",  # Musepack
    b"TTA1",
)
_FORMS: Final = {b"RIFF": (b"WAVE",), b"RF64": (b"WAVE",), b"FORM": (b"AIFF", b"AIFC")}
# Brands of MP4 files that contain sound only (mp4ra.org; F4A and F4B are Adobe's).
_SOUND_BRANDS: Final = frozenset({b"M4A ", b"M4B ", b"M4P ", b"F4A ", b"F4B "})

# MPEG audio (ISO/IEC 11172-3, 13818-3): kilobits a second by version and layer, samples a second of version 1.
_KILOBITS: Final = {
    (1, 1): tuple(range(32, 480, 32)),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES: Final = (44_100, 48_000, 32_000)
_RATE_DIVISORS: Final = {3: 1, 2: 2, 0: 4}  # by the two bits of the version: 1, 2, 2.5
_SAMPLES: Final = {(1, 1): 384, (1, 2): 1152, (1, 3): 1152, (2, 1): 384, (2, 2): 1152, (2, 3): 576}
_ADTS_RATES: Final = 13  # number of sampling frequencies (ISO/IEC 14496-3)
_HEADER_BYTES: Final = 7  # enough for either header
_HEAD_BYTES: Final = 4_096  # more than two frames of any kind; what lies behind is not looked at

# Ogg (RFC 3533): a page's header, the flag of a stream's first page, and the first bytes of the codecs of sound.
_PAGE_BYTES: Final = 27
_FIRST_PAGE: Final = 0x02
_OGG_SOUND: Final = (b"\x01vorbis", b"OpusHead", b"Speex   ", b"\x7fFLAC", b"fLaC")
_OGG_INDEX: Final = b"fishead\0"


def refuse_sound(head: bytes) -> None:
    """Refuse a sound file, given its first bytes, or all bytes of a shorter file.

    Raises:
        SoundOnly: The first bytes are those of a sound file.
    """
    head = bytes(head[:_HEAD_BYTES])
    if (
        head.startswith(_FIRST_BYTES)
        or head[8:12] in _FORMS.get(head[:4], ())
        or (head[4:8] == b"ftyp" and head[8:12] in _SOUND_BRANDS)
        or _is_ogg_sound(head)
        or _has_frames(head, _mpeg_frame_bytes)
        or _has_frames(head, _adts_frame_bytes)
    ):
        raise SoundOnly("the file has sound and no moving picture")


def _has_frames(head: bytes, measure: Callable[[bytes], int]) -> bool:
    """Return True if a frame of sound starts the file, and another follows it as far as the bytes tell."""
    length = measure(head[:_HEADER_BYTES])
    after = head[length : length + _HEADER_BYTES]
    return length > 0 and (len(after) < _HEADER_BYTES or measure(after) > 0)


def _mpeg_frame_bytes(header: bytes) -> int:
    """Return the length of the frame of MPEG audio that a header starts, or 0."""
    if len(header) < _HEADER_BYTES or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:  # noqa: PLR2004  the sync word
        return 0
    divisor = _RATE_DIVISORS.get(header[1] >> 3 & 3)
    layer = 4 - (header[1] >> 1 & 3)
    kilobits, rate = header[2] >> 4, header[2] >> 2 & 3
    if divisor is None or (1, layer) not in _KILOBITS or not 1 <= kilobits <= len(_KILOBITS[1, 1]):
        return 0
    if rate >= len(_RATES):
        return 0
    kind = (1 if divisor == 1 else 2, layer)
    slot = 4 if layer == 1 else 1  # bytes
    bits = _KILOBITS[kind][kilobits - 1] * 1000
    slots = _SAMPLES[kind] * bits * divisor // (8 * slot * _RATES[rate])
    return (slots + (header[2] >> 1 & 1)) * slot


def _adts_frame_bytes(header: bytes) -> int:
    """Return the length of the frame of AAC that a header starts, or 0."""
    is_synced = len(header) == _HEADER_BYTES and header[0] == 0xFF and header[1] & 0xF6 == 0xF0  # noqa: PLR2004
    if not is_synced or header[2] >> 2 & 0xF >= _ADTS_RATES:
        return 0
    length = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return length if length > _HEADER_BYTES else 0


def _is_ogg_sound(head: bytes) -> bool:
    """Return True if every stream of an Ogg file is sound. Their first pages precede all others."""
    at, sounds = 0, 0
    while head[at : at + 4] == b"OggS" and at + _PAGE_BYTES <= len(head):
        if not head[at + 5] & _FIRST_PAGE:
            return sounds > 0
        body = at + _PAGE_BYTES + head[at + 26]
        if head.startswith(_OGG_SOUND, body):
            sounds += 1
        elif not head.startswith(_OGG_INDEX, body):
            return False
        at = body + sum(head[at + _PAGE_BYTES : body])
    return False
