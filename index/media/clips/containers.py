"""Open a clip: detect the container by its first bytes and choose its video stream. No frame is decoded here.

FFmpeg may use only one demuxer and the listed decoders, and may open no other file: playlists (m3u8, DASH, concat) are
not among the containers, and references to other files are refused.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import BinaryIO, Final, NoReturn

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from index.errors import DecoderFailed, EmptyMedia, MediaError, TooManyPixels, UndecodableMedia, UnknownFormat
from index.limits import ClipLimits


class ClipFormat(StrEnum):
    """The supported container formats; all others are refused. The value is the name in a fingerprint."""

    MP4 = "mp4"
    MATROSKA = "matroska"
    AVI = "avi"
    MPEGTS = "mpegts"
    FLV = "flv"
    OGG = "ogg"


# FFmpeg's names of the demuxers. Each container format is opened with one demuxer only.
_DEMUXERS: Final[Mapping[ClipFormat, str]] = {
    ClipFormat.MP4: "mov",
    ClipFormat.MATROSKA: "matroska",
    ClipFormat.AVI: "avi",
    ClipFormat.MPEGTS: "mpegts",
    ClipFormat.FLV: "flv",
    ClipFormat.OGG: "ogg",
}
WHITE_LIST: Final = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,flv,ogg"

# FFmpeg has about 250 video decoders, most of them for formats that no browser or phone produces.
CODECS: Final = frozenset(
    {
        *("h264", "hevc", "vp8", "vp9", "libdav1d", "mpeg4", "mpeg2video", "mpeg1video"),
        *("theora", "mjpeg", "h263", "flv", "vp6f", "prores"),
    }
)

# First boxes of a QuickTime or MP4 file (ISO/IEC 14496-12, QuickTime File Format), from the fifth byte.
_BOXES: Final = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"})
_BOX_NAME: Final = slice(4, 8)
_EBML: Final = b"\x1a\x45\xdf\xa3"
_SYNC: Final = 0x47  # first byte of each packet of a transport stream (ISO/IEC 13818-1)
_PACKETS: Final = (188, 192, 204)  # bytes of a packet: plain, with a time stamp (m2ts), with a checksum
_SYNCS: Final = 4  # consecutive packets that identify a transport stream
HEAD_BYTES: Final = max(_PACKETS) * (_SYNCS + 1)

# Still pictures in a container: a cover, thumbnails along the time line.
_STILLS: Final = Disposition.attached_pic | Disposition.timed_thumbnails


@contextmanager
def foreign_errors() -> Iterator[None]:
    """Convert every exception of a decoder into one of our errors.

    Damaged files make PyAV raise not only its own errors but also IndexError, UnicodeDecodeError, AttributeError and
    more.

    Raises:
        DecoderFailed: Memory ran out.
        UndecodableMedia: Anything else.
    """
    try:
        yield
    except MediaError:
        raise
    except MemoryError:
        raise DecoderFailed("the decoder went over its limits") from None
    except Exception:  # noqa: BLE001 - see above
        raise UndecodableMedia("the clip is truncated or damaged") from None


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
    if head.startswith(_EBML):
        return ClipFormat.MATROSKA
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return ClipFormat.AVI
    if head.startswith(b"FLV\x01"):
        return ClipFormat.FLV
    if head.startswith(b"OggS"):
        return ClipFormat.OGG
    if any(_has_packets(head, length) for length in _PACKETS):
        return ClipFormat.MPEGTS
    raise UnknownFormat(f"the content is none of {', '.join(ClipFormat)}")


def _has_packets(head: bytes, length: int) -> bool:
    """Return True if consecutive packets of this length start within the first packet length."""
    starts = range(min(length, len(head)))
    return any(
        head[start] == _SYNC and head[start::length][:_SYNCS] == bytes([_SYNC]) * _SYNCS for start in starts
    )


def open_container(source: BinaryIO, limits: ClipLimits) -> tuple[ClipFormat, InputContainer]:
    """Open a clip with the one demuxer for its container format.

    Raises:
        MediaError: `EmptyMedia`, `UnknownFormat`, `UndecodableMedia` or `DecoderFailed`.
    """
    with foreign_errors():
        media_format = sniff_clip(source.read(HEAD_BYTES))
        source.seek(0)
        container = av.open(
            source,
            "r",
            format=_DEMUXERS[media_format],
            options={
                "format_whitelist": WHITE_LIST,
                "codec_whitelist": ",".join(sorted(CODECS)),
                "protocol_whitelist": "none",
                "enable_drefs": "0",
                "max_pixels": str(limits.decoder.max_pixels),
                "threads": "1",
            },
            io_open=_refused,
            metadata_errors="replace",
        )
    return media_format, container


def moving_picture(container: InputContainer, limits: ClipLimits) -> tuple[VideoStream, bool]:
    """Return the first video stream, ready to decode, and True if it is the only one.

    Raises:
        UndecodableMedia: There is no video stream.
        UnknownFormat: Its codec is not one of `CODECS`.
        TooManyPixels: The header announces frames above the limits.
    """
    with foreign_errors():
        moving = [stream for stream in container.streams.video if not stream.disposition & _STILLS]
        if not moving:
            raise UndecodableMedia("the file has no moving picture")
        stream = moving[0]
        context = stream.codec_context
        if getattr(context, "name", None) not in CODECS:  # None if FFmpeg may not open the codec
            raise UnknownFormat(f"the moving picture is none of {', '.join(sorted(CODECS))}")
        check_frame_size(context.width, context.height, limits)
        context.options = {"max_pixels": str(limits.decoder.max_pixels)}
        context.thread_type = "NONE"
        context.thread_count = 1
    return stream, len(moving) == 1


def check_frame_size(width: int, height: int, limits: ClipLimits) -> None:
    """Check the size of frames, in pixels.

    Raises:
        TooManyPixels: The frames are above the limits.
    """
    if max(width, height) > limits.decoder.max_side or width * height > limits.decoder.max_pixels:
        raise TooManyPixels("the frames have more pixels than are decoded")


def _refused(*_: object) -> NoReturn:
    raise UndecodableMedia("the clip refers to another file")
