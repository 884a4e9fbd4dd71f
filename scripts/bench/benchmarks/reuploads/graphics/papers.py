"""Printed things of one layout with other contents: playing cards, square codes, calendars and sheet music.

Each function draws from two generators: `design` chooses what both pictures of a pair share, `rng` what differs.
"""

import calendar as dates
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.reuploads.canvas import BLACK, WHITE, any_colour, covering, font
from benchmarks.reuploads.sheet import LIGHT, Sheet

_CARD: Final = (420, 600)
_CODE_CELLS: Final = 29
_CODE_CELL: Final = 16
_PAPER: Final = (700, 900)
_PIPS: Final = ((1, 5), (2, 4), (3, 3), (1, 3), (2, 2))  # pips in an outer column, and in all columns but it


def playing_card(design: np.random.Generator, rng: np.random.Generator) -> Image.Image:
    """Return a playing card of one pack: another suit or number of pips."""
    ground = tuple(int(value) for value in design.integers(225, 256, 3))
    card = Image.new("RGB", _CARD, (ground[0], ground[1], ground[2]))
    draw = ImageDraw.Draw(card)
    draw.rounded_rectangle((6, 6, 413, 593), 24, outline=(90, 90, 90), width=3)
    red = rng.random() < 0.5
    ink = (200, 20, 40) if red else (15, 15, 20)
    suit = int(rng.integers(2))
    number = int(rng.integers(4, 11))
    draw.text((40, 50), str(number), font=font(48), fill=ink, anchor="mm")
    draw.text((380, 550), str(number), font=font(48), fill=ink, anchor="mm")
    columns = (130, 290)
    outer = number // 2
    for x in columns:
        for place in range(outer):
            _pip(draw, x, 100 + 400 * place / max(1, outer - 1), suit, ink)
    if number % 2:
        _pip(draw, 210, 300, suit, ink)
    return card


def _pip(draw: ImageDraw.ImageDraw, x: float, y: float, suit: int, ink: tuple[int, int, int]) -> None:
    if suit:
        draw.polygon(((x, y - 38), (x + 28, y), (x, y + 38), (x - 28, y)), fill=ink)
        return
    draw.ellipse((x - 30, y - 30, x + 2, y + 6), fill=ink)
    draw.ellipse((x - 2, y - 30, x + 30, y + 6), fill=ink)
    draw.polygon(((x - 28, y - 6), (x + 28, y - 6), (x, y + 36)), fill=ink)


def square_code(_design: np.random.Generator, rng: np.random.Generator) -> Image.Image:
    """Return a two-dimensional code with three finder squares and random cells."""
    cells = rng.integers(0, 2, (_CODE_CELLS, _CODE_CELLS), dtype=np.uint8)
    finder = np.ones((7, 7), np.uint8)
    finder[1:6, 1:6] = 0
    finder[2:5, 2:5] = 1
    for row, column in ((0, 0), (0, _CODE_CELLS - 7), (_CODE_CELLS - 7, 0)):
        top, left = max(0, row - 1), max(0, column - 1)
        cells[top : row + 8, left : column + 8] = 0
        cells[row : row + 7, column : column + 7] = finder
    plane = np.kron(np.pad(1 - cells, 3, constant_values=1), np.full((_CODE_CELL, _CODE_CELL), 255, np.uint8))
    return Image.fromarray(plane.astype(np.uint8)).convert("RGB")


def calendar_page(design: np.random.Generator, rng: np.random.Generator, picture: Image.Image) -> Image.Image:
    """Return a month of a wall calendar, with a picture above it and entries of its owner."""
    page = Sheet.of(_PAPER, LIGHT, rng)
    accent = any_colour(design)
    page.canvas.paste(covering(picture, (_PAPER[0], 300)))
    year, month = int(rng.integers(2000, 2040)), int(rng.integers(1, 13))
    page.text(50, 49, f"{dates.month_name[month]} {year}", 6, ink=accent, anchor="mm")
    for column, name in enumerate(dates.day_abbr):
        page.text(10 + 13.4 * column, 58, name, 2.6, ink=LIGHT.dim, anchor="mm")
    for row, week in enumerate(dates.monthcalendar(year, month)):
        for column, day in enumerate(week):
            x, y = 3.3 + 13.4 * column, 62 + 10.5 * row
            page.draw.rectangle((*page.at(x, y), *page.at(x + 13.4, y + 10.5)), outline=(190, 190, 195))
            if day:
                page.text(x + 2, y + 2.4, str(day), 2.4)
            if day and rng.random() < 0.2:
                page.text(x + 1, y + 7, page.words(1, 1), 1.8, ink=accent)
    return page.canvas


def sheet_music(_design: np.random.Generator, rng: np.random.Generator) -> Image.Image:
    """Return a page of music: staves, bars and notes under a title."""
    page = Image.new("RGB", _PAPER, WHITE)
    draw = ImageDraw.Draw(page)
    title = "".join(rng.choice(list("abcdefghij klmnop"), 14)).title()
    draw.text((350, 50), title, font=font(36), fill=BLACK, anchor="mm")
    for stave in range(8):
        top = 110 + 96 * stave
        for line in range(5):
            draw.line((50, top + 9 * line, 650, top + 9 * line), fill=BLACK, width=1)
        for bar in range(5):
            draw.line((50 + 150 * bar, top, 50 + 150 * bar, top + 36), fill=BLACK, width=2)
        draw.text((66, top + 18), "G", font=font(44), fill=BLACK, anchor="mm")
        for x in np.arange(100, 640, float(rng.uniform(24, 36))).tolist():
            y = top + 4.5 * float(rng.integers(-1, 9))
            draw.ellipse((x - 6, y - 4, x + 6, y + 5), fill=BLACK)
            draw.line((x + 5, y, x + 5, y - 30), fill=BLACK, width=2)
    return page
