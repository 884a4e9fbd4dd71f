"""Re-uploads with something drawn over the picture: stickers, watermarks, scribbles, bars and mosaics."""

import math
from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from benchmarks.reuploads.canvas import BLACK, WHITE, Colour, any_colour, font, side_of, words
from benchmarks.reuploads.kind import family_of, seeded

_YELLOW: Final[Colour] = (255, 204, 51)
_RED: Final[Colour] = (225, 40, 60)
_CLEAR: Final = (0, 0, 0, 0)
_STICKER_SIDE: Final = 128


def _smiley(draw: ImageDraw.ImageDraw, _rng: np.random.Generator) -> None:
    draw.ellipse((4, 4, 124, 124), fill=_YELLOW, outline=(190, 140, 20), width=3)
    for x in (42, 86):
        draw.ellipse((x - 8, 40, x + 8, 62), fill=(70, 45, 10))
    draw.chord((32, 62, 96, 108), 0, 180, fill=(120, 30, 30))


def _heart(draw: ImageDraw.ImageDraw, _rng: np.random.Generator) -> None:
    turn = np.linspace(0, 2 * np.pi, 60)
    across = 64 + 3.6 * 16 * np.sin(turn) ** 3
    down = 56 - 3.6 * (13 * np.cos(turn) - 5 * np.cos(2 * turn) - 2 * np.cos(3 * turn) - np.cos(4 * turn))
    draw.polygon(list(zip(across.tolist(), down.tolist(), strict=True)), fill=_RED)


