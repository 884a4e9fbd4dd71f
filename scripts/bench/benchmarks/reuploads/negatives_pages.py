"""Pages without photographs that look alike and say different things: messages, documents, sheets, charts, maps."""

from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.reuploads.canvas import Colour, Size, font, wrapped
from benchmarks.reuploads.screens import chat
from benchmarks.reuploads.sheet import LIGHT, Sheet, Theme

_PAPER: Final[Size] = (620, 877)
_SHEET: Final[Size] = (1000, 640)
_CHART: Final[Size] = (800, 520)
_MAP: Final[Size] = (700, 700)
_BARS: Final[tuple[Colour, ...]] = ((66, 133, 244), (219, 68, 55), (244, 180, 0), (15, 157, 88))


def chat_page(rng: np.random.Generator, theme: Theme, size: Size) -> Image.Image:
    """Return a conversation of text messages only."""
    return chat(None, rng, theme=theme, page=Sheet.of(size, theme, rng))


def document(rng: np.random.Generator) -> Image.Image:
    """Return a letter on white paper: a heading, two addresses and paragraphs."""
    page = Sheet.of(_PAPER, LIGHT, rng)
    page.text(10, 10, page.words(2, 3), 4)
    page.box(10, 13.5, 80, 0.3, LIGHT.ink)
    for number in range(3):
        page.text(10, 20 + 3 * number, page.words(2, 4), 2)
        page.text(90, 20 + 3 * number, page.words(1, 3), 2, anchor="rm")
    y = 36.0
    for _ in range(4):
        for line in wrapped(page.words(40, 70), font(20), 800):
            page.text(10, y, line, 2)
            y += 3
        y += 3
    page.text(10, min(y + 4, 130), page.words(2, 3), 2.4)
    return page.canvas


def spreadsheet(rng: np.random.Generator) -> Image.Image:
    """Return a table of words and figures under a spreadsheet's ribbon."""
    page = Sheet.of(_SHEET, LIGHT, rng)
    page.box(0, 0, 100, 6, (33, 115, 70))
    page.text(3, 3, page.words(2, 3), 1.8, ink=LIGHT.ground)
    page.box(0, 6, 100, 5, LIGHT.panel)
    for row in range(22):
        y = 11 + 2.4 * row
        page.box(0, y, 100, 0.1, (200, 200, 200))
        page.text(1, y + 1.2, str(row + 1), 1.2, ink=LIGHT.dim)
        page.text(5, y + 1.2, page.words(1, 2), 1.4)
        for column in range(6):
            page.text(30 + 12 * column, y + 1.2, f"{rng.uniform(0, 9000):.2f}", 1.4, anchor="rm")
    for column in range(8):
        page.box(4 + 12 * column if column else 4, 11, 0.1, 53, (200, 200, 200))
    return page.canvas


def chart(rng: np.random.Generator) -> Image.Image:
    """Return a bar chart with a title, a grid, an axis and a line over it."""
    page = Sheet.of(_CHART, LIGHT, rng)
    page.text(50, 4, page.words(3, 5), 3, anchor="mm")
    for number in range(6):
        page.box(9, 10 + 9 * number, 86, 0.15, (215, 215, 215))
        page.text(8, 10 + 9 * number, str(100 - 20 * number), 1.8, ink=LIGHT.dim, anchor="rm")
    heights = rng.uniform(4, 44, 12)
    for number, height in enumerate(heights):
        page.box(11 + 7 * number, 55 - height, 5, height, _BARS[0])
        page.text(13.5 + 7 * number, 57.5, page.words(1, 1)[:5], 1.7, ink=LIGHT.dim, anchor="mm")
    track = [page.at(13.5 + 7 * i, 55 - float(value)) for i, value in enumerate(rng.uniform(4, 44, 12))]
    page.draw.line(track, fill=_BARS[1], width=4, joint="curve")
    return page.canvas


def street_map(rng: np.random.Generator) -> Image.Image:
    """Return a street map: blocks, parks, a river, roads and names, in the usual pale colours."""
    canvas = Image.new("RGB", _MAP, (242, 239, 233))
    draw = ImageDraw.Draw(canvas)
    for _ in range(3):
        x, y = rng.uniform(0, _MAP[0], 2)
        reach = rng.uniform(40, 110, 2)
        draw.rectangle((x, y, x + reach[0], y + reach[1]), fill=(200, 230, 190))
    draw.line(_track(rng), fill=(160, 200, 235), width=int(rng.integers(20, 50)), joint="curve")
    for number in range(26):
        major = number < 5
        track = _track(rng)
        draw.line(track, fill=(190, 180, 170), width=15 if major else 8, joint="curve")
        draw.line(
            track, fill=(250, 215, 130) if major else (255, 255, 255), width=11 if major else 6, joint="curve"
        )
    page = Sheet(canvas=canvas, theme=LIGHT, rng=rng, draw=draw)
    for _ in range(18):
        page.text(rng.uniform(4, 90), rng.uniform(4, 90), page.words(1, 2), 2, ink=(80, 80, 80))
    return canvas


def _track(rng: np.random.Generator) -> list[tuple[float, float]]:
    """Return a nearly straight line across the whole map."""
    along = np.linspace(-20, _MAP[0] + 20, 12)
    across = rng.uniform(0, _MAP[1]) + rng.uniform(-0.4, 0.4) * along + np.cumsum(rng.normal(0, 9, 12))
    points = [(float(x), float(y)) for x, y in zip(along, across, strict=True)]
    return points if rng.random() < 0.5 else [(y, x) for x, y in points]
