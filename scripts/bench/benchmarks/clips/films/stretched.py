"""Re-uploads that are stretched: stored at another aspect, with and without the sample aspect ratio that undoes it."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import permutations
from math import sqrt
from typing import Final

from benchmarks.clips.films.film import POOR, Film, resized
from benchmarks.clips.films.kind import Around, Kind, painted
from benchmarks.clips.films.time import at_speed

_ASPECTS: Final = {
    "1_1": Fraction(1),
    "4_3": Fraction(4, 3),
    "3_2": Fraction(3, 2),
    "16_9": Fraction(16, 9),
}
_SPEEDS: Final = (1.0, 1.1)
_SHARE: Final = 0.5


def _stretched(film: Film, around: Around, *, factor: float) -> Film:
    """Stretch the frames, at about the same number of pixels and at one of two speeds."""
    width, height = film.size
    size = (round(width * sqrt(factor)), round(height / sqrt(factor)))
    stretched = painted(film, lambda frame: resized(frame, size), size)
    return at_speed(stretched, float(around.rng.choice(_SPEEDS)))


def _kinds() -> Iterator[Kind]:
    """Yield a kind for each aspect and the one that it is stored at; if one of them is square, also with its ratio."""
    for (name, own), (stored_name, stored) in permutations(_ASPECTS.items(), 2):
        make = partial(_stretched, factor=float(stored / own))
        yield Kind(name=f"stretched_{name}_to_{stored_name}", make=make, share=_SHARE)
        if 1 in (own, stored):
            save = replace(POOR, pixel_aspect=own / stored)
            yield Kind(name=f"anamorphic_{name}_to_{stored_name}", make=make, save=save, share=_SHARE)


STRETCHED: Final = tuple(_kinds())
