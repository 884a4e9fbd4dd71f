"""Content that clips of different people share: a channel's intro, and title cards of one template."""

from collections.abc import Iterator
from itertools import chain
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.clips.films.film import Frame, Size
from benchmarks.reuploads.canvas import WHITE, Colour, any_colour, font, gradient, words, wrapped

INTRO_SECONDS: Final = 4.0
CARD_SECONDS: Final = 2.5
CHANNEL_SEED: Final = 77
_INK: Final[Colour] = (235, 225, 190)


def intro(size: Size, rate: float) -> Iterator[Frame]:
    """Yield the intro of one channel, the same in every clip: rings, stripes and a name that slides in."""
    rng = np.random.default_rng(CHANNEL_SEED)
    ground = gradient(size, any_colour(rng), any_colour(rng), 0.7)
    name = f"{words(rng, 1)} {words(rng, 1)}".upper()
    bars = [(rng.uniform(0, 1), rng.uniform(0.02, 0.1), any_colour(rng)) for _ in range(7)]
    count = round(INTRO_SECONDS * rate)
    for number in range(count):
        yield _intro_frame(ground, name, bars, number / count)


def _intro_frame(
    ground: Image.Image, name: str, bars: list[tuple[float, float, Colour]], progress: float
) -> Frame:
    page = ground.copy()
    draw = ImageDraw.Draw(page)
    width, height = page.size
    for place, thickness, colour in bars:
        left = ((place + 0.4 * progress) % 1.2 - 0.1) * width
        draw.polygon(
            (
                (left, 0),
                (left + thickness * width, 0),
                (left + (thickness - 0.15) * width, height),
                (left - 0.15 * width, height),
            ),
            fill=colour,
        )
    middle = (width / 2, height * 0.4)
    for ring in range(4):
        radius = height * (0.08 + 0.06 * ring) * min(1.0, 0.3 + 2 * progress)
        start = 360 * progress * (1 if ring % 2 else -1) + 70 * ring
        box = (middle[0] - radius, middle[1] - radius, middle[0] + radius, middle[1] + radius)
        draw.arc(box, start, start + 250, fill=WHITE, width=max(2, height // 60))
    x = width * (0.5 + max(0.0, 0.5 - 1.5 * progress))
    draw.text((x, height * 0.8), name, font=font(height // 9), fill=WHITE, anchor="mm", stroke_width=1)
    return np.asarray(page, np.uint8)


def card(size: Size, rate: float, rng: np.random.Generator) -> Iterator[Frame]:
    """Yield a title card of one template: the same frame and ornaments, different words, a slow fade at both ends."""
    page = Image.new("RGB", size, (24, 26, 38))
    draw = ImageDraw.Draw(page)
    width, height = size
    for inset in (0.05, 0.07):
        edge = inset * height
        draw.rectangle((edge, edge, width - edge, height - edge), outline=_INK, width=max(1, height // 160))
    for x in (0.25, 0.5, 0.75):
        at, reach = (width * x, height * 0.85), height * 0.03
        draw.polygon(
            ((at[0] - reach, at[1]), (at[0], at[1] - reach), (at[0] + reach, at[1]), (at[0], at[1] + reach)),
            fill=_INK,
        )
    draw.text(
        (width / 2, height * 0.2),
        f"Part {rng.integers(1, 30)}",
        font=font(height // 12),
        fill=_INK,
        anchor="mm",
    )
    letters = font(height // 9)
    for number, line in enumerate(
        wrapped(words(rng, int(rng.integers(3, 7))), letters, round(width * 0.75))[:3]
    ):
        draw.text((width / 2, height * (0.38 + 0.14 * number)), line, font=letters, fill=WHITE, anchor="mm")
    values = np.asarray(page, np.float32)
    count = round(CARD_SECONDS * rate)
    for number in range(count):
        light = min(1.0, 0.2 + 4 * number / count, 0.2 + 4 * (count - 1 - number) / count)
        yield (values * light).astype(np.uint8)


def after_card(size: Size, rate: float, rng: np.random.Generator, frames: Iterator[Frame]) -> Iterator[Frame]:
    """Yield a title card and then the film."""
    return chain(card(size, rate, rng), frames)
