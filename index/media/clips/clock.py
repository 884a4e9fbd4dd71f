"""The time of a frame by a clock of our own, which starts at the first frame and never goes back.

Time stamps in a file cannot be trusted. Those of two joined transport streams start again in the middle, and a sampler
that trusts them misses the second half. A picture that is held for a minute, however, is shown for a minute. So a long
step forwards is believed unless the file contradicts it, but it spends none of the time that is looked at: whatever the
stamps say, what follows a step is decoded.
"""

from typing import Final

MILLISECONDS: Final = 1_000  # in a second
USUAL_RATE: Final = 25.0  # frames a second, if the file gives no rate
# Frames a second. A rate in this range is used if a time stamp is not; a higher rate would starve the sampler.
MIN_RATE: Final = 1.0
MAX_RATE: Final = 60.0
MAX_HOLD_S: Final = 30.0  # seconds; a longer time between frames needs the support of the file
MAX_JOINED_HOLD_S: Final = (
    150.0  # seconds; in a container whose files are joined byte by byte, more is a jump
)
MAX_HELD_S: Final = (
    3 * 3600.0
)  # seconds of a clip, in all, for which frames are held longer than `MAX_HOLD_S`
ANNOUNCED_SLACK_S: Final = 2.0  # seconds that a clip may be longer than it announces


class Clock:
    """Computes the times of frames, in the order in which they are shown.

    Args:
        rate: Frames a second by the file, or None.
        announced_s: Length that the file announces, in seconds, or None.
        is_joined: True for containers whose files can be joined byte by byte, so that time stamps may jump.

    Attributes:
        guesses: Number of time stamps that were missing, went back or jumped, so that the clock advanced by one frame.
    """

    def __init__(
        self, rate: float | None, *, announced_s: float | None = None, is_joined: bool = False
    ) -> None:
        believed = min(max(rate or USUAL_RATE, MIN_RATE), MAX_RATE)
        self._step = 1 / believed
        self._announced = announced_s
        self._is_joined = is_joined
        self._now: float | None = None
        self._stamp: float | None = None
        self._length = 0.0
        self._held = 0.0
        self.guesses = 0

    @property
    def step_ms(self) -> int:
        """Time for which a frame is shown, in milliseconds, if no time stamp is known."""
        return round(self._step * MILLISECONDS)

    @property
    def looked_ms(self) -> int:
        """Time of the last frame without long holds, in milliseconds. Limits apply to it."""
        return round(((self._now or 0.0) - self._held) * MILLISECONDS)

    @property
    def end_ms(self) -> int:
        """Time until which the last frame is shown, in milliseconds."""
        now, length = self._now or 0.0, self._length
        if not (0 < length <= MAX_HOLD_S or self._is_hold(length)):
            left = self._step if self._announced is None else self._announced - now
            length = min(max(left, 0.0), self._step)
        return round((now + length) * MILLISECONDS)

    def at(self, stamp: float | None, length: float | None = None) -> int:
        """Return the time of the next frame, in milliseconds since the first.

        Args:
            stamp: Time stamp in the file, in seconds, or None.
            length: Time for which the file says that the frame is shown, in seconds, or None.
        """
        passed = 0.0 if stamp is None or self._stamp is None else stamp - self._stamp
        if self._now is None:
            self._now = 0.0
        elif 0 < passed <= MAX_HOLD_S:
            self._now += passed
        elif self._is_hold(passed):
            self._now += passed
            self._held += passed - self._step
        else:
            self._now += self._step
            self.guesses += 1
        self._stamp = stamp
        self._length = length or 0.0
        return round(self._now * MILLISECONDS)

    def _is_hold(self, passed: float) -> bool:
        """Return True if the last frame may be shown for so long, although it is longer than `MAX_HOLD_S`."""
        if not MAX_HOLD_S < passed <= MAX_HELD_S - self._held:
            return False
        if self._is_joined and passed > MAX_JOINED_HOLD_S:
            return False
        if passed <= self._length + self._step or self._announced is None:
            return True
        return (self._now or 0.0) + passed <= self._announced + ANNOUNCED_SLACK_S
