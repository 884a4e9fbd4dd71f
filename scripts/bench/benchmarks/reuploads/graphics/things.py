"""Drawn things over unrelated pictures: a dialog window, a cartoon character, a product and a block of words.

Each function draws from two generators: `design` chooses what both pictures of a pair share, `rng` what differs.
"""

from typing import Final, TypeAlias

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from benchmarks.reuploads.canvas import (
    BLACK,
    WHITE,
    Colour,
    any_colour,
    covering,
    font,
    gradient,
    picture_of,
    pixels,
    words,
    wrapped,
)

_GROUND: Final = (640, 480)
_FINE: Final = 2  # drawn at twice the size and reduced, so that edges are smooth
_OUTLINE: Final[Colour] = (25, 20, 25)
_CLEAR: Final = (0, 0, 0, 0)

_Point: TypeAlias = tuple[float, float]


class _Layer:
    """A drawing in the coordinates of the ground, to be laid over a picture."""

    def __init__(self) -> None:
        self._canvas = Image.new("RGBA", (_GROUND[0] * _FINE, _GROUND[1] * _FINE), _CLEAR)
        self._draw = ImageDraw.Draw(self._canvas)

    def box(self, frame: tuple[float, ...], fill: Colour, radius: float = 0, line: float = 0) -> None:
        """Fill a rectangle."""
        outline = _OUTLINE if line else None
        scaled = tuple(_FINE * value for value in frame)
        self._draw.rounded_rectangle(scaled, _FINE * radius, fill, outline, round(_FINE * line))

    def ellipse(self, at: _Point, reach: _Point, fill: Colour, line: float = 0) -> None:
        """Fill an ellipse about a centre."""
        (x, y), (across, down) = at, reach
        frame = (x - across, y - down, x + across, y + down)
        outline = _OUTLINE if line else None
        self._draw.ellipse(tuple(_FINE * value for value in frame), fill, outline, round(_FINE * line))

    def polygon(self, corners: tuple[tuple[float, float], ...], fill: Colour, line: float = 0) -> None:
        """Fill a polygon."""
        scaled = [(_FINE * x, _FINE * y) for x, y in corners]
        outline = _OUTLINE if line else None
        self._draw.polygon(scaled, fill, outline, max(1, round(_FINE * line)))

    def text(self, at: _Point, text: str, size: int, fill: Colour, anchor: str = "mm") -> None:
        """Write one line."""
        place = (_FINE * at[0], _FINE * at[1])
        self._draw.text(place, text, font=font(_FINE * size), fill=fill, anchor=anchor)

    def over(self, ground: Image.Image, shade: np.random.Generator | None = None) -> Image.Image:
        """Return the picture under this drawing; `shade` draws soft light and dark over it."""
        layer = self._canvas.resize(_GROUND, Image.Resampling.LANCZOS)
        drawn = layer.convert("RGB")
        if shade is not None:
            light = cv2.GaussianBlur(shade.normal(0, 1, (_GROUND[1], _GROUND[0])), (0, 0), 40)
            drawn = picture_of(pixels(drawn) * (1 + 0.2 * light / light.std())[..., None])
        canvas = ground.copy()
        canvas.paste(drawn, (0, 0), layer.getchannel("A"))
        return canvas


def _ground(picture: Image.Image, design: np.random.Generator, rng: np.random.Generator) -> Image.Image:
    """Return a picture as a ground: as it is, out of focus, dimmed, or only two of its colours."""
    canvas = covering(picture, _GROUND)
    sort = int(design.integers(4))
    if sort == 0:
        return canvas
    if sort == 1:
        return canvas.filter(ImageFilter.GaussianBlur(8))
    if sort == 2:
        return ImageEnhance.Brightness(canvas.filter(ImageFilter.GaussianBlur(2))).enhance(0.4)
    return gradient(_GROUND, any_colour(rng), any_colour(rng), float(rng.uniform(0, 6)))


