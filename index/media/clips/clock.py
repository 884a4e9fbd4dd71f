"""The time of a frame by a clock of our own, which starts at the first frame and never goes back.

Time stamps in a file cannot be trusted. Those of two joined transport streams start again in the middle, and a sampler
that trusts them misses the second half.
"""

from typing import Final

MILLISECONDS: Final = 1_000  # in a second
USUAL_RATE: Final = 25.0  # frames a second, if the file gives no rate
# Frames a second. A rate in this range is used if a time stamp is not; a higher rate would starve the sampler.
MIN_RATE: Final = 1.0
MAX_RATE: Final = 60.0
MAX_HOLD_S: Final = 30.0  # seconds; a longer time between frames is a jump of the time stamps


class Clock:
    """Computes the times of frames, in the order in which they are shown.

    Attributes:
        guesses: Number of time stamps that were missing, went back or jumped, so that the clock advanced by one frame.
    """

    def __init__(self, rate: float | None) -> None:
        """Start a clock, given the frames a second by the file, or None."""
        believed = min(max(rate or USUAL_RATE, MIN_RATE), MAX_RATE)
        self._step = 1 / believed
        self._now: float | None = None
        self._stamp: float | None = None
        self.guesses = 0

    @property
    def step_ms(self) -> int:
        """Time for which a frame is shown, in milliseconds, if no time stamp is known."""
        return round(self._step * MILLISECONDS)

    def at(self, stamp: float | None) -> int:
        """Return the time of the next frame, in milliseconds since the first.

        Args:
            stamp: Time stamp in the file, in seconds, or None.
        """
        if self._now is None:
            self._now = 0.0
        elif stamp is not None and self._stamp is not None and 0 < stamp - self._stamp <= MAX_HOLD_S:
            self._now += stamp - self._stamp
        else:
            self._now += self._step
            self.guesses += 1
        self._stamp = stamp
        return round(self._now * MILLISECONDS)
