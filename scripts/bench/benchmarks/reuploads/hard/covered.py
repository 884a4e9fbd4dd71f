"""Harder re-uploads by cover and replacement: dense marks, double exposure, cut-outs, pasted heads and swaps."""

from collections.abc import Sequence
from functools import partial
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from benchmarks.reuploads.altered import FACE, HEAD, ellipse_over, face_swapped, person_mask, portrait_of
from benchmarks.reuploads.canvas import (
    any_colour,
    covering,
    font,
    other_of,
    side_of,
    words,
    wrapped,
)
from benchmarks.reuploads.crops import at_random
from benchmarks.reuploads.kind import Kind, Make, Save, family_of, seeded
from benchmarks.reuploads.overlays import sticker, stickered
from benchmarks.reuploads.screens import SCREENS


def densely_marked(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture under a net of half transparent words, each row touching the next."""
    veil = Image.new("L", picture.size)
    draw = ImageDraw.Draw(veil)
    size = max(9, round(side_of(picture) * rng.uniform(0.035, 0.05)))
    strength = int(rng.integers(110, 170))
    text = words(rng, 1) + " "
    step = font(size).getlength(text)
    for row in range(picture.height // size + 1):
        line = text * (int(picture.width / step) + 2)
        draw.text((-(row % 3) * step / 3, row * size * 1.05), line, font=font(size), fill=strength)
    ink = Image.new("RGB", picture.size, (255, 255, 255) if rng.random() < 0.5 else any_colour(rng))
    return Image.composite(ink, picture, veil)


def lettered(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture under a page of opaque letters."""
    dressed = picture.copy()
    size = max(10, round(side_of(picture) * rng.uniform(0.05, 0.07)))
    lines = wrapped(words(rng, 220), font(size), picture.width - size)
    ink = (255, 255, 255) if rng.random() < 0.5 else (0, 0, 0)
    ImageDraw.Draw(dressed).text(
        (size // 2, size // 2), "\n".join(lines), font=font(size), fill=ink, spacing=size // 2
    )
    return dressed


def double_exposed(
    picture: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image]
) -> Image.Image:
    """Return the picture blended with another one, which has 30 to 45 % of the weight."""
    return Image.blend(picture, covering(other_of(others, rng), picture.size), rng.uniform(0.3, 0.45))


def behind_bars(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture behind thin bars that cover 25 to 40 % of it."""
    dressed = picture.copy()
    draw = ImageDraw.Draw(dressed)
    pitch = side_of(picture) * rng.uniform(0.05, 0.09)
    wide = pitch * rng.uniform(0.25, 0.4)
    colour = any_colour(rng)
    for number in range(int(picture.width / pitch) + 1):
        left = number * pitch
        draw.rectangle((left, 0, left + wide, picture.height), fill=colour)
    return dressed


def emoji_over_face(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the portrait with one sticker over the whole face."""
    dressed = picture.copy()
    one = sticker(rng, round(side_of(picture) * rng.uniform(0.5, 0.6)))
    dressed.paste(
        one, (round(picture.width / 2 - one.width / 2), round(picture.height * 0.49 - one.height / 2)), one
    )
    return dressed


def cut_out(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the person as a cut-out with transparency, as background removers write it."""
    return _on_nothing(picture, person_mask(picture, rng.uniform(0.004, 0.01)))


def cut_out_object(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return an oval of half to two thirds of the area, the rest transparent."""
    mask = Image.new("L", picture.size)
    share = rng.uniform(0.4, 0.46)
    width, height = picture.size
    box = (width * (0.5 - share), height * (0.5 - share), width * (0.5 + share), height * (0.5 + share))
    ImageDraw.Draw(mask).ellipse(box, fill=255)
    return _on_nothing(picture, mask)


def _on_nothing(picture: Image.Image, mask: Image.Image) -> Image.Image:
    """Return the masked part; what is transparent is black, as background removers leave it."""
    part = Image.composite(picture, Image.new("RGB", picture.size), mask)
    part.putalpha(mask)
    return part


def small_head(picture: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image]) -> Image.Image:
    """Return another portrait with this head, at half to three fifths of its size."""
    body = covering(portrait_of(others, rng), picture.size)
    mask = ellipse_over(picture, HEAD, 0.012)
    factor = rng.uniform(0.5, 0.6)
    size = (round(picture.width * factor), round(picture.height * factor))
    at = (
        round((picture.width - size[0]) * rng.uniform(0.4, 0.6)),
        round((picture.height - size[1]) * rng.uniform(0.35, 0.55)),
    )
    body.paste(picture.resize(size, Image.Resampling.LANCZOS), at, mask.resize(size))
    return body


def swapped_smoothly(
    picture: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image]
) -> Image.Image:
    """Return the portrait with the face of another, joined by Poisson blending (Perez 2003)."""
    other = covering(portrait_of(others, rng), picture.size)
    mask = np.asarray(ellipse_over(picture, FACE, 0.005)).copy()
    rows, columns = np.nonzero(mask > 127)
    middle = (int((columns.min() + columns.max()) // 2), int((rows.min() + rows.max()) // 2))
    joined = cv2.seamlessClone(
        np.asarray(other), np.asarray(picture), (mask > 127).astype(np.uint8) * 255, middle, cv2.NORMAL_CLONE
    )
    return Image.fromarray(joined)


def swapped_cropped_filtered(
    picture: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image]
) -> Image.Image:
    """Return the portrait with another face, then cropped to half to three quarters of its area, in other tones."""
    swapped = at_random(face_swapped(picture, rng, others), rng, 0.72, 0.87)
    toned = ImageEnhance.Contrast(ImageEnhance.Color(swapped).enhance(rng.uniform(0.2, 1.8))).enhance(
        rng.uniform(0.7, 1.4)
    )
    return ImageEnhance.Brightness(toned).enhance(rng.uniform(0.75, 1.25))


def swapped_and_shown(
    picture: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image]
) -> Image.Image:
    """Return a screenshot of the portrait with another face."""
    screen = SCREENS[int(rng.integers(len(SCREENS)))].make
    return screen(face_swapped(picture, rng, others), rng, others)


def clothes_smoothed(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the portrait with what lies below the chin in-painted smoothly in the tone of the face, with grain."""
    values = np.asarray(picture, np.float32).copy()
    rows, columns = values.shape[:2]
    top = round(rows * rng.uniform(0.7, 0.74))
    skin = values[round(rows * 0.4) : round(rows * 0.6), round(columns * 0.42) : round(columns * 0.58)].mean(
        axis=(0, 1)
    )
    shade = np.linspace(1.0, rng.uniform(0.7, 0.9), rows - top)[:, None, None]
    across = 1 - 0.25 * np.abs(np.linspace(-1, 1, columns))[None, :, None] ** 2
    smooth = skin * shade * across + rng.normal(0, 2.5, (rows - top, columns, 1))
    mask = np.asarray(person_mask(picture, 0.01), np.float32)[top:, :, None] / 255
    values[top:] = values[top:] * (1 - mask) + smooth * mask
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


def mirrored_swap(
    picture: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image]
) -> Image.Image:
    """Return the portrait with another face, mirrored."""
    return ImageOps.mirror(face_swapped(picture, rng, others))


def _of_portrait(detail: str, make: Make) -> Kind:
    return Kind(name=f"replaced_{detail}", family="replaced", make=make, portraits_only=True)


COVERED: Final = (
    *family_of(
        "cover",
        marks=seeded(densely_marked),
        letters=seeded(lettered),
        double_exposure=double_exposed,
        bars=seeded(behind_bars),
        stickers45=seeded(partial(stickered, share=0.45)),
    ),
    Kind(name="cover_emoji", family="cover", make=seeded(emoji_over_face), portraits_only=True),
    Kind(
        name="cut_out_person",
        family="cut_out",
        make=seeded(cut_out),
        save=Save(format="PNG"),
        portraits_only=True,
    ),
    Kind(name="cut_out_oval", family="cut_out", make=seeded(cut_out_object), save=Save(format="PNG")),
    _of_portrait("small_head", small_head),
    _of_portrait("swap_smooth", swapped_smoothly),
    _of_portrait("swap_crop_filter", swapped_cropped_filtered),
    _of_portrait("swap_screenshot", swapped_and_shown),
    _of_portrait("swap_mirrored", mirrored_swap),
    _of_portrait("clothes_smooth", seeded(clothes_smoothed)),
)
