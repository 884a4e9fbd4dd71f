"""The processor time that the later frames and the parts of one file may take."""

import time
from dataclasses import dataclass, field
from typing import Final

from index.errors import TooManyPixels
from index.media.pictures.formats import MediaFormat

MAX_WORK_S: Final = 2.9
"""Processor time for one file in its worker, in seconds: decoding and description. A check takes at most 4 s; the rest
is the parent's part (`registry.matching.windows`) and a reserve."""

DESCRIPTION_S: Final = 0.015
"""Processor time for describing one plane, in seconds. Measured: 13 ms with windows."""

PART_S: Final = 0.016
"""Processor time for describing one part of a picture, in seconds. Measured: 11 to 20 ms."""

_DECODING_S: Final = {
    MediaFormat.GIF: 0.025,
    MediaFormat.PNG: 0.040,
    MediaFormat.WEBP: 0.040,
    MediaFormat.AVIF: 0.030,
    MediaFormat.TIFF: 0.030,
    MediaFormat.JPEG: 0.015,
    MediaFormat.HEIC: 0.080,
    MediaFormat.BMP: 0.010,
}
"""Processor time for decoding a million pixels and reducing them, in seconds. Measured with noisy pictures of 640 x 480
pixels (docs/performance.md)."""


def _now_s() -> float:
    return time.process_time()


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """The processor time of the work on one file.

    Attributes:
        began_s: Reading of `time.process_time` when the work began.
    """

    began_s: float = field(default_factory=_now_s)

    def room_for(self, wanted: int) -> int:
        """Return how many of so many planes that are decoded already can be described with windows."""
        left_s = MAX_WORK_S - (_now_s() - self.began_s)
        return max(0, min(wanted, int(left_s / PART_S)))

    def require_room(self, media_format: MediaFormat, pixels: int) -> None:
        """Check that one more picture of so many pixels can be decoded and described.

        Raises:
            TooManyPixels: The file would take more than `MAX_WORK_S`.
        """
        spent_s = _now_s() - self.began_s
        if spent_s + _DECODING_S[media_format] * pixels / 1e6 + DESCRIPTION_S > MAX_WORK_S:
            raise TooManyPixels("the frames of the file take more time than a check has")
