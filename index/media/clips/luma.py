"""The luma of one decoded frame of a clip: upright, longest side at most 512 pixels, black 0 and white 255."""

from typing import Final

import numpy as np
from av.video.frame import VideoFrame
from PIL import Image

from index.arrays import Plane
from index.errors import UndecodableMedia
from index.media.pictures import MATCHING_SIDE, REDUCING_GAP, fitted

BYTE_BITS: Final = 8
QUARTER_TURN: Final = 90  # degrees

# Pixel formats whose first plane is luma, by bits of a sample. All others are converted.
_BYTES: Final = frozenset(
    {
        *("yuv410p", "yuv411p", "yuv420p", "yuv422p", "yuv440p", "yuv444p", "yuva420p", "nv12", "gray"),
        *("yuvj411p", "yuvj420p", "yuvj422p", "yuvj440p", "yuvj444p"),
    }
)
_WORDS: Final = {
    f"yuv{sampling}p{bits}le": bits for sampling in (420, 422, 440, 444) for bits in (9, 10, 12, 14)
} | {"gray10le": 10, "gray12le": 12}
_FULL_RANGE: Final = 2  # AVCOL_RANGE_JPEG

# Limited range: black is 16, white 235 (ITU-R BT.601).
_STRETCH: Final = np.rint((np.arange(256) - 16) * (255 / 219)).clip(0, 255).astype(np.uint8)


def luma_of(frame: VideoFrame, size: tuple[int, int], side: int = MATCHING_SIDE) -> Plane:
    """Reduce a frame to its matching plane. Errors of the conversion pass through.

    Colours are not decoded: the first plane of nearly every clip is luma.

    Args:
        frame: The decoded frame. It is turned here as its container requests.
        size: Columns and rows of the frame with square pixels, before it is turned.
        side: Longest side of the plane, in pixels, at most.
    """
    coded, is_full = _with_luma(frame)
    plane = _reduced(_samples(coded), fitted(*size, side))
    turned = np.rot90(plane if is_full else _STRETCH[plane], quarter_turns(frame))
    return np.ascontiguousarray(turned)


def coded_luma_of(frame: VideoFrame) -> Plane:
    """Return a frame's luma as coded: all pixels, not turned. Errors of the conversion pass through."""
    coded, is_full = _with_luma(frame)
    plane = _samples(coded)
    return plane if is_full else _STRETCH[plane]


def samples_of(frame: VideoFrame) -> Plane:
    """Return a frame's luma with all pixels, not turned and not stretched. Errors of the conversion pass through."""
    return _samples(_with_luma(frame)[0])


def quarter_turns(frame: VideoFrame) -> int:
    """Return the quarter turns counter-clockwise that make a frame upright, by the container's display matrix."""
    return round(frame.rotation / QUARTER_TURN) % 4


def _with_luma(frame: VideoFrame) -> tuple[VideoFrame, bool]:
    """Return a frame whose first plane is luma, and True if its black is 0."""
    name = frame.format.name
    if name not in _BYTES and name not in _WORDS:
        return frame.reformat(format="gray"), True
    return frame, name.startswith("yuvj") or int(frame.color_range) == _FULL_RANGE


def _samples(frame: VideoFrame) -> Plane:
    """Return the first plane, with eight bits a sample."""
    width, height = frame.width, frame.height
    first = frame.planes[0]
    samples = memoryview(first)
    bits = _WORDS.get(frame.format.name, BYTE_BITS)
    if first.line_size < width * (1 if bits == BYTE_BITS else 2) or min(width, height) < 1:
        raise UndecodableMedia("a frame is upside down in memory")
    if bits == BYTE_BITS:
        return np.frombuffer(samples, np.uint8).reshape(height, -1)[:, :width]
    words = np.frombuffer(samples, "<u2").reshape(height, -1)[:, :width]
    return (words >> (bits - BYTE_BITS)).astype(np.uint8)


def _reduced(plane: Plane, target: tuple[int, int]) -> Plane:
    image = Image.fromarray(plane)
    if target != image.size:
        image = image.resize(target, Image.Resampling.BILINEAR, reducing_gap=REDUCING_GAP)
    return np.asarray(image)
