"""Talking heads: a portrait that sways, blinks and speaks in front of a background.

Portraits are like LFW's deep-funnelled pictures. In shares of the side, eyes are at 0.45, the mouth at 0.62 and the
chin near 0.70.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.clips.films.camera import HANDHELD, moving, wander
from benchmarks.clips.films.film import Frame, Size
from index.arrays import F32

HEAD: Final = (0.5, 0.48, 0.30, 0.36)  # centre and half axes of the swaying part
FACE: Final = (0.5, 0.50, 0.17, 0.235)
CHIN: Final = 0.70
_MOUTH: Final = (0.5, 0.635, 0.075, 0.05)
_EYES: Final = ((0.41, 0.455, 0.05, 0.025), (0.59, 0.455, 0.05, 0.025))
_SWAY: Final = 0.022  # shares of the portrait's side
_NOD: Final = 2.5  # degrees
_OPEN: Final = 0.028
_BLINK_SECONDS: Final = 0.16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Head:
    """Place and movement of a person in the frame. Another person's face can be drawn with the same movement.

    Attributes:
        size: columns and rows of a frame.
        top, side: top edge and side of the portrait's square, in shares of the frame's height.
        columns, rows: float32 [rows, columns]: place of each pixel in the portrait, in shares of its side.
        poses: float [frames, 5]: sway across and down, nod, mouth, blink.
        is_cut_out: whether the background is not the portrait's own.
    """

    size: Size
    top: float
    side: float
    columns: F32
    rows: F32
    poses: npt.NDArray[np.float64]
    is_cut_out: bool

    @property
    def chin(self) -> float:
        """Distance of the chin from the top, as a share of the frame's height."""
        return self.top + CHIN * self.side

    def drawn(self, number: int, layer: Frame, over: Frame) -> Frame:
        """Return a frame with the RGBA portrait over it, in the pose of that frame."""
        columns, rows = self.columns, self.rows
        sway_x, sway_y, nod, mouth, blink = self.poses[number]
        near = _bump(columns, rows, HEAD, 1.0)
        turn = np.radians(nod)
        x, y = columns - HEAD[0], rows - (HEAD[1] + 0.3)
        columns = columns - near * (sway_x - turn * y).astype(np.float32)
        rows = rows - near * (sway_y + turn * x).astype(np.float32)
        below = np.clip((rows - _MOUTH[1]) / 0.02, 0, 1)
        rows = rows - np.float32(mouth) * below * _bump(columns, rows, _MOUTH, 1.6)
        for eye in _EYES:
            rows = rows - np.float32(0.05 * blink) * _bump(columns, rows, eye, 1.0)
        scale = np.float32(layer.shape[0])
        posed = cv2.remap(
            layer,
            (columns * scale).astype(np.float32),
            (rows * scale).astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT if self.is_cut_out else cv2.BORDER_REFLECT,
        )
        share = posed[..., 3:].astype(np.float32) / 255
        return (over * (1 - share) + posed[..., :3] * share).astype(np.uint8)


def head_for(size: Size, count: int, rate: float, rng: np.random.Generator, *, is_cut_out: bool) -> Head:
    """Place a person in the frame and plan the movement."""
    aspect = size[0] / size[1]
    if is_cut_out:
        side = rng.uniform(0.95, 1.15)
        left = aspect * rng.uniform(0.3, 0.7) - side / 2
        top = 1.0 - side * rng.uniform(0.95, 1.0)
    else:
        side = max(aspect, 1.0) * 1.02
        left, top = (aspect - side) / 2, (1 - side) * 0.6
    poses = np.stack(
        [
            _SWAY * wander(rng, count, rate, 0.35),
            0.6 * _SWAY * wander(rng, count, rate, 0.3),
            _NOD * wander(rng, count, rate, 0.4),
            _OPEN * np.clip(wander(rng, count, rate, 2.2) * 0.8 + 0.2, 0, 1),
            _blinks(rng, count, rate),
        ],
        axis=1,
    )
    across = (np.arange(size[0]) + 0.5) / size[1] - left
    down = (np.arange(size[1]) + 0.5) / size[1] - top
    columns, rows = (grid.astype(np.float32) for grid in np.meshgrid(across / side, down / side))
    return Head(size=size, top=top, side=side, columns=columns, rows=rows, poses=poses, is_cut_out=is_cut_out)


def _blinks(rng: np.random.Generator, count: int, rate: float) -> npt.NDArray[np.float64]:
    times = np.arange(count) / rate
    shut = np.zeros(count)
    at = rng.uniform(0.5, 3)
    while at < count / rate:
        shut = np.maximum(shut, np.clip(1 - np.abs(times - at) / _BLINK_SECONDS, 0, 1))
        at += rng.uniform(1.5, 4.5)
    return shut


def talking(
    head: Head, portrait: Frame, room: Frame, rate: float, rng: np.random.Generator
) -> Iterator[Frame]:
    """Yield frames of a talking person in front of a room, which a hand-held camera shows out of focus."""
    layer = with_alpha(portrait, _person(portrait.shape[0]) if head.is_cut_out else None)
    soft = np.asarray(cv2.GaussianBlur(room, (0, 0), 1.5), np.uint8)
    behind = moving(soft, head.size, len(head.poses), rate, rng=rng, movement=HANDHELD)
    for number, over in enumerate(behind):
        yield head.drawn(number, layer, over)


def with_alpha(portrait: Frame, mask: F32 | None) -> Frame:
    """Return a portrait as RGBA, opaque where the mask is 1."""
    alpha = np.full(portrait.shape[:2], 255, np.uint8) if mask is None else (mask * 255).astype(np.uint8)
    return np.dstack([portrait, alpha])


def face_mask(side: int) -> F32:
    """Return a mask of the inner face with a soft edge."""
    return _ellipse(side, FACE, 0.02)


def _person(side: int) -> F32:
    shoulders = _ellipse(side, (0.5, 1.08, 0.46, 0.36), 0.012)
    neck = _ellipse(side, (0.5, 0.75, 0.13, 0.15), 0.012)
    head = _ellipse(side, (0.5, 0.46, 0.23, 0.33), 0.012)
    return np.maximum(np.maximum(head, shoulders), neck)


def _ellipse(side: int, place: tuple[float, float, float, float], feather: float) -> F32:
    down, across = np.mgrid[:side, :side].astype(np.float32) / side
    inside = np.hypot((across - place[0]) / place[2], (down - place[1]) / place[3]) < 1
    return np.asarray(cv2.GaussianBlur(inside.astype(np.float32), (0, 0), feather * side), np.float32)


def _bump(columns: F32, rows: F32, place: tuple[float, float, float, float], width: float) -> F32:
    x, y = (columns - place[0]) / (place[2] * width), (rows - place[1]) / (place[3] * width)
    return np.asarray(np.exp(-(x * x + y * y)), np.float32)