def dialog(design: np.random.Generator, rng: np.random.Generator, ground: Image.Image) -> Image.Image:
    """Return a picture under a dialog window over 30 to 60 % of it."""
    layer = _Layer()
    width, height = int(design.integers(380, 520)), int(design.integers(270, 360))
    left, top = (_GROUND[0] - width) // 2, (_GROUND[1] - height) // 2
    accent = any_colour(design)
    layer.box((left, top, left + width, top + height), (244, 244, 246), 10, 1)
    layer.box((left + 1, top + 8, left + width - 1, top + 40), accent)
    layer.text((left + 14, top + 24), words(design, 3), 20, WHITE, "lm")
    for mark in range(3):
        layer.ellipse((left + width - 22 - 26 * mark, top + 24), (7, 7), (230, 230, 235))
    layer.ellipse((left + 45, top + 95), (25, 25), (250, 190, 40))
    layer.text((left + 45, top + 95), "!", 40, _OUTLINE)
    lines = wrapped(words(design, 40), font(18), width - 120)[: (height - 130) // 24]
    for number, line in enumerate(lines):
        layer.text((left + 90, top + 80 + 24 * number), line, 18, (30, 30, 35), "lm")
    for button in range(2):
        x = left + width - 130 - 130 * button
        fill = (225, 225, 230) if button else accent
        layer.box((x, top + height - 52, x + 116, top + height - 16), fill, 6, 1)
        layer.text((x + 58, top + height - 34), words(design, 1), 18, _OUTLINE if button else WHITE)
    return layer.over(_ground(ground, design, rng))


def character(design: np.random.Generator, rng: np.random.Generator, ground: Image.Image) -> Image.Image:
    """Return a cartoon character that fills much of another picture."""
    layer = _Layer()
    skin, coat, hair = any_colour(design), any_colour(design), any_colour(design)
    x, size = float(design.uniform(260, 380)), float(design.uniform(0.95, 1.1))

    def ellipse(cx: float, cy: float, rx: float, ry: float, fill: Colour) -> None:
        layer.ellipse((x + cx * size, 15 + cy * size), (rx * size, ry * size), fill, 4)

    for side in (-1, 1):
        ellipse(side * 80, 40, 40, 44, hair)
        ellipse(side * 60, 400, 52, 26, hair)
        ellipse(side * 140, 270, 36, 76, coat)
    ellipse(0, 290, 130, 120, coat)
    ellipse(0, 310, 82, 82, WHITE)
    ellipse(0, 120, 140, 105, skin)
    for side in (-1, 1):
        ellipse(side * 50, 105, 32, 36, WHITE)
        ellipse(side * 44, 112, 12, 16, BLACK)
        ellipse(side * 90, 160, 16, 9, (250, 150, 150))
    ellipse(0, 140, 16, 11, BLACK)
    ellipse(0, 184, 46, 18, (150, 30, 50))
    ellipse(0, 192, 26, 8, (240, 120, 130))
    for button in range(3):
        ellipse(0, 260 + 40 * button, 9, 9, hair)
    return layer.over(_ground(ground, design, rng), design)


def product(design: np.random.Generator, rng: np.random.Generator, ground: Image.Image) -> Image.Image:
    """Return a product on another picture: one shape of bottle, phone or shoe, with another label."""
    layer = _Layer()
    body, trim = any_colour(design), any_colour(design)
    draw, label = _PRODUCTS[int(design.integers(len(_PRODUCTS)))]
    draw(layer, body, trim)
    layer.box(label, any_colour(rng))
    middle = ((label[0] + label[2]) / 2, (label[1] + label[3]) / 2)
    layer.text(middle, words(rng, 1), 30, any_colour(rng))
    layer.ellipse((middle[0], label[1] + 18), (12, 12), any_colour(rng))
    return layer.over(_ground(ground, design, rng), design)


def _bottle(layer: _Layer, body: Colour, trim: Colour) -> None:
    layer.box((280, 8, 360, 50), trim, 4, 3)
    for ridge in range(6):
        layer.box((286 + 12 * ridge, 14, 290 + 12 * ridge, 44), _OUTLINE)
    layer.polygon(((292, 50), (348, 50), (356, 130), (420, 200), (220, 200), (284, 130)), body, 3)
    layer.box((216, 196, 424, 472), body, 24, 3)
    layer.box((234, 215, 248, 450), WHITE, 6)
    for ring in range(3):
        layer.box((218, 415 + 16 * ring, 422, 421 + 16 * ring), trim)


def _phone(layer: _Layer, body: Colour, trim: Colour) -> None:
    layer.box((190, 6, 450, 474), body, 34, 4)
    layer.box((204, 50, 436, 430), (30, 32, 40), 8, 3)
    layer.ellipse((320, 452), (16, 16), trim, 3)
    layer.box((280, 24, 360, 36), trim, 5)
    layer.ellipse((255, 30), (8, 8), _OUTLINE)
    for row in range(3):
        for column in range(4):
            x, y = 216 + 54 * column, 340 + 29 * row
            layer.box((x, y, x + 42, y + 20), trim, 4)


def _shoe(layer: _Layer, body: Colour, trim: Colour) -> None:
    layer.polygon(((70, 370), (80, 130), (240, 110), (300, 200), (460, 270), (590, 310), (600, 390)), body, 3)
    layer.box((60, 380, 610, 430), WHITE, 16, 3)
    for lace in range(6):
        x, y = 300 + 30 * lace, 200 + 18 * lace
        layer.polygon(((x - 40, y + 36), (x - 34, y + 42), (x + 26, y - 2), (x + 20, y - 10)), trim, 1)
    layer.polygon(((130, 360), (320, 300), (500, 366), (460, 372), (320, 330), (180, 372)), trim, 2)
    for tread in range(18):
        layer.box((74 + 30 * tread, 412, 90 + 30 * tread, 430), _OUTLINE)


_PRODUCTS: Final = (
    (_bottle, (252, 250, 388, 370)),
    (_phone, (222, 70, 418, 320)),
    (_shoe, (110, 190, 230, 290)),
)


def caption_block(design: np.random.Generator, rng: np.random.Generator, ground: Image.Image) -> Image.Image:
    """Return a picture under one block of words that covers over 40 % of it."""
    layer = _Layer()
    height = _GROUND[1] * float(design.uniform(0.41, 0.6))
    top = 0 if design.random() < 0.5 else _GROUND[1] - height
    paper = any_colour(design)
    ink = BLACK if sum(paper) > 380 else WHITE
    layer.box((0, top, _GROUND[0], top + height), paper)
    size = int(design.integers(20, 44))
    lines = wrapped(words(design, 120), font(size), _GROUND[0] - 40)[: int((height - 12) / (1.25 * size))]
    for number, line in enumerate(lines):
        layer.text((20, top + 12 + 1.25 * size * (number + 0.5)), line, size, ink, "lm")
    return layer.over(_ground(ground, design, rng))
