"""Re-uploads with something put around the picture or written on it: borders, frames and captions."""

from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from benchmarks.reuploads.canvas import (
    BLACK,
    WHITE,
    Colour,
    any_colour,
    covering,
    fitted,
    font,
    gradient,
    shadowed,
    side_of,
    uniform_size,
    words,
    wrapped,
)
from benchmarks.reuploads.kind import family_of, seeded

_SUBTITLE_YELLOW: Final[Colour] = (250, 225, 60)


def bordered(
    picture: Image.Image, rng: np.random.Generator, share: tuple[float, float], colour: Colour
) -> Image.Image:
    """Return the picture within a border whose width is a share of its side."""
    return ImageOps.expand(picture, max(2, round(side_of(picture) * rng.uniform(*share))), colour)


def polaroid(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture on an instant photograph's white card, a few words below it."""
    edge = round(side_of(picture) * rng.uniform(0.04, 0.08))
    foot = round(edge * rng.uniform(3, 4.5))
    card = Image.new("RGB", (picture.width + 2 * edge, picture.height + edge + foot), (248, 246, 240))
    card.paste(picture, (edge, edge))
    at = (card.width / 2, picture.height + edge + foot / 2)
    letters = font(round(foot * 0.35))
    ImageDraw.Draw(card).text(at, words(rng, 3), font=letters, fill=(60, 60, 90), anchor="mm")
    return card


def rounded(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture with round corners, on black, white or a colour."""
    ground = (BLACK, WHITE, any_colour(rng))[int(rng.integers(3))]
    mask = Image.new("L", picture.size)
    radius = side_of(picture) * rng.uniform(0.06, 0.2)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, picture.width - 1, picture.height - 1), radius, fill=255)
    return Image.composite(picture, Image.new("RGB", picture.size, ground), mask)


def framed(picture: Image.Image, ground: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the whole picture on a sheet, near its middle."""
    inner = fitted(picture, (round(ground.width * rng.uniform(0.88, 1)), round(ground.height * 0.9)))
    frame = ground.copy()
    spare = (frame.width - inner.width, frame.height - inner.height)
    frame.paste(inner, (spare[0] // 2, round(spare[1] * rng.uniform(0.4, 0.6))))
    return frame


def _tall(picture: Image.Image) -> tuple[int, int]:
    width = min(max(picture.width, 360), 1080)
    return width, round(width * 16 / 9)


def frame_plain(picture: Image.Image, rng: np.random.Generator, colour: Colour) -> Image.Image:
    """Return the picture on a 9:16 sheet of one colour."""
    return framed(picture, Image.new("RGB", _tall(picture), colour), rng)


def frame_blurred(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture on a 9:16 sheet filled by itself, enlarged, blurred and darkened."""
    size = _tall(picture)
    small = covering(picture, (size[0] // 4, size[1] // 4))
    soft = small.filter(ImageFilter.GaussianBlur(rng.uniform(3, 9))).resize(size, Image.Resampling.BICUBIC)
    return framed(picture, ImageEnhance.Brightness(soft).enhance(rng.uniform(0.5, 0.95)), rng)


def frame_gradient(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture on a 9:16 sheet with a gradient of two colours."""
    sheet = gradient(_tall(picture), any_colour(rng), any_colour(rng), rng.uniform(0, 2 * np.pi))
    return framed(picture, sheet, rng)


def boxed(picture: Image.Image, rng: np.random.Generator, *, beside: bool) -> Image.Image:
    """Return the picture between two black bars, above and below or left and right."""
    bar = round((picture.width if beside else picture.height) * rng.uniform(0.12, 0.35))
    return ImageOps.expand(picture, (bar, 0) if beside else (0, bar), BLACK)


def barred(picture: Image.Image, rng: np.random.Generator, *, above: bool) -> Image.Image:
    """Return the picture with a bar of text above or below it, black on white or white on black."""
    ground, ink = (WHITE, BLACK) if rng.random() < 0.7 else (BLACK, WHITE)
    size = max(11, round(picture.width * rng.uniform(0.045, 0.075)))
    lines = wrapped(words(rng, int(rng.integers(5, 16))), font(size), round(picture.width * 0.92))
    bar = round(size * (1.3 * len(lines) + 1))
    sheet = Image.new("RGB", (picture.width, picture.height + bar), ground)
    sheet.paste(picture, (0, bar if above else 0))
    start = size * 0.5 if above else picture.height + size * 0.5
    draw = ImageDraw.Draw(sheet)
    for number, line in enumerate(lines):
        draw.text((picture.width * 0.04, start + size * 1.3 * number), line, font=font(size), fill=ink)
    return sheet


def over_bottom(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture with a half transparent band of text over its lower part."""
    size = max(11, round(picture.width * rng.uniform(0.05, 0.08)))
    lines = wrapped(words(rng, int(rng.integers(4, 10))), font(size), round(picture.width * 0.9))
    band = round(size * (1.25 * len(lines) + 0.8))
    top = round(picture.height - band - picture.height * rng.uniform(0, 0.12))
    veil = Image.new("L", picture.size)
    ImageDraw.Draw(veil).rectangle((0, top, picture.width, top + band), fill=int(rng.integers(110, 230)))
    dressed = Image.composite(Image.new("RGB", picture.size, BLACK), picture, veil)
    draw = ImageDraw.Draw(dressed)
    for number, line in enumerate(lines):
        at = (picture.width / 2, top + size * (0.9 + 1.25 * number))
        draw.text(at, line, font=font(size), fill=WHITE, anchor="mm")
    return dressed


def meme(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture with big outlined capitals at its top and its bottom."""
    dressed = picture.copy()
    draw = ImageDraw.Draw(dressed)
    size = max(14, round(side_of(picture) * rng.uniform(0.09, 0.14)))
    for down in (True, False):
        text = words(rng, int(rng.integers(2, 6))).upper()
        lines = wrapped(text, font(size), round(picture.width * 0.94))[:2]
        for number, line in enumerate(lines):
            rank = number if down else number - len(lines) + 1
            y = size * 0.75 if down else picture.height - size * 0.75
            shadowed(draw, (picture.width / 2, y + rank * size * 1.1), line, size)
    return dressed


def subtitled(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture with one or two lines of subtitles near its bottom."""
    dressed = picture.copy()
    draw = ImageDraw.Draw(dressed)
    size = max(11, round(picture.width * rng.uniform(0.04, 0.06)))
    lines = wrapped(words(rng, int(rng.integers(5, 11))), font(size), round(picture.width * 0.85))[:2]
    fill = WHITE if rng.random() < 0.6 else _SUBTITLE_YELLOW
    base = picture.height * rng.uniform(0.86, 0.95) - size * 1.2 * (len(lines) - 1)
    for number, line in enumerate(lines):
        at = (picture.width / 2, base + size * 1.2 * number)
        draw.text(at, line, font=font(size), fill=fill, stroke_width=1, stroke_fill=BLACK, anchor="mm")
    return dressed


def text_all_over(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture covered by lines of text in one colour from top to bottom."""
    dressed = picture.copy()
    draw = ImageDraw.Draw(dressed)
    size = max(11, round(side_of(picture) * rng.uniform(0.06, 0.09)))
    fill = (WHITE, any_colour(rng), BLACK)[int(rng.integers(3))]
    lines = wrapped(words(rng, 120), font(size), round(picture.width * 0.94))
    for number in range(int(picture.height / size / 1.5)):
        at = (picture.width * 0.03, size * (0.3 + 1.5 * number))
        draw.text(at, lines[number % len(lines)], font=font(size), fill=fill)
    return dressed


def _larger(picture: Image.Image) -> Image.Image:
    """Return the picture with at least 480 pixels on its longer side, as editing programs export it."""
    return uniform_size(picture, max(1.0, 480 / max(picture.size)))


BORDERS: Final = family_of(
    "border",
    thin_white=seeded(lambda picture, rng: bordered(picture, rng, (0.015, 0.04), WHITE)),
    thick_black=seeded(lambda picture, rng: bordered(picture, rng, (0.08, 0.18), BLACK)),
    coloured=seeded(lambda picture, rng: bordered(picture, rng, (0.03, 0.12), any_colour(rng))),
    polaroid=seeded(polaroid),
    rounded=seeded(rounded),
)
FRAMES: Final = family_of(
    "frame",
    black=seeded(lambda picture, rng: frame_plain(picture, rng, BLACK)),
    white=seeded(lambda picture, rng: frame_plain(picture, rng, WHITE)),
    blurred=seeded(frame_blurred),
    gradient=seeded(frame_gradient),
    letterbox=seeded(lambda picture, rng: boxed(picture, rng, beside=False)),
    pillarbox=seeded(lambda picture, rng: boxed(picture, rng, beside=True)),
)
CAPTIONS: Final = family_of(
    "caption",
    above=seeded(lambda picture, rng: barred(_larger(picture), rng, above=True)),
    below=seeded(lambda picture, rng: barred(_larger(picture), rng, above=False)),
    over_bottom=seeded(over_bottom),
    meme=seeded(meme),
    subtitles=seeded(subtitled),
    all_over=seeded(text_all_over),
)
