"""The shape of a clip's pixels: how large its frames are when their pixels are made square, as a player shows them."""

from fractions import Fraction
from typing import Final

from av.video.stream import VideoStream

from index.limits import ClipLimits

# Width of a pixel over its height. Real ones lie between 8:15 and 64:45, and 1:4 and 4:1 if a side is stored halved
# twice. A pixel beyond these bounds is taken as square, as it is if the ratio is missing or has a zero.
MAX_STRETCH: Final = 8


class PixelShape:
    """The shape of the pixels of one video stream.

    As in FFmpeg and the players that use it, the container's ratio precedes that of the coded stream, which may change
    from frame to frame.

    Args:
        stream: The stream, before any of its packets is decoded.
    """

    def __init__(self, stream: VideoStream) -> None:
        self._context = stream.codec_context
        self._first = stream.sample_aspect_ratio
        self._is_fixed = self._first != self._context.sample_aspect_ratio and bool(self._first)

    @property
    def ratio(self) -> Fraction:
        """Width of a pixel over its height, for the frame that was decoded last."""
        found = self._first if self._is_fixed else self._context.sample_aspect_ratio or self._first
        if not found or not Fraction(1, MAX_STRETCH) <= found <= MAX_STRETCH:
            return Fraction(1)
        return found


def square_size(width: int, height: int, ratio: Fraction, limits: ClipLimits) -> tuple[int, int]:
    """Return columns and rows of a frame with square pixels.

    One side grows, so that nothing that is stored gets lost. Where this is above the limits of a frame, the other side
    shrinks instead.
    """
    grown = (round(width * ratio), height) if ratio > 1 else (width, round(height / ratio))
    if max(grown) <= limits.decoder.max_side and grown[0] * grown[1] <= limits.decoder.max_pixels:
        return grown
    return (width, max(1, round(height / ratio))) if ratio > 1 else (max(1, round(width * ratio)), height)
