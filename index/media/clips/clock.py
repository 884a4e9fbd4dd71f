"""The time of a frame by a clock of our own: it starts at the first shown frame and only ever goes forward.

Time stamps are the file's word. Two joined transport streams begin anew in the middle, and a sampler that believes
them sees nothing of the second half.
"""

from typing import Final

MILLISECONDS: Final = 1_000  # of a second
USUAL_RATE: Final = 25.0  # frames a second where the file tells none
# Frames a second that are believed where a time stamp is not. A rate above would starve the sampler.
MIN_RATE: Final = 1.0
MAX_RATE: Final = 60.0
MAX_HOLD_S: Final = 30.0  # seconds for which one frame may stand; a longer one is a jump of the time stamps


class Clock:
    """Tells when frames are shown, in the order of showing.

    Attributes:
        guesses: How often a time stamp was missing, went back or jumped, and the clock advanced by one frame instead.
    """

    def __init__(self, rate: float | None) -> None:
        """Takes what the file says of its frames a second, or None."""
        believed = min(max(rate or USUAL_RATE, MIN_RATE), MAX_RATE)
        self._step = 1 / believed
        self._now: float | None = None
        self._stamp: float | None = None
        self.guesses = 0

    @property
    def step_ms(self) -> int:
        """How long one frame is shown where nothing else is known, in milliseconds."""
        return round(self._step * MILLISECONDS)

    def at(self, stamp: float | None) -> int:
        """Tell when the next frame is shown, in milliseconds since the first.

        Args:
            stamp: The file's time stamp in seconds, or None where it has none.
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