def _star(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    turn = np.arange(10) * np.pi / 5 - np.pi / 2
    reach = np.where(np.arange(10) % 2, 26, 60)
    corners = zip((64 + reach * np.cos(turn)).tolist(), (64 + reach * np.sin(turn)).tolist(), strict=True)
    draw.polygon(list(corners), fill=any_colour(rng), outline=WHITE, width=3)


def _flame(draw: ImageDraw.ImageDraw, _rng: np.random.Generator) -> None:
    draw.ellipse((24, 44, 104, 124), fill=(240, 100, 20))
    draw.polygon(((26, 78), (64, 4), (102, 78)), fill=(240, 100, 20))
    draw.ellipse((44, 74, 84, 122), fill=(255, 215, 70))


def _label(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    draw.rounded_rectangle((2, 34, 126, 94), 14, fill=any_colour(rng), outline=WHITE, width=4)
    draw.text(
        (64, 64), words(rng, 1), font=font(32), fill=WHITE, stroke_width=1, stroke_fill=BLACK, anchor="mm"
    )


_STICKERS: Final[tuple[Callable[[ImageDraw.ImageDraw, np.random.Generator], None], ...]] = (
    _smiley,
    _heart,
    _star,
    _flame,
    _label,
)


def sticker(rng: np.random.Generator, side: int) -> Image.Image:
    """Return one sticker on a transparent background, slightly turned."""
    sheet = Image.new("RGBA", (_STICKER_SIDE, _STICKER_SIDE), _CLEAR)
    _STICKERS[int(rng.integers(len(_STICKERS)))](ImageDraw.Draw(sheet), rng)
    turned = sheet.rotate(rng.uniform(-30, 30), Image.Resampling.BICUBIC)
    return turned.resize((side, side), Image.Resampling.LANCZOS)


def stickered(picture: Image.Image, rng: np.random.Generator, share: float) -> Image.Image:
    """Return the picture with stickers over at least `share` of its area, and not much more."""
    overlay = Image.new("RGBA", picture.size, _CLEAR)
    while (spare := share - float(np.asarray(overlay.getchannel("A")).mean()) / 255) > 0:
        side = max(12, round(side_of(picture) * min(rng.uniform(0.12, 0.30), math.sqrt(spare) * 1.3 + 0.03)))
        one = sticker(rng, side)
        at = (
            int(rng.integers(-side // 3, picture.width - side // 2)),
            int(rng.integers(-side // 3, picture.height - side // 2)),
        )
        overlay.paste(one, at, one)
    return Image.composite(overlay.convert("RGB"), picture, overlay.getchannel("A"))


def tiled_watermark(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture under half transparent text that repeats along slanted rows."""
    width, height = picture.size
    reach = round(1.5 * max(width, height))
    veil = Image.new("L", (reach, reach))
    draw = ImageDraw.Draw(veil)
    size = max(10, round(side_of(picture) * rng.uniform(0.05, 0.08)))
    text = words(rng, 2)
    strength = int(rng.integers(60, 150))
    step = font(size).getlength(text) + size * rng.uniform(1, 3)
    for row in range(int(reach / size / 2.5) + 1):
        for column in range(int(reach / step) + 2):
            at = ((column - row % 2 / 2) * step, row * size * 2.5)
            draw.text(at, text, font=font(size), fill=strength)
    turned = veil.rotate(rng.uniform(15, 45), Image.Resampling.BILINEAR)
    start = ((reach - width) // 2, (reach - height) // 2)
    mask = turned.crop((*start, start[0] + width, start[1] + height))
    return Image.composite(Image.new("RGB", picture.size, WHITE), picture, mask)


def corner_logo(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture with a site's logo and name in one of its corners."""
    size = max(12, round(side_of(picture) * rng.uniform(0.06, 0.11)))
    text = f"{words(rng, 1)}{words(rng, 1)}.example"
    width = min(picture.width, round(font(size).getlength(text) + size * 2.2))
    logo = Image.new("RGBA", (width, round(size * 1.5)), (*any_colour(rng), int(rng.integers(120, 256))))
    draw = ImageDraw.Draw(logo)
    draw.ellipse((size * 0.2, size * 0.2, size * 1.3, size * 1.3), fill=any_colour(rng))
    draw.text((size * 1.6, size * 0.75), text, font=font(size), fill=WHITE, anchor="lm")
    edge = size // 3
    left = edge if rng.random() < 0.5 else picture.width - width - edge
    top = edge if rng.random() < 0.5 else picture.height - logo.height - edge
    dressed = picture.copy()
    dressed.paste(logo.convert("RGB"), (left, top), logo.getchannel("A"))
    return dressed


def scribbled(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture with two to six freehand strokes over it."""
    dressed = picture.copy()
    draw = ImageDraw.Draw(dressed)
    scale = side_of(picture)
    for _ in range(int(rng.integers(2, 7))):
        heading = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, 0.35, 40))
        steps = scale * 0.025 * np.stack((np.cos(heading), np.sin(heading)), axis=1)
        track = rng.uniform(0.15, 0.85, 2) * picture.size + np.cumsum(steps, axis=0)
        stroke = [(float(x), float(y)) for x, y in track]
        draw.line(
            stroke, fill=any_colour(rng), width=max(2, round(scale * rng.uniform(0.01, 0.03))), joint="curve"
        )
    return dressed


def censored(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture with one to three black bars over it."""
    dressed = picture.copy()
    draw = ImageDraw.Draw(dressed)
    for _ in range(int(rng.integers(1, 4))):
        width, height = rng.uniform(0.2, 0.5), rng.uniform(0.06, 0.16)
        draw.rectangle(_box(picture, rng, width, height), fill=BLACK)
    return dressed


def _box(
    picture: Image.Image, rng: np.random.Generator, width: float, height: float
) -> tuple[int, int, int, int]:
    left, top = rng.uniform(0, 1 - width), rng.uniform(0, 1 - height)
    across, down = picture.size
    start = (round(left * across), round(top * down))
    return (*start, round((left + width) * across), round((top + height) * down))


def pixelated(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture with a mosaic over a rectangle of its inside."""
    box = _box(picture, rng, rng.uniform(0.25, 0.5), rng.uniform(0.25, 0.5))
    part = picture.crop(box)
    cells = max(3, round(rng.uniform(5, 10)))
    small = part.resize((cells, max(2, round(cells * part.height / part.width))), Image.Resampling.BOX)
    dressed = picture.copy()
    dressed.paste(small.resize(part.size, Image.Resampling.NEAREST), box)
    return dressed


def softened(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture with a rectangle of its inside blurred beyond recognition."""
    box = _box(picture, rng, rng.uniform(0.25, 0.5), rng.uniform(0.25, 0.5))
    part = picture.crop(box)
    dressed = picture.copy()
    dressed.paste(part.filter(ImageFilter.GaussianBlur(side_of(part) * rng.uniform(0.08, 0.15))), box)
    return dressed


OVERLAYS: Final = family_of(
    "overlay",
    stickers10=seeded(partial(stickered, share=0.1)),
    stickers20=seeded(partial(stickered, share=0.2)),
    stickers30=seeded(partial(stickered, share=0.3)),
    watermark=seeded(tiled_watermark),
    logo=seeded(corner_logo),
    scribbles=seeded(scribbled),
    censor_bars=seeded(censored),
    mosaic=seeded(pixelated),
    blurred_part=seeded(softened),
)
