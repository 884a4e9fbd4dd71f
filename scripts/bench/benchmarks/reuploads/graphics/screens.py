"""Screens of one design with other contents: weather, games, news, identity cards and app icons.

Each function draws from two generators: `design` chooses what both screens of a pair share, `rng` what differs.
"""

from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.reuploads.canvas import WHITE, Colour, any_colour, covering, gradient
from benchmarks.reuploads.sheet import LIGHT, PHONES, Sheet

_SKIES: Final[tuple[tuple[Colour, Colour], ...]] = (
    ((60, 130, 210), (150, 200, 240)),
    ((25, 40, 80), (70, 90, 140)),
    ((90, 105, 125), (150, 165, 180)),
    ((230, 150, 90), (120, 110, 160)),
)
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_CARD: Final = (860, 540)
_TELEVISION: Final = (960, 540)


def weather(design: np.random.Generator, rng: np.random.Generator) -> Image.Image:
    """Return a weather app's screen for one town: its sky and hills are those of the design."""
    size = PHONES[int(design.integers(len(PHONES)))]
    top, bottom = _SKIES[int(design.integers(len(_SKIES)))]
    page = _on(gradient(size, top, bottom, np.pi / 2), rng)
    _hills(page, design, bottom)
    page.status_bar(WHITE)
    warm = int(rng.integers(-8, 34))
    page.text(50, 20, page.words(1, 1), 8, ink=WHITE, anchor="mm")
    page.text(50, 36, f"{warm}°", 22, ink=WHITE, anchor="mm")
    page.text(50, 50, page.words(1, 2), 4.4, ink=WHITE, anchor="mm")
    page.text(50, 57, f"H:{warm + 4}°  L:{warm - 5}°", 4.4, ink=WHITE, anchor="mm")
    panel, ink = ((_blend(top, bottom), WHITE), (WHITE, LIGHT.ink), ((18, 22, 32), WHITE))[design.integers(3)]
    page.box(5, 66, 90, 32, panel, radius=4)
    for hour in range(6):
        x = 13 + 15 * hour
        page.text(x, 72, str((9 + hour) % 24), 3.6, ink=ink, anchor="mm")
        _sky_icon(page, x, 81, rng)
        page.text(x, 91, f"{warm + int(rng.integers(-3, 4))}°", 4, ink=ink, anchor="mm")
    page.box(5, 103, 90, page.height - 112, panel, radius=4)
    first = int(rng.integers(7))
    for row in range(int((page.height - 116) / 11)):
        _day(page, 111 + 11 * row, _DAYS[(first + row) % 7], warm, ink)
    return page.canvas


def _hills(page: Sheet, design: np.random.Generator, bottom: Colour) -> None:
    """Draw two ranges of hills behind the panels."""
    for row in range(2):
        tops = 45 + 25 * row + design.uniform(-12, 12, 8)
        track = [page.at(100 * place / 7, float(y)) for place, y in enumerate(tops)]
        red, green, blue = (int(value * (0.7 - 0.25 * row)) for value in bottom)
        page.draw.polygon(
            [*track, page.at(100, page.height), page.at(0, page.height)], fill=(red, green, blue)
        )


def _on(canvas: Image.Image, rng: np.random.Generator) -> Sheet:
    return Sheet(canvas=canvas, theme=LIGHT, rng=rng, draw=ImageDraw.Draw(canvas))


