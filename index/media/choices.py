"""Which frames of a file are looked at: chosen by a secret of the file, so that nobody can make a file around them.

An attacker who reads this source knows every rule and no choice. The seed comes from outside the worker and is of one
file alone (`registry.bootstrap`). The same file leads to the same choices whenever it is looked at.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

SEED_BYTES: Final = 32
COMPARED_EVERY: Final = 2  # slots of an upload for one of a registered clip
EXACT_SHARE: Final = 0.5  # of these slots are looked at at their beginning

SeedOf = Callable[[bytes], bytes]
"""Return the seed of a file, 32 bytes, by its SHA-256."""

_STEPS: Final = 1 << 53  # steps of a share, which a float can tell apart
_OFFSET, _EXACT, _WHOLE, _COLOURS = b"offset", b"exact", b"whole", b"colours"
_CHANCE, _GAP, _PLACE = b"chance", b"gap", b"place"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretChoices:
    """The choices among the frames of one file.

    Attributes:
        seed: The secret of the file, 32 bytes; None for choices that anybody can foresee, as registered clips have,
            whose frames are to be comparable with each other.
    """

    seed: bytes | None = field(default=None, repr=False)

    def offset_ms(self, slot: int, length_ms: int) -> int:
        """Return how long after the beginning of a slot its frame is looked at, in milliseconds.

        Half of the even slots, chosen by the secret, are looked at at their beginning: there the frames of a registered
        clip lie, so that an upload that is cut nowhere is compared with the very same frames.
        """
        if slot % COMPARED_EVERY == 0 and self._share(_EXACT, slot) < EXACT_SHARE:
            return 0
        return int(self._share(_OFFSET, slot) * length_ms)

    def colours_ms(self, slot: int, length_ms: int) -> int:
        """Return how long after the beginning of a slot a frame is looked at in colour, in milliseconds."""
        return int(self._share(_COLOURS, slot) * length_ms)

    def is_whole(self, slot: int, every: int) -> bool:
        """Return True if every frame of a slot is decoded, which is so for one slot of each `every`."""
        turn = slot // every
        return slot % every == int(self._share(_WHOLE, turn) * every)

    def chance(self, number: int) -> float:
        """Return a number above 0 and up to 1 by which one frame is chosen of several."""
        return 1.0 - self._share(_CHANCE, number)

    def gap(self, number: int, mean: int) -> int:
        """Return after how many frames one is looked at again: 1 or more, `mean` on average, and without a seed."""
        return mean if self.seed is None else 1 + int(self._share(_GAP, number) * (2 * mean - 1))

    def place(self, number: int, start: int, end: int) -> int:
        """Return a place from `start` to below `end`; the last one without a seed."""
        return end - 1 - int(self._share(_PLACE, number) * (end - start))

    def _share(self, label: bytes, number: int) -> float:
        """Return a share from 0 to below 1; 0 without a seed."""
        if self.seed is None:
            return 0.0
        text = b"%s %d" % (label, number)
        digest = hashlib.blake2b(text, key=self.seed, digest_size=8).digest()
        return (int.from_bytes(digest) % _STEPS) / _STEPS


OPEN_CHOICES: Final = SecretChoices()
"""Choices without a secret: the first frame, the beginning of each slot."""
