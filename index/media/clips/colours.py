"""Frames of a clip in colour: which frames are converted, and the conversion."""

from typing import Final

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from index.media.choices import OPEN_CHOICES, SecretChoices
from index.media.clips.luma import quarter_turns
from index.media.pictures import LATER_COLOUR_SIDE, Colours, fitted

# Colour matrices by the value in the stream (ITU-T H.273, MatrixCoefficients). If it is absent or unknown to swscale,
# the size decides, as in players: high definition is BT.709, everything else BT.601.
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
    """The rule for the sampled frames of a clip that come in colour: the first one in each time slot.

    The worker and its parent apply the rule to the same frames, so the parent knows which parts contain colours. If
    time stamps are implausibly dense, the number of frames decides, with `sampled_ms` for each frame.

    Args:
        sampled_ms: Time that a sampled frame represents, in milliseconds.
        every_ms: Length of a slot, in milliseconds; None for no frames in colour.
        choices: The secret that decides when, in each slot. The first frame comes in colour besides.
    """

    def __init__(self, sampled_ms: int, every_ms: int | None, choices: SecretChoices = OPEN_CHOICES) -> None:
        self._every_ms = every_ms
        self._choices = choices
        self._sampled_ms = sampled_ms
        longest_ms = 0 if every_ms is None else every_ms
        if choices.seed is not None:  # from the beginning of one slot to the last frame of the next
            longest_ms = max(longest_ms, 2 * longest_ms - sampled_ms)
        self._most_frames = max(1, -(-longest_ms // sampled_ms))
        self._since = 0
        self._next_ms = 0
        self._slot = -1

    def takes(self, at_ms: int) -> bool:
        """Return True if this frame comes in colour. Call it once for each frame, in their order."""
        self._since += 1
        if self._every_ms is None or (at_ms < self._next_ms and self._since < self._most_frames):
            return False
        self._since = 0
        slot = at_ms // self._every_ms
        # Of the first slot a frame at its secret time comes too, if the first frame is before it.
        own_ms = self._due_ms(slot, self._every_ms)
        is_again = self._slot < 0 and at_ms < own_ms
        self._slot = slot
        self._next_ms = own_ms if is_again else self._due_ms(slot + 1, self._every_ms)
        return True

    def _due_ms(self, slot: int, every_ms: int) -> int:
        # The first frame of a slot is as likely as any other: it is shown until `sampled_ms` after the beginning.
        return slot * every_ms + max(0, self._choices.colours_ms(slot, every_ms) - self._sampled_ms)


def frame_colours(frame: VideoFrame, size: tuple[int, int], converter: VideoReformatter) -> Colours:
    """Convert a frame to colours, longest side at most `LATER_COLOUR_SIDE`. Errors of the conversion pass through.

    Args:
        frame: The decoded frame. It is turned here as its container requests.
        size: Columns and rows of the frame with square pixels, before it is turned.
        converter: Shared by all frames of a clip, because its setup takes longer than a frame.
    """
    width, height = fitted(*size, LATER_COLOUR_SIDE)
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
