"""Re-uploads among other pictures: collages, insets, and a photograph of a screen."""

import math
from collections.abc import Sequence
from functools import partial
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageFilter, ImageOps

from benchmarks.reuploads.canvas import (
    BLACK,
    WHITE,
    covering,
    fitted,
    other_of,
    others_of,
    picture_of,
    pixels,
    side_of,
    uniform_size,
)
from benchmarks.reuploads.kind import Kind, Save, family_of


def grid(
    tiles: Sequence[Image.Image], columns: int, cell: tuple[int, int], rng: np.random.Generator
) -> Image.Image:
    """Return the pictures as a grid; each fills its cell, and the gaps are 0 to 4 % of a cell."""
    gap = round(cell[0] * rng.uniform(0, 0.04))
    rows = -(-len(tiles) // columns)
    size = (columns * cell[0] + (columns + 1) * gap, rows * cell[1] + (rows + 1) * gap)
    sheet = Image.new("RGB", size, WHITE if rng.random() < 0.6 else BLACK)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        sheet.paste(covering(tile, cell), (gap + column * (cell[0] + gap), gap + row * (cell[1] + gap)))
    return sheet


def collage(
    picture: Image.Image,
    rng: np.random.Generator,
    others: Sequence[Image.Image],
    *,
    columns: int,
    rows: int,
) -> Image.Image:
    """Return a grid with the picture in one of its cells and unrelated pictures in the others."""
    tiles = others_of(others, rng, columns * rows - 1)
    tiles.insert(int(rng.integers(columns * rows)), picture)
    wide = max(rng.uniform(240, 360), 640 / columns)
    aspect = picture.height / picture.width * rng.uniform(0.9, 1.1)
    return grid(tiles, columns, (round(wide), round(wide * aspect)), rng)


def big_and_small(
    picture: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image]
) -> Image.Image:
    """Return the picture with three small ones in a column beside it or in a row below it."""
    size = (600, round(600 * picture.height / picture.width))
    beside = bool(rng.random() < 0.5)
    cell = (size[1] // 3, size[1] // 3) if beside else (size[0] // 3, size[0] // 3)
    sheet = Image.new("RGB", (size[0] + cell[0] * beside, size[1] + cell[1] * (not beside)), WHITE)
    sheet.paste(covering(picture, size))
    for number, tile in enumerate(others_of(others, rng, 3)):
        at = (size[0], number * cell[1]) if beside else (number * cell[0], size[1])
        sheet.paste(
            covering(tile, (cell[0] - 3, cell[1] - 3)), (at[0] + 3 * beside, at[1] + 3 * (not beside))
        )
    return sheet


def inset(picture: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image]) -> Image.Image:
    """Return another picture with this one anywhere on it, at 30 to 40 % of the side."""
    sheet = _sheet(rng, others)
    inner = uniform_size(picture, rng.uniform(0.3, 0.4) * side_of(sheet) / side_of(picture))
    spare = (max(1, sheet.width - inner.width), max(1, sheet.height - inner.height))
    sheet.paste(inner, (int(rng.integers(spare[0])), int(rng.integers(spare[1]))))
    return sheet


def in_corner(picture: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image]) -> Image.Image:
    """Return the picture with a white edge in a corner of another picture, as video calls show it."""
    sheet = _sheet(rng, others)
    inner = uniform_size(picture, rng.uniform(0.35, 0.5) * side_of(sheet) / side_of(picture))
    inner = ImageOps.expand(inner, 3, WHITE)
    edge = round(side_of(sheet) * 0.03)
    left = edge if rng.random() < 0.5 else sheet.width - inner.width - edge
    top = edge if rng.random() < 0.5 else sheet.height - inner.height - edge
    sheet.paste(inner, (left, top))
    return sheet


def pasted_turned(
    picture: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image]
) -> Image.Image:
    """Return the picture turned by 5 to 30 degrees and pasted on another picture."""
    sheet = _sheet(rng, others)
    inner = uniform_size(picture, rng.uniform(0.45, 0.65) * side_of(sheet) / side_of(picture))
    angle = rng.uniform(5, 30) * rng.choice((-1, 1))
    mask = Image.new("L", inner.size, 255).rotate(angle, Image.Resampling.BICUBIC, expand=True)
    turned = inner.rotate(angle, Image.Resampling.BICUBIC, expand=True)
    place = rng.uniform(0.2, 0.8, 2) * (np.array(sheet.size) - turned.size)
    sheet.paste(turned, (round(place[0]), round(place[1])), mask)
    return sheet


