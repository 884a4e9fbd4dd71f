"""A camera that moves over a picture: pans, zooms, rolls and shakes, and cuts to the next picture."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.clips.films.film import Frame, Size

SHOT_SECONDS: Final = (2.2, 4.5)
VIEW: Final = (0.5, 0.85)  # height of the view, as a share of the largest possible view
GRAIN: Final = 2.0  # grey levels: the noise of a small sensor

Path2D = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Limits of a camera's movement: travel in shares of the picture, roll in degrees, shake in shares of the view."""

    travel: float = 0.35
    zoom: float = 0.3
    roll: float = 5.0
    shake: float = 0.012


STEADY: Final = Movement()
HANDHELD: Final = Movement(travel=0.2, zoom=0.15, roll=3.0, shake=0.03)
FIXED: Final = Movement(travel=0.0, zoom=0.0, roll=0.0, shake=0.0)


def opened(path: Path) -> Frame:
    """Read a picture in full colour."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"), np.uint8)


def wander(rng: np.random.Generator, count: int, rate: float, pace: float = 0.7) -> npt.NDArray[np.float64]:
    """Return a smooth random walk around 0 that rarely exceeds one unit: float64 [count]."""
    times = np.arange(count) / rate
    total = np.zeros(count)
    for factor in (0.5, 1.0, 1.9, 3.1):
        total += (
            np.sin(times * 2 * np.pi * pace * factor * rng.uniform(0.8, 1.2) + rng.uniform(0, 7)) / factor
        )
    return total / 1.6


def moving(
    picture: Frame,
    size: Size,
    count: int,
    rate: float,
    *,
    rng: np.random.Generator,
    movement: Movement = STEADY,
) -> Iterator[Frame]:
    """Yield one shot: `count` views within a picture."""
    height, width = picture.shape[:2]
    widest = min(width / size[0], height / size[1])  # pixels of the picture per pixel of the frame
    share = rng.uniform(*VIEW) if movement is not FIXED else 1.0
    progress = np.linspace(0, 1, count) if count > 1 else np.zeros(1)
    eased = progress * progress * (3 - 2 * progress)
    scales = widest * np.clip(share * (1 + movement.zoom * rng.choice((-1, 1)) * (eased - 0.5)), 0.3, 1.0)
    turns = np.radians(movement.roll * (rng.uniform(-1, 1) + 0.6 * rng.choice((-1, 1)) * eased))
    spare = np.array([width, height])[None] - scales[:, None] * np.array(size)[None]
    start = rng.uniform(0.2, 0.8, 2)
    angle = rng.uniform(0, 2 * np.pi)
    way = movement.travel * np.array([np.cos(angle), np.sin(angle)])
    centres = np.array([width, height]) / 2 + spare * (start - 0.5 + way * (eased[:, None] - 0.5)) * 0.9
    shakes = np.stack([wander(rng, count, rate) for _ in range(2)], axis=1)
    centres += shakes * movement.shake * min(size) * scales[:, None]
    for scale, turn, centre in zip(scales, turns, centres, strict=True):
        yield _view(picture, size, scale, turn, centre)


def _view(picture: Frame, size: Size, scale: float, turn: float, centre: npt.NDArray[np.float64]) -> Frame:
    across = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    shift = centre - across @ (np.array(size) / 2)
    matrix = np.column_stack([across, shift])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(picture, matrix, size, flags=flags, borderMode=cv2.BORDER_REFLECT), np.uint8
    )


def shots(
    pictures: Sequence[Frame],
    size: Size,
    seconds: float,
    rate: float,
    *,
    rng: np.random.Generator,
    movement: Movement = STEADY,
) -> Iterator[Frame]:
    """Yield the frames of a film: shots of equal length, one for each picture."""
    count = round(seconds * rate)
    cuts = np.linspace(0, count, len(pictures) + 1).round().astype(int)
    for picture, start, end in zip(pictures, cuts, cuts[1:], strict=False):
        yield from moving(picture, size, int(end - start), rate, rng=rng, movement=movement)


def grained(frames: Iterator[Frame], rng: np.random.Generator, level: float = GRAIN) -> Iterator[Frame]:
    """Yield frames with the noise of a sensor: five patterns, mirrored now and then."""
    patterns: list[npt.NDArray[np.int16]] = []
    for number, frame in enumerate(frames):
        if len(patterns) < 5:
            rows, columns = frame.shape[:2]
            grey = rng.normal(0, level, (rows, columns, 1)).round().astype(np.int16)
            patterns.append(np.repeat(grey, 3, axis=2))
        noise = patterns[number % len(patterns)][:: 1 - number // 5 % 2 * 2, :: 1 - number // 10 % 2 * 2]
        yield np.asarray(cv2.add(frame, np.ascontiguousarray(noise), dtype=cv2.CV_8U), np.uint8)


def darkened(frames: Iterator[Frame], share: float) -> Iterator[Frame]:
    """Yield frames with a share of their light."""
    table = np.clip(np.arange(256) * share, 0, 255).round().astype(np.uint8)
    for frame in frames:
        yield table[frame]
