"""A second look at slots whose frames differ: at a few frames that no described frame resembles, chosen by a secret.

`shots` finds pictures that come abruptly. Frames made against its rules (that fade slowly, or whose means are those of
the frames around them) come unnoticed. So the code of every decoded frame, made from 64 x 64 means, is compared with
those of the frames described lately. Whole codes of a registered picture are made of such means too: a frame whose code
is near one of these would be found where that one is. Of the others, one in each slot is described by whole codes
alone, which costs a tenth of a frame of the grid. Which one it is decides a secret, weighed by the time for
which each is shown. The code is a parameter, because codes are computed elsewhere (`index.hashing`).
"""

import heapq
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from av.video.frame import VideoFrame

from index.arrays import F32, Plane
from index.media.choices import SecretChoices
from index.media.clips.sketches import Sketch

OTHER_BITS: Final = 36
"""Distance of two codes, of 256 bits, from which one frame does not stand for the other. A registered picture is found
within 40 bits; codes made from means differ by 4 to 8 bits from those of the plane."""

EACH_SLOT: Final = 1
"""Maximum number of second looks between two frames of the grid."""

KEPT: Final = 3
"""Frames of a slot that are kept for them, because the frame of the grid that comes next may resemble some. A frame of
40 megapixels takes 60 MB."""

RECENT: Final = 8  # described frames that a frame is compared with
LOOK_SIDE: Final = 128
"""Longest side of the plane of a second look, in pixels. Whole codes need no more."""

CodeOf = Callable[[F32], bytes]
"""Return the code of means, float32 [64, 64] in grey levels: 32 bytes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SecondLook:
    """A frame that is looked at besides, by whole codes alone.

    Attributes:
        at_ms: Its time, in milliseconds since the clip's first frame.
        luma: uint8 [rows, columns], longest side at most 128 pixels.
    """

    at_ms: int
    luma: Plane = field(repr=False)


class SecondLooks:
    """The second looks at a clip. Feed it with every decoded frame, in their order. Errors of conversions pass through.

    Args:
        make: Reduces a frame to the plane of a second look.
        code_of: The code of means.
        choices: The secret by which frames are chosen.
    """

    def __init__(self, make: Callable[[VideoFrame], Plane], code_of: CodeOf, choices: SecretChoices) -> None:
        self._make = make
        self._code_of = code_of
        self._choices = choices
        self._known: deque[int] = deque(maxlen=RECENT)
        self._kept: list[tuple[float, int, int, VideoFrame, int]] = []
        self._count = 0

    def pass_over(self, at_ms: int, shown_ms: int, frame: VideoFrame, sketch: Sketch) -> None:
        """Note a frame that is not described, and for how long it is shown."""
        code = self._code(sketch)
        if self._is_known(code):
            return
        self._count += 1
        weight = math.log(self._choices.chance(self._count)) / max(shown_ms, 1)
        one = (weight, self._count, at_ms, frame, code)
        if len(self._kept) < KEPT:
            heapq.heappush(self._kept, one)
        else:
            heapq.heappushpop(self._kept, one)

    def note(self, sketch: Sketch) -> None:
        """Note the sketch of a frame that is described."""
        self._known.append(self._code(sketch))

    def taken(self) -> list[SecondLook]:
        """Return the second looks at the frames since the last call, in their order."""
        taken: list[SecondLook] = []
        for _, _, at_ms, frame, code in sorted(self._kept, key=lambda one: one[:2], reverse=True):
            if len(taken) == EACH_SLOT:
                break
            if not self._is_known(code):
                self._known.append(code)
                taken.append(SecondLook(at_ms=at_ms, luma=self._make(frame)))
        self._kept = []
        return sorted(taken, key=lambda one: one.at_ms)

    def _code(self, sketch: Sketch) -> int:
        return int.from_bytes(self._code_of(sketch.fine))

    def _is_known(self, code: int) -> bool:
        return any((code ^ known).bit_count() < OTHER_BITS for known in self._known)