def _blend(top: Colour, bottom: Colour) -> Colour:
    red, green, blue = ((3 * a + 2 * b) // 6 for a, b in zip(top, bottom, strict=True))
    return red, green, blue


def _day(page: Sheet, y: float, name: str, warm: int, ink: Colour) -> None:
    low = warm - int(page.rng.integers(2, 9))
    page.text(9, y, name, 4.4, ink=ink)
    _sky_icon(page, 34, y, page.rng)
    page.text(48, y, f"{low}°", 4.2, ink=(150, 155, 165), anchor="mm")
    page.box(56, y - 0.7, 25, 1.4, (110, 130, 160), radius=0.7)
    start = float(page.rng.uniform(56, 66))
    page.box(start, y - 0.7, float(page.rng.uniform(6, 14)), 1.4, (250, 200, 90), radius=0.7)
    page.text(88, y, f"{warm + int(page.rng.integers(1, 6))}°", 4.2, ink=ink, anchor="mm")


def _sky_icon(page: Sheet, x: float, y: float, rng: np.random.Generator) -> None:
    """Draw the sun, a cloud, or a cloud with rain."""
    sort = int(rng.integers(3))
    if sort == 0:
        page.disc(x, y, 3, (255, 205, 60))
        return
    for offset, radius in ((-2.0, 1.8), (0.0, 2.6), (2.0, 1.8)):
        page.disc(x + offset, y, radius, (185, 195, 210))
    if sort > 1:
        for drop in (-1.6, 0.4, 2.2):
            page.box(x + drop, y + 2.8, 0.7, 1.8, (120, 180, 250))


def game(design: np.random.Generator, rng: np.random.Generator, scene: Image.Image) -> Image.Image:
    """Return a game's screen: bars, a map, a score and a weapon's panel over a scene."""
    page = _on(covering(scene, _TELEVISION), rng)
    frame, life = any_colour(design), any_colour(design)
    for row, fill in enumerate((life, frame)):
        page.box(2, 2 + 3.4 * row, 26, 2.4, (20, 20, 24), radius=0.6)
        page.box(2.4, 2.4 + 3.4 * row, float(rng.uniform(8, 25)), 1.6, fill, radius=0.4)
    page.disc(89, 10, 8.4, frame)
    page.disc(89, 10, 7.6, (40, 60, 45))
    for _ in range(6):
        page.disc(float(rng.uniform(84, 94)), float(rng.uniform(5, 15)), 0.6, (240, 80, 60))
    page.text(50, 4, f"{rng.integers(0, 9)} : {rng.integers(0, 9)}", 4, ink=WHITE, anchor="mm")
    page.box(72, 45, 26, 9, (20, 20, 24), radius=1)
    page.text(74, 49.5, f"{rng.integers(1, 60)}/{rng.integers(60, 240)}", 4, ink=WHITE)
    for slot in range(7):
        page.box(26 + 7 * slot, 48, 6, 6, (30, 30, 36), radius=0.8)
        page.box(27 + 7 * slot, 49, 4, 4, any_colour(design), radius=0.5)
    return page.canvas


def news(design: np.random.Generator, rng: np.random.Generator, scene: Image.Image) -> Image.Image:
    """Return a news channel's picture: a logo, a headline and a ticker over a scene."""
    page = _on(covering(scene, _TELEVISION), rng)
    main, second = any_colour(design), any_colour(design)
    page.box(86, 3, 11, 5, main)
    page.text(91.5, 5.5, "NEWS 7", 2.6, ink=WHITE, anchor="mm")
    page.box(4, 38, 24, 3.4, second)
    page.text(5, 39.7, "BREAKING NEWS", 2.2, ink=WHITE)
    page.box(4, 41.4, 92, 7.4, (245, 245, 245))
    page.text(6, 45, page.words(4, 6).upper(), 3.4, ink=(15, 15, 20))
    page.box(0, 50.5, 100, 4.4, main)
    page.box(0, 50.5, 10, 4.4, (15, 15, 20))
    page.text(5, 52.7, f"{rng.integers(0, 24)}:{rng.integers(0, 60):02d}", 2.4, ink=WHITE, anchor="mm")
    page.text(12, 52.7, page.words(14, 18), 2.2, ink=WHITE)
    return page.canvas


def identity_card(design: np.random.Generator, rng: np.random.Generator, face: Image.Image) -> Image.Image:
    """Return an identity card with another person's photograph and particulars."""
    ground = any_colour(design)
    red, green, blue = (190 + value // 5 for value in ground)
    page = _on(gradient(_CARD, (red, green, blue), (235, 235, 240), 0.6), rng)
    for ring in range(9):
        page.ring(70, 34, 4 + 3.2 * ring, (red - 15, green - 15, blue - 15))
    page.box(0, 0, 100, 9, any_colour(design))
    page.text(4, 4.5, "IDENTITY CARD", 4, ink=WHITE)
    left, top = page.at(4, 13)
    page.canvas.paste(covering(face, (230, 300)), (round(left), round(top)))
    for row, label in enumerate(("Surname", "Given names", "Date of birth", "Nationality", "Number")):
        y = 15 + 7.6 * row
        page.text(35, y, label, 1.8, ink=(110, 110, 120))
        digits = f"{rng.integers(1, 29):02d} {rng.integers(1, 13):02d} {rng.integers(1940, 2010)}"
        page.text(35, y + 3, digits if row in {2, 4} else page.words(1, 2).upper(), 3, ink=(20, 20, 30))
    for row in range(2):
        code = "".join(rng.choice(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ<<<0123456789"), 36))
        page.text(4, 53 + 4.4 * row, code, 3, ink=(20, 20, 30))
    return page.canvas


def icons(design: np.random.Generator, rng: np.random.Generator) -> Image.Image:
    """Return a phone's page of app icons: one grid and wallpaper, other apps."""
    size = PHONES[int(design.integers(len(PHONES)))]
    wall = gradient(size, any_colour(design), any_colour(design), float(design.uniform(0, 6)))
    page = _on(wall, rng)
    page.status_bar(WHITE)
    for row in range(6):
        for column in range(4):
            x, y = 7 + 23 * column, 14 + 27 * row
            page.box(x, y, 16, 16, any_colour(rng), radius=4)
            _mark(page, x + 8, y + 8)
            page.text(x + 8, y + 20, page.words(1, 1), 2.8, ink=WHITE, anchor="mm")
    page.box(3, page.height - 24, 94, 21, (200, 200, 210), radius=6)
    for column in range(4):
        page.box(7 + 23 * column, page.height - 21.5, 16, 16, any_colour(rng), radius=4)
        _mark(page, 15 + 23 * column, page.height - 13.5)
    return page.canvas


def _mark(page: Sheet, x: float, y: float) -> None:
    """Draw a simple mark on an icon."""
    sort, ink = int(page.rng.integers(4)), any_colour(page.rng)
    if sort == 0:
        page.disc(x, y, float(page.rng.uniform(2, 5)), ink)
    elif sort == 1:
        page.box(x - 4, y - 2, 8, float(page.rng.uniform(2, 6)), ink, radius=1)
    elif sort == 2:
        corners = [page.at(x, y - 5), page.at(x + 5, y + 4), page.at(x - 5, y + 4)]
        page.draw.polygon(corners, fill=ink)
    else:
        page.text(x, y, page.words(1, 1)[:1], 9, ink=ink, anchor="mm")
