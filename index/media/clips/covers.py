"""Still pictures in a clip: its cover, and thumbnails along its time line. Players show them, so they are looked at."""

from typing import TYPE_CHECKING, Final

from av.container import InputContainer

from index.arrays import Plane
from index.errors import MediaError
from index.limits import STANDARD, ClipLimits
from index.media.clips.containers import CODECS, STILLS, check_frame_size, foreign_errors
from index.media.clips.luma import luma_of

if TYPE_CHECKING:
    from av.packet import Packet  # generic in its stub only
    from av.video.stream import VideoStream

MAX_COVERS: Final = 16
"""Maximum number of still pictures of a clip that are looked at."""


class Covers:
    """The still pictures of an open clip, decoded as their packets come.

    Args:
        container: The open container.
        limits: The limits of the clip. A still picture has the pixels of a frame at most, and the bytes of a picture.

    Attributes:
        streams: The streams that hold them.
        lumas: The pictures: uint8 [rows, columns], longest side at most 512 pixels.
        is_whole: False if one of them was not looked at.
    """

    def __init__(self, container: InputContainer, limits: ClipLimits) -> None:
        self._limits = limits
        self.streams = [one for one in container.streams.video if one.disposition & STILLS]
        self.lumas: list[Plane] = []
        self.is_whole = True

    def add(self, packet: "Packet[VideoStream]") -> None:
        """Decode the next packet of one of the streams. A picture that cannot be decoded clears `is_whole`."""
        if not packet.size:
            return
        if len(self.lumas) >= MAX_COVERS or packet.size > STANDARD.max_bytes:
            self.is_whole = False
            return
        try:
            self.lumas += self._decoded(packet)
        except MediaError:
            self.is_whole = False

    def _decoded(self, packet: "Packet[VideoStream]") -> list[Plane]:
        with foreign_errors():
            context = packet.stream.codec_context
            if getattr(context, "name", None) not in CODECS:
                self.is_whole = False
                return []
            if not context.is_open:
                context.options = {"max_pixels": str(self._limits.decoder.max_pixels)}
                context.thread_type, context.thread_count = "NONE", 1
            frames = packet.decode()
            self.is_whole = self.is_whole and len(frames) == 1
            for frame in frames:
                check_frame_size(frame.width, frame.height, self._limits)
            return [luma_of(frame, (frame.width, frame.height)) for frame in frames]
