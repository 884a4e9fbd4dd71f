"""Harder re-uploads by camera: photographs of prints, monitors and phones at an angle, with uneven light."""

import math
from collections.abc import Sequence
from functools import partial
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageFilter, ImageOps

from benchmarks.reuploads.canvas import covering, fitted, other_of, picture_of, pixels
from benchmarks.reuploads.kind import Kind, Save, family_of, seeded
from benchmarks.reuploads.mixed import moire

_SCENE: Final = (960, 720)
_FOCAL: Final = 1.3  # focal length over the longer side, as of a phone


def seen_at_angle(
    picture: Image.Image, degrees: float, rng: np.random.Generator, *, roll: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return the picture turned away by an angle about any axis in its plane, as a camera sees it, and its mask.

    Both are float32: values [height, width, 3] and shares [height, width, 1]. The sheet just holds the whole picture.
    """
    width, height = picture.size
    axis, turn = rng.uniform(0, np.pi), math.radians(degrees)
    across = np.array((math.cos(axis), math.sin(axis), 0.0))
    rotation, _ = cv2.Rodrigues(across * turn)
    if roll:
        rotation = cv2.Rodrigues(np.array((0.0, 0.0, math.radians(roll))))[0] @ rotation
    flat = np.array(((0, 0), (width, 0), (width, height), (0, height)), np.float64)
    centred = np.column_stack((flat - (width / 2, height / 2), np.zeros(4)))
    distance = _FOCAL * max(width, height)
    moved = centred @ rotation.T + (0, 0, distance)
    seen = moved[:, :2] * (distance / moved[:, 2:])
    seen -= seen.min(axis=0)
    size = np.maximum(8, np.ceil(seen.max(axis=0))).astype(int)
    matrix = cv2.getPerspectiveTransform(flat.astype(np.float32), seen.astype(np.float32))
    size_of = (int(size[0]), int(size[1]))
    lit = cv2.warpPerspective(pixels(picture), matrix, size_of, flags=cv2.INTER_LINEAR)
    mask = cv2.warpPerspective(np.ones((height, width), np.float32), matrix, size_of)
    return lit, mask[..., None]


def perspective(picture: Image.Image, rng: np.random.Generator, degrees: float) -> Image.Image:
    """Return the picture seen at an angle, on black, white or grey."""
    lit, mask = seen_at_angle(picture, degrees * rng.uniform(0.95, 1.05), rng)
    ground = float(rng.choice((0, 128, 255)))
    return picture_of(lit * mask + ground * (1 - mask))


def uneven(size: tuple[int, int], rng: np.random.Generator, depth: float) -> np.ndarray:
    """Return factors of light that falls from one side: float32 [height, width, 1], from 1 - depth to 1."""
    across, down = np.meshgrid(
        np.linspace(-1, 1, size[0], dtype=np.float32), np.linspace(-1, 1, size[1], dtype=np.float32)
    )
    angle = rng.uniform(0, 2 * np.pi)
    along = (across * math.cos(angle) + down * math.sin(angle)) / math.sqrt(2)
    share: np.ndarray = 1 - depth * (0.5 - 0.5 * along) ** rng.uniform(0.8, 1.6)
    return share[..., None].astype(np.float32)


def _photographed(
    picture: Image.Image,
    rng: np.random.Generator,
    others: Sequence[Image.Image],
    *,
    degrees: tuple[float, float],
    share: float,
    depth: float,
) -> np.ndarray:
    """Return a scene with the picture in it: angle and roll, `share` of the scene's sides, and uneven light."""
    inner = fitted(picture, (round(_SCENE[0] * share), round(_SCENE[1] * share)))
    lit, mask = seen_at_angle(inner, rng.uniform(*degrees), rng, roll=rng.uniform(-8, 8))
    room = covering(other_of(others, rng), (_SCENE[0] // 6, _SCENE[1] // 6)).filter(
        ImageFilter.GaussianBlur(3)
    )
    scene = pixels(room.resize(_SCENE, Image.Resampling.BICUBIC)) * rng.uniform(0.3, 0.8)
    rows, columns = mask.shape[:2]
    rows, columns = min(rows, _SCENE[1]), min(columns, _SCENE[0])
    top, left = (_SCENE[1] - rows) // 2, (_SCENE[0] - columns) // 2
    part = scene[top : top + rows, left : left + columns]
    part[:] = part * (1 - mask[:rows, :columns]) + (lit * mask)[:rows, :columns]
    lit_scene: np.ndarray = scene * uneven(_SCENE, rng, depth)
    return lit_scene


def _finished(scene: np.ndarray, rng: np.random.Generator, blur: float, noise: float) -> Image.Image:
    cast = rng.uniform(0.85, 1.12, 3).astype(np.float32)
    soft = cv2.GaussianBlur((scene * cast).astype(np.float32), (0, 0), blur * rng.uniform(0.8, 1.3))
    return picture_of(soft + noise * rng.standard_normal(soft.shape, dtype=np.float32))


def _glare(size: tuple[int, int], rng: np.random.Generator, strength: float) -> np.ndarray:
    across, down = np.meshgrid(
        np.linspace(0, 1, size[0], dtype=np.float32), np.linspace(0, 1, size[1], dtype=np.float32)
    )
    x, y = rng.uniform(0.25, 0.75, 2)
    spread = rng.uniform(0.05, 0.12)
    spot: np.ndarray = np.exp(-((across - x) ** 2 + (down - y) ** 2) / 2 / spread**2)
    return strength * spot[..., None]


def of_print(picture: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image]) -> Image.Image:
    """Return a photograph of a print with a white edge on a table: angle, uneven light, glare, blur and noise."""
    paper = ImageOps.expand(picture, round(0.04 * max(picture.size)), (244, 240, 232))
    scene = _photographed(paper, rng, others, degrees=(10, 30), share=0.85, depth=0.6)
    return _finished(scene + _glare(_SCENE, rng, rng.uniform(60, 160)), rng, 1.0, 5)


def of_folded_print(
    picture: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image]
) -> Image.Image:
    """Return a photograph of a print that was folded twice: each quarter has its own light, and the folds are pale."""
    values = pixels(picture).copy()
    rows, columns = values.shape[:2]
    x, y = round(columns * rng.uniform(0.4, 0.6)), round(rows * rng.uniform(0.4, 0.6))
    for part in (np.s_[:y, :x], np.s_[:y, x:], np.s_[y:, :x], np.s_[y:, x:]):
        values[part] *= rng.uniform(0.6, 1.1)
    wide = max(1, round(min(rows, columns) * 0.006))
    values[:, x - wide : x + wide] = values[:, x - wide : x + wide] * 0.3 + 170
    values[y - wide : y + wide] = values[y - wide : y + wide] * 0.3 + 170
    return _finished(
        _photographed(picture_of(values), rng, others, degrees=(5, 20), share=0.9, depth=0.35), rng, 0.9, 5
    )


