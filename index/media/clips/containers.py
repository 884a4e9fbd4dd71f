"""Open a clip with the one demuxer for its container, and choose its video stream. No frame is decoded here.

FFmpeg may use only one demuxer and the listed decoders, and may open no other file: playlists (m3u8, DASH, concat) are
not among the containers, and references to other files are refused.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO, Final, NoReturn

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from index.errors import DecoderFailed, MediaError, SoundOnly, TooManyPixels, UndecodableMedia, UnknownFormat
from index.limits import ClipLimits
from index.media.clips.sniffing import HEAD_BYTES, ClipFormat, sniff_clip, stated_bytes
from index.media.sounds import refuse_sound

# FFmpeg's names of the demuxers. Each container format is opened with one demuxer only.
_DEMUXERS: Final[Mapping[ClipFormat, str]] = {
    ClipFormat.MP4: "mov",
    ClipFormat.MATROSKA: "matroska",
    ClipFormat.AVI: "avi",
    ClipFormat.MPEGTS: "mpegts",
    ClipFormat.FLV: "flv",
    ClipFormat.OGG: "ogg",
    ClipFormat.ASF: "asf",
    ClipFormat.MPEGPS: "mpeg",
    ClipFormat.DV: "dv",
}
WHITE_LIST: Final = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,flv,ogg,asf,mpeg,dv"

# FFmpeg has about 250 video decoders, most of them for formats that nobody uploads. docs/video.md says why others are
# left out.
CODECS: Final = frozenset(
    {
        *("h264", "hevc", "vp8", "vp9", "libdav1d", "mpeg4", "mpeg2video", "mpeg1video"),
        *("theora", "mjpeg", "h263", "flv", "vp6f", "prores"),
        # Old cameras, discs and desktops.
        *("wmv1", "wmv2", "wmv3", "vc1", "msmpeg4v1", "msmpeg4v2", "msmpeg4", "dvvideo", "qtrle"),
        *("vp6", "vp6a", "mjpegb", "rawvideo", "png"),
    }
)

# Still pictures in a container: a cover, thumbnails along the time line.
STILLS: Final = Disposition.attached_pic | Disposition.timed_thumbnails


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


def open_container(source: BinaryIO, limits: ClipLimits) -> tuple[ClipFormat, InputContainer, bool | None]:
    """Open a clip with the one demuxer for its container format.

    Return the format, the open container, and whether all bytes are there that the first ones state; None if they do
    not state it.

    Raises:
        MediaError: `EmptyMedia`, `UnknownFormat`, `SoundOnly`, `UndecodableMedia` or `DecoderFailed`.
    """
    with foreign_errors():
        head = source.read(HEAD_BYTES)
        refuse_sound(head)
        media_format = sniff_clip(head)
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
        stated = stated_bytes(media_format, head)
    return media_format, container, None if stated is None else stated <= container.size


def moving_picture(container: InputContainer, limits: ClipLimits) -> tuple[VideoStream, bool]:
    """Return the first video stream, ready to decode, and True if it is the only one.

    Raises:
        SoundOnly: There is sound, and no video stream but covers.
        UndecodableMedia: There is neither.
        UnknownFormat: Its codec is not one of `CODECS`.
        TooManyPixels: The header announces frames above the limits.
    """
    with foreign_errors():
        moving = [stream for stream in container.streams.video if not stream.disposition & STILLS]
        if not moving and container.streams.audio:
            raise SoundOnly("the file has sound and no moving picture")
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
