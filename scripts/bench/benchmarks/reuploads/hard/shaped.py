"""Harder re-uploads by shape: small crops, strips, shuffled tiles, bends, seam carving, long pages and small insets."""

import itertools
from collections.abc import Sequence
from functools import partial
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageOps

from benchmarks.reuploads.canvas import (
    WHITE,
    any_colour,
    covering,
    fitted,
    font,
    other_of,
    others_of,
    side_of,
    uniform_size,
    words,
    wrapped,
)
from benchmarks.reuploads.crops import at_random
from benchmarks.reuploads.kind import alone, family_of, seeded
from benchmarks.reuploads.mixed import collage


def strips(picture: Image.Image, rng: np.random.Generator, *, across: bool) -> Image.Image:
    """Return the picture cut into three to five strips with gaps between them."""
    count = int(rng.integers(3, 6))
    gap = round(side_of(picture) * rng.uniform(0.03, 0.08))
    width, height = picture.size
    length = height if across else width
    edges = np.linspace(0, length, count + 1).round().astype(int).tolist()
    spare = gap * (count - 1)
    sheet = Image.new("RGB", (width, height + spare) if across else (width + spare, height), any_colour(rng))
    for number, (start, end) in enumerate(itertools.pairwise(edges)):
        place = start + number * gap
        if across:
            sheet.paste(picture.crop((0, start, width, end)), (0, place))
        else:
            sheet.paste(picture.crop((start, 0, end, height)), (place, 0))
    return sheet