def of_monitor(
    picture: Image.Image,
    rng: np.random.Generator,
    others: Sequence[Image.Image],
    *,
    degrees: tuple[float, float],
) -> Image.Image:
    """Return a photograph of a monitor from the side, with moire and a reflection."""
    shown = ImageOps.expand(fitted(picture, (800, 600)), 14, (16, 16, 18))
    striped = picture_of(pixels(shown) * moire(shown.size, rng))
    scene = _photographed(striped, rng, others, degrees=degrees, share=0.95, depth=0.45)
    return _finished(scene + _glare(_SCENE, rng, rng.uniform(40, 120)), rng, 1.0, 6)


def of_far_screen(
    picture: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image]
) -> Image.Image:
    """Return a photograph of a room with the picture on a screen of a third to half of its sides."""
    shown = ImageOps.expand(fitted(picture, (640, 480)), 10, (12, 12, 12))
    scene = _photographed(shown, rng, others, degrees=(5, 25), share=rng.uniform(0.36, 0.5), depth=0.4)
    return _finished(scene, rng, 0.9, 5)


def of_bright_screen(
    picture: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image]
) -> Image.Image:
    """Return a photograph of a phone in a dark room: the screen is overexposed and tinted."""
    scene = _photographed(picture, rng, others, degrees=(5, 20), share=0.8, depth=0.2)
    return _finished(255 * np.clip(scene / 255 * rng.uniform(1.3, 1.7), 0, 1) ** 0.8, rng, 1.3, 6)


PHOTOGRAPHED: Final = (
    *family_of(
        "perspective",
        **{f"{degrees}": seeded(partial(perspective, degrees=degrees)) for degrees in (25, 40, 55)},
    ),
    *(
        Kind(name=f"camera_{detail}", family="camera", make=make, save=Save(quality=(70, 90)))
        for detail, make in (
            ("print", of_print),
            ("folded_print", of_folded_print),
            ("monitor_30", partial(of_monitor, degrees=(25, 35))),
            ("monitor_45", partial(of_monitor, degrees=(38, 48))),
            ("far_screen", of_far_screen),
            ("bright_screen", of_bright_screen),
        )
    ),
)
