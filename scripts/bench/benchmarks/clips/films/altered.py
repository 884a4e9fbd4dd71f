"""Clips of people with a part replaced in every frame: the face, or everything below the chin."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from benchmarks.clips.films.camera import HANDHELD, moving
from benchmarks.clips.films.clip_set import Sort
from benchmarks.clips.films.drawn import head_of
from benchmarks.clips.films.film import Film, Frame
from benchmarks.clips.films.heads import Head, face_mask, with_alpha
from benchmarks.clips.films.kind import Around, Kind

_HEADS: Final = frozenset({Sort.HEAD})
_TONE: Final = 0.7  # share of the difference in tone that a face swap removes
_BLEND: Final = 0.04  # share of the frame's height over which the replaced part is blended in


def _face_swapped(film: Film, around: Around) -> Film:
    """Replace the face by another person's, which moves and speaks like the person's own."""
    return replace(film, frames=_swapped(film, head_of(around.clip), around.portrait()))


def _swapped(film: Film, head: Head, portrait: Frame) -> Iterator[Frame]:
    layer: Frame | None = None
    for number, frame in enumerate(film.frames):
        if layer is None:
            layer = _toned(head, portrait, frame)
        yield head.drawn(min(number, len(head.poses) - 1), layer, frame)


def _toned(head: Head, portrait: Frame, frame: Frame) -> Frame:
    """Return the stranger's face as a layer, in a tone near that of the face below it."""
    layer = with_alpha(portrait, face_mask(portrait.shape[0]))
    blank = np.zeros_like(frame)
    covered = (
        head.drawn(0, with_alpha(np.full_like(portrait, 255), face_mask(portrait.shape[0])), blank)[..., :1]
        > 200
    )
    if not covered.any():
        return layer
    inside = covered[..., 0]
    there = head.drawn(0, layer, blank)[inside].mean(axis=0)
    tone = _TONE * (frame[inside].mean(axis=0) - there)
    layer[..., :3] = np.clip(layer[..., :3] + tone, 0, 255).astype(np.uint8)
    return layer


def _lower_replaced(film: Film, around: Around) -> Film:
    """Replace everything below the chin by another picture that moves a little."""
    head = head_of(around.clip)
    width, height = film.size
    border = min(head.chin + 0.04, 0.85)
    share = np.clip((np.arange(height) / height - border) / _BLEND + 0.5, 0, 1)[:, None, None].astype(
        np.float32
    )
    other = moving(
        around.scene(), (width, height), film.count + 1, float(film.rate), rng=around.rng, movement=HANDHELD
    )
    return replace(
        film,
        frames=((frame * (1 - share) + next(other) * share).astype(np.uint8) for frame in film.frames),
    )


ALTERED: Final = (
    Kind(name="face_swapped", make=_face_swapped, sorts=_HEADS),
    Kind(name="lower_replaced", make=_lower_replaced, sorts=_HEADS),
)
