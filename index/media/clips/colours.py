"""Colour pictures of a clip: which of its frames carry one, and how a decoded frame becomes one."""

from typing import Final

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from index.media.clips.luma import quarter_turns
from index.media.pictures import LATER_COLOUR_SIDE, Colours, fitted

# Matrices by what a stream says of itself (ITU-T H.273, MatrixCoefficients); of one that says nothing, or one that
# swscale does not know, the size tells, as players have it: high definition is BT.709, all else BT.601.
_MATRICES: Final = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
}
_MAX_SD: Final = (1279, 576)  # columns and rows, pixels


class Rhythm:
    """Which of a clip's sampled frames carry their colours: the first of each slot of time.

    The worker and its parent ask the same of the same frames, so the parent knows which parts have a picture. Where
    time stamps are too dense to be true, frames count instead, each for the time between two samples.

    Args:
        sampled_ms: Time that a sampled frame stands for, in milliseconds.
        every_ms: Length of a slot, in milliseconds; None where no frame carries any.
    """

    def __init__(self, sampled_ms: int, every_ms: int | None) -> None:
        self._every_ms = every_ms
        self._most_frames = 1 if every_ms is None else -(-every_ms // sampled_ms)
        self._since = 0
        self._next_ms = 0

    def takes(self, at_ms: int) -> bool:
        """Tell whether this frame carries its colours; to be asked once of each frame, in their order."""
        self._since += 1
        if self._every_ms is None or (at_ms < self._next_ms and self._since < self._most_frames):
            return False
        self._since = 0
        self._next_ms = (at_ms // self._every_ms + 1) * self._every_ms
        return True


def frame_colours(frame: VideoFrame, converter: VideoReformatter) -> Colours:
    """Convert a clip's frame, longest side at most `LATER_COLOUR_SIDE`; raises what its conversion raises.

    Args:
        frame: As it was decoded; turned here as its container asks.
        converter: Kept over the frames of one clip, as setting one up takes longer than a frame.
    """
    width, height = fitted(frame.width, frame.height, LATER_COLOUR_SIDE)
    is_full = frame.format.name.startswith("yuvj") or int(frame.color_range) == ColorRange.JPEG
    converted = converter.reformat(
        frame,
        width,
        height,
        "rgb24",
        src_colorspace=_matrix(frame),
        interpolation=Interpolation.AREA | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT,
        src_color_range=ColorRange.JPEG if is_full else ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
        threads=1,
    )
    return np.ascontiguousarray(np.rot90(converted.to_ndarray(), quarter_turns(frame)))


def _matrix(frame: VideoFrame) -> Colorspace:
    is_sd = frame.width <= _MAX_SD[0] and frame.height <= _MAX_SD[1]
    return _MATRICES.get(int(frame.colorspace), Colorspace.ITU601 if is_sd else Colorspace.ITU709)
