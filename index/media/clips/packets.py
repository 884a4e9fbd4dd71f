"""Read the packets of a clip, and note how far each kind of stream goes.

Packets of sound are never decoded. Their times tell whether a file was read to its end: the picture of an honest file
may be shorter than its sound, and that of a truncated file is too.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from av.container import InputContainer
from av.video.stream import VideoStream

from index.errors import UndecodableMedia
from index.media.clips.clock import MILLISECONDS
from index.media.clips.containers import foreign_errors
from index.media.clips.covers import Covers

if TYPE_CHECKING:
    from av.packet import Packet  # generic in its stub only
    from av.stream import Stream

_MICROSECONDS: Final = 1_000_000  # in a second
INTERLEAVED_S: Final = 5.0  # seconds by which the sound of an interleaved file may precede its picture
_CHECKED_EACH: Final = 1_000  # packets of other streams, after which the caller's bound is asked


class Packets:
    """The packets of one video stream, in the order of the file.

    Args:
        container: The open container.
        stream: The video stream.
        covers: The still pictures, which get their packets, or None to leave these out.
        is_spent: Returns True if the limits are reached. Asked while no packet of the stream comes.

    Attributes:
        is_cut: True if reading ended by an error or a limit.
    """

    def __init__(
        self,
        container: InputContainer,
        stream: VideoStream,
        covers: Covers | None,
        is_spent: Callable[[], bool],
    ) -> None:
        self._container = container
        self._stream = stream
        self._covers = covers
        self._is_spent = is_spent
        self._start_s = (container.start_time or 0) / _MICROSECONDS
        self._first_s: float | None = None
        self._last_s = 0.0
        self._sound_s = self._sound_before_s = 0.0
        self.is_cut = False

    @property
    def sound_ms(self) -> float:
        """End of the sound that goes on behind the picture, in milliseconds since the start of the file, or 0.

        A file whose sound precedes its picture says nothing about the picture by the length of the sound.
        """
        if self._sound_before_s > self._last_s + INTERLEAVED_S:
            return 0.0
        return max(0.0, self._sound_s - self._start_s) * MILLISECONDS

    @property
    def picture_ms(self) -> float:
        """Time from the first to the end of the last packet of the stream, by their stamps, in milliseconds."""
        return 0.0 if self._first_s is None else (self._last_s - self._first_s) * MILLISECONDS

    def __iter__(self) -> "Iterator[Packet[VideoStream]]":
        others = 0
        for packet in self._demuxed():
            times = _times(packet)
            if packet.stream is self._stream:
                others = 0
                if times is not None:
                    self._first_s = times[0] if self._first_s is None else min(self._first_s, times[0])
                    self._last_s = max(self._last_s, times[1])
                    self._sound_before_s = self._sound_s
                yield packet  # type: ignore[misc] # the stream is that of a picture
                continue
            if self._covers is not None and packet.stream in self._covers.streams:
                self._covers.add(packet)  # type: ignore[arg-type] # the stream is that of a picture
            elif times is not None:
                self._sound_s = max(self._sound_s, times[1])
            others += 1
            if others % _CHECKED_EACH == 0 and self._is_spent():
                self.is_cut = True
                return

    def _demuxed(self) -> "Iterator[Packet[Stream]]":
        covers = [] if self._covers is None else self._covers.streams
        packets = self._container.demux([self._stream, *self._container.streams.audio, *covers])
        while True:
            try:
                with foreign_errors():
                    packet = next(packets, None)
            except UndecodableMedia:
                self.is_cut = True
                return
            if packet is None:
                return
            yield packet


def _times(packet: "Packet[Stream]") -> tuple[float, float] | None:
    """Return start and end of a packet, in seconds, or None if it has no time stamp."""
    if packet.pts is None or not packet.time_base:
        return None
    base = float(packet.time_base)
    return packet.pts * base, (packet.pts + max(0, packet.duration or 0)) * base