def _sheet(rng: np.random.Generator, others: Sequence[Image.Image]) -> Image.Image:
    """Return another picture as a background of 800 pixels on its longer side."""
    return fitted(other_of(others, rng), (800, 800))


def of_screen(picture: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image]) -> Image.Image:
    """Return a phone's photograph of the picture on a screen: perspective, moire, glare, cast, blur and noise."""
    size = (960, 720) if picture.width >= picture.height else (720, 960)
    ground = covering(other_of(others, rng), (size[0] // 8, size[1] // 8)).filter(ImageFilter.GaussianBlur(4))
    room = pixels(ground.resize(size, Image.Resampling.BICUBIC)) * rng.uniform(0.15, 0.5)
    shown = ImageOps.expand(fitted(picture, (round(size[0] * 0.86), round(size[1] * 0.86))), 18, (14, 14, 16))
    lit, mask = _seen(picture_of(pixels(shown) * moire(shown.size, rng)), size, rng)
    scene = room * (1 - mask) + lit * mask
    scene += _glare(size, rng) * mask
    scene *= rng.uniform(0.85, 1.1, 3).astype(np.float32)
    scene = cv2.GaussianBlur(scene.astype(np.float32), (0, 0), rng.uniform(0.5, 1.3))
    return picture_of(scene + rng.uniform(3, 9) * rng.standard_normal(scene.shape, dtype=np.float32))


def moire(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Return factors around 1 in wide bent stripes of three colours, as from the grids of a sensor and a screen."""
    across, down = np.meshgrid(np.arange(size[0], dtype=np.float32), np.arange(size[1], dtype=np.float32))
    angle, wave = rng.uniform(0, np.pi), rng.uniform(6, 22)
    cos, sin = math.cos(angle), math.sin(angle)
    bend = rng.uniform(3, 12) * np.sin((across * sin - down * cos) / rng.uniform(60, 160))
    phase = 2 * math.pi * (across * cos + down * sin + bend) / wave
    shifts = np.array((0.0, 2.1, 4.2), np.float32) * np.float32(rng.uniform(0.2, 1))
    stripes: np.ndarray = 1 + rng.uniform(0.05, 0.16) * np.sin(phase[..., None] + shifts)
    return stripes


def _seen(
    shown: Image.Image, size: tuple[int, int], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the photograph with the screen in perspective, and the place of the screen."""
    width, height = shown.size
    flat = np.array(((0, 0), (width, 0), (width, height), (0, height)), np.float32)
    middle = (np.array(size) - shown.size) / 2
    moved = flat + middle + rng.uniform(-0.05, 0.05, (4, 2)) * size
    matrix = cv2.getPerspectiveTransform(flat, moved.astype(np.float32))
    mask = cv2.warpPerspective(np.ones((height, width), np.float32), matrix, size)
    lit = cv2.warpPerspective(pixels(shown), matrix, size, flags=cv2.INTER_LINEAR)
    return lit, mask[..., None]


def _glare(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Return a soft white spot somewhere on the screen."""
    across, down = np.meshgrid(
        np.linspace(0, 1, size[0], dtype=np.float32), np.linspace(0, 1, size[1], dtype=np.float32)
    )
    x, y = rng.uniform(0.15, 0.85, 2)
    spread = rng.uniform(0.06, 0.16)
    spot: np.ndarray = rng.uniform(50, 170) * np.exp(-((across - x) ** 2 + (down - y) ** 2) / 2 / spread**2)
    return spot[..., None]


COLLAGES: Final = family_of(
    "collage",
    two=partial(collage, columns=2, rows=1),
    four=partial(collage, columns=2, rows=2),
    nine=partial(collage, columns=3, rows=3),
    big_and_small=big_and_small,
)
INSETS: Final = family_of("inset", small=inset, corner=in_corner, turned=pasted_turned)
PHOTOS: Final = (Kind(name="photo_of_screen", family="photo", make=of_screen, save=Save(quality=(75, 92))),)