def shuffled(picture: Image.Image, rng: np.random.Generator, *, side: int) -> Image.Image:
    """Return the picture as side x side tiles in another order."""
    wide, high = picture.width // side, picture.height // side
    tiles = [
        picture.crop((column * wide, row * high, (column + 1) * wide, (row + 1) * high))
        for row in range(side)
        for column in range(side)
    ]
    order = rng.permutation(len(tiles))
    sheet = Image.new("RGB", (wide * side, high * side))
    for place, number in enumerate(order.tolist()):
        sheet.paste(tiles[number], (place % side * wide, place // side * high))
    return sheet


def mirrored_halves(picture: Image.Image) -> Image.Image:
    """Return the left half beside its mirror image."""
    half = picture.crop((0, 0, picture.width // 2, picture.height))
    sheet = Image.new("RGB", (half.width * 2, half.height))
    sheet.paste(half)
    sheet.paste(ImageOps.mirror(half), (half.width, 0))
    return sheet


def _mapped(picture: Image.Image, across: np.ndarray, down: np.ndarray) -> Image.Image:
    return Image.fromarray(
        cv2.remap(
            np.asarray(picture),
            across.astype(np.float32),
            down.astype(np.float32),
            cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_CONSTANT,
        )
    )


def _grid(picture: Image.Image) -> tuple[np.ndarray, np.ndarray]:
    """Return each pixel's place about the centre, in half sides: x and y, -1 to 1."""
    across, down = np.meshgrid(np.linspace(-1, 1, picture.width), np.linspace(-1, 1, picture.height))
    return across, down


def _on_pixels(picture: Image.Image, across: np.ndarray, down: np.ndarray) -> Image.Image:
    return _mapped(picture, (across + 1) / 2 * (picture.width - 1), (down + 1) / 2 * (picture.height - 1))


def fisheye(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture as a fisheye lens shows it, bulging by a third to two thirds at the edge."""
    across, down = _grid(picture)
    bulge = 1 + rng.uniform(0.35, 0.65) * (across**2 + down**2) / 2
    return _on_pixels(picture, across * bulge, down * bulge)


def swirled(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture turned by up to 40 degrees at the centre, and less towards its edge."""
    across, down = _grid(picture)
    turn = np.radians(rng.uniform(25, 40)) * rng.choice((-1, 1)) * np.exp(-(across**2 + down**2) / 0.5)
    return _on_pixels(
        picture, across * np.cos(turn) - down * np.sin(turn), across * np.sin(turn) + down * np.cos(turn)
    )


def waved(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture with rows and columns shifted in waves, by 1.5 to 3 % of its sides."""
    across, down = _grid(picture)
    depth, waves = rng.uniform(0.03, 0.06, 2), rng.uniform(4, 9, 2)
    return _on_pixels(
        picture,
        across + depth[0] * np.sin(waves[0] * down + rng.uniform(0, 6)),
        down + depth[1] * np.sin(waves[1] * across + rng.uniform(0, 6)),
    )


def slimmed(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture with its middle squeezed by a quarter to two fifths and its sides stretched."""
    across, down = _grid(picture)
    depth = rng.uniform(0.25, 0.4)
    return _on_pixels(picture, across * (1 + depth * (1 - across**2) * np.exp(-(down**2) / 0.8)), down)


def seam_carved(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture without 20 to 30 % of its columns, removed along seams of least contrast (Avidan 2007)."""
    small = fitted(picture, (360, 360))
    values = np.asarray(small)
    for _ in range(round(small.width * rng.uniform(0.2, 0.3))):
        luma = cv2.cvtColor(values, cv2.COLOR_RGB2GRAY).astype(np.float32)
        energy = np.abs(cv2.Sobel(luma, cv2.CV_32F, 1, 0)) + np.abs(cv2.Sobel(luma, cv2.CV_32F, 0, 1))
        keep = np.ones(energy.shape, np.bool_)
        keep[np.arange(len(keep)), _seam(energy)] = False
        values = values[keep].reshape(values.shape[0], -1, 3)
    return Image.fromarray(values)


def _seam(energy: np.ndarray) -> np.ndarray:
    total = energy.copy()
    for row in range(1, len(total)):
        above = np.pad(total[row - 1], 1, constant_values=np.inf)
        total[row] += np.minimum(np.minimum(above[:-2], above[1:-1]), above[2:])
    seam = np.empty(len(total), np.int64)
    seam[-1] = total[-1].argmin()
    for row in range(len(total) - 2, -1, -1):
        first = max(0, seam[row + 1] - 1)
        seam[row] = first + total[row, first : seam[row + 1] + 2].argmin()
    return seam


def long_page(picture: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image]) -> Image.Image:
    """Return a page of five to seven times its width with texts, two other pictures and this one."""
    width = 480
    high = round(width * rng.uniform(5, 7))
    dark = rng.random() < 0.4
    ground, ink = ((18, 18, 22), (225, 225, 225)) if dark else ((250, 250, 250), (30, 30, 30))
    sheet = Image.new("RGB", (width, high), ground)
    draw = ImageDraw.Draw(sheet)
    shown = [picture, *others_of(others, rng, 2)]
    order = rng.permutation(3).tolist()
    top = 20
    for number in order:
        text = wrapped(words(rng, int(rng.integers(30, 70))), font(18), width - 40)
        draw.text((20, top), "\n".join(text), font=font(18), fill=ink, spacing=6)
        top += len(text) * 26 + 20
        one = fitted(shown[number], (width - 40, width))
        sheet.paste(one, ((width - one.width) // 2, top))
        top += one.height + 20
    left = (high - top - 20) // 26
    if left > 0:
        draw.text(
            (20, top),
            "\n".join(wrapped(words(rng, left * 7), font(18), width - 40)[:left]),
            font=font(18),
            fill=ink,
        )
    return sheet


def small_inset(picture: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image]) -> Image.Image:
    """Return another picture of 1,000 pixels with this one on 6 % of its area."""
    sheet = fitted(other_of(others, rng), (1000, 1000))
    inner = uniform_size(picture, np.sqrt(0.06) * side_of(sheet) / side_of(picture))
    sheet.paste(
        inner,
        (
            int(rng.integers(max(1, sheet.width - inner.width))),
            int(rng.integers(max(1, sheet.height - inner.height))),
        ),
    )
    return sheet


def round_inset(picture: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image]) -> Image.Image:
    """Return another picture with a round cut-out of this one, at 35 to 50 % of its sides, with a white rim."""
    sheet = covering(other_of(others, rng), (720, 720))
    side = round(720 * rng.uniform(0.35, 0.5))
    mask = Image.new("L", (side, side))
    ImageDraw.Draw(mask).ellipse((0, 0, side - 1, side - 1), fill=255)
    left, top = (int(value) for value in rng.integers(0, 720 - side, 2))
    sheet.paste(covering(picture, (side, side)), (left, top), mask)
    ImageDraw.Draw(sheet).ellipse((left, top, left + side - 1, top + side - 1), outline=WHITE, width=5)
    return sheet


def in_circle(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture's middle in a circle on one colour, as avatars are shown."""
    side = min(picture.size)
    mask = Image.new("L", (side, side))
    ImageDraw.Draw(mask).ellipse((0, 0, side - 1, side - 1), fill=255)
    sheet = Image.new("RGB", (side, side), any_colour(rng))
    sheet.paste(covering(picture, (side, side)), (0, 0), mask)
    return sheet


def turned_far(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture turned by 25 to 65 degrees on one colour."""
    angle = rng.uniform(25, 65) * rng.choice((-1, 1))
    return picture.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=any_colour(rng))


def turned_crop(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return a window of a fifth to a third of the area, turned by 90 degrees."""
    return at_random(picture, rng, 0.45, 0.58).transpose(Image.Transpose.ROTATE_90)


SHAPED: Final = (
    *family_of(
        "small_crop",
        ninth=seeded(lambda picture, rng: at_random(picture, rng, 0.33, 0.4)),
        turned=seeded(turned_crop),
    ),
    *family_of(
        "tiles",
        strips_across=seeded(partial(strips, across=True)),
        strips_down=seeded(partial(strips, across=False)),
        shuffled_2x2=seeded(partial(shuffled, side=2)),
        shuffled_3x3=seeded(partial(shuffled, side=3)),
        mirrored_halves=alone(mirrored_halves),
        grid_4x4=partial(collage, columns=4, rows=4),
    ),
    *family_of(
        "bend",
        fisheye=seeded(fisheye),
        swirled=seeded(swirled),
        waved=seeded(waved),
        slimmed=seeded(slimmed),
        seam_carved=seeded(seam_carved),
    ),
    *family_of(
        "placed",
        long_page=long_page,
        inset_6=small_inset,
        round_inset=round_inset,
        circle=seeded(in_circle),
        turned_far=seeded(turned_far),
    ),
)
