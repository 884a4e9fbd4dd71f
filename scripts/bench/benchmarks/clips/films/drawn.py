"""Drawing of the clips that `clip_set` plans; a clip is the same every time it is drawn."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain

import numpy as np

from benchmarks.clips.films.camera import FIXED, HANDHELD, STEADY, darkened, grained, opened, shots
from benchmarks.clips.films.cards import CARD_SECONDS, INTRO_SECONDS, after_card, intro
from benchmarks.clips.films.clip_set import Clip, Sort
from benchmarks.clips.films.film import Film, Frame
from benchmarks.clips.films.heads import Head, head_for, talking


def head_of(clip: Clip) -> Head:
    """Return the movement of a talking head; it is the same every time."""
    rng = np.random.default_rng((clip.seed, 1))
    return head_for(clip.size, round(clip.seconds * clip.rate), clip.rate, rng, is_cut_out=clip.is_cut_out)


def drawn(clip: Clip) -> Film:
    """Draw a clip."""
    rng = np.random.default_rng(clip.seed)
    frames = _frames(clip, rng)
    frames = grained(frames, rng) if clip.light == 1 else grained(darkened(frames, clip.light), rng, 0.8)
    return Film(
        frames=frames, size=clip.size, rate=Fraction(clip.rate), seconds=clip.seconds, shown=(clip.whole,)
    )


def _frames(clip: Clip, rng: np.random.Generator) -> Iterator[Frame]:
    pictures = [opened(path) for path in clip.pictures]
    size, rate = clip.size, clip.rate
    if clip.sort is Sort.HEAD or clip.is_cut_out:
        return talking(head_of(clip), pictures[0], pictures[1], rate, rng)
    if clip.sort is Sort.STILL:
        return shots(pictures, size, clip.seconds, rate, rng=rng, movement=FIXED)
    movement = HANDHELD if clip.seed % 2 else STEADY
    if clip.sort is Sort.INTRO:
        return chain(
            intro(size, rate),
            shots(pictures, size, clip.seconds - INTRO_SECONDS, rate, rng=rng, movement=movement),
        )
    if clip.sort is Sort.CARDS:
        body = shots(pictures, size, clip.seconds - CARD_SECONDS, rate, rng=rng, movement=movement)
        return after_card(size, rate, rng, body)
    return shots(pictures, size, clip.seconds, rate, rng=rng, movement=movement)
