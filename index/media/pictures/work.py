"""The processor time that the later frames and the parts of one file may take."""

import time
from dataclasses import dataclass, field
from typing import Final

from index.errors import TooManyPixels
from index.media.pictures.formats import MediaFormat

MAX_WORK_S: Final = 2.6
"""Processor time for one file in its worker, in seconds: decoding, and the description of all that was decoded. The
parent's part of a check takes up to 1.2 s (`registry.matching.windows`), and a check at most 4 s."""

WHOLE_CODES_S: Final = 0.005
"""Processor time for the whole codes of one plane of 512 x 384 pixels, in seconds. Measured: 4.6 to 5.5 ms."""

WINDOWS_S: Final = 0.008
"""The same for the anchored windows of a plane. Measured: 7.5 ms."""

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


@dataclass(slots=True)
class Work:
    """The processor time spent and planned for one file.

    Attributes:
        began_s: Reading of `time.process_time` when the work on the file began.
        planned_s: Processor time for describing the planes that were decoded, in seconds.
    """

    began_s: float = field(default_factory=_now_s)
    planned_s: float = 0.0

    def plan(self, *, in_full: bool) -> None:
        """Plan the description of one plane, with windows if it is looked at in full."""
        self.planned_s += WHOLE_CODES_S + WINDOWS_S * in_full

    def room_for(self, wanted: int) -> int:
        """Return how many of so many planes that are decoded already can be described with windows."""
        left_s = MAX_WORK_S - (_now_s() - self.began_s) - self.planned_s
        return max(0, min(wanted, int(left_s / PART_S)))

    def require_room(self, media_format: MediaFormat, pixels: int) -> None:
        """Check that so many more pixels can be decoded.

        Raises:
            TooManyPixels: The file would take more than `MAX_WORK_S`.
        """
        spent_s = _now_s() - self.began_s
        if spent_s + self.planned_s + _DECODING_S[media_format] * pixels / 1e6 > MAX_WORK_S:
            raise TooManyPixels("the frames of the file take more time than a check has")
