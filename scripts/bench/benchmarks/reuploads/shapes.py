"""Uploads whose shape hides a picture: long captures, strips and contact sheets, in which it is one of many things."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from benchmarks.reuploads.canvas import (
    BLACK,
    WHITE,
    Colour,
    any_colour,
    covering,
    fitted,
    font,
    gradient,
    words,
    wrapped,
)
from benchmarks.reuploads.kind import Kind, Save

SHORTEST: Final = 160
"""Shorter side of a shown picture, in pixels: the smallest that must be found."""

MAX_PIXELS: Final = 36_000_000
"""Pixels of an upload: below the limit of what is decoded."""

_WIDTHS: Final = (720, 1080, 1080, 1170, 1440)
_ASPECT: Final = 2340 / 1080
_LIGHT_GROUNDS: Final[tuple[Colour, ...]] = (WHITE, (240, 242, 245), (229, 221, 213), (250, 245, 235))
_DARK_GROUNDS: Final[tuple[Colour, ...]] = (BLACK, (17, 27, 33), (24, 25, 26), (38, 38, 44))


def _large_enough(picture: Image.Image, shorter: float) -> Image.Image:
    factor = max(shorter, SHORTEST) / min(picture.size)
    return picture.resize(
        (round(picture.width * factor), round(picture.height * factor)), Image.Resampling.LANCZOS
    )


class _Capture:
    """A page of a phone that is filled from its top, and may be several screens long."""

    def __init__(self, rng: np.random.Generator, screens: int) -> None:
        self.rng = rng
        self.width = int(rng.choice(_WIDTHS))
        self.is_dark = bool(rng.random() < 0.4)
        grounds = _DARK_GROUNDS if self.is_dark else _LIGHT_GROUNDS
        self.ground: Colour = grounds[int(rng.integers(len(grounds)))]
        self.ink: Colour = (230, 232, 236) if self.is_dark else (25, 27, 31)
        screens = min(screens, int(MAX_PIXELS / self.width**2 / _ASPECT))
        size = (self.width, round(self.width * _ASPECT * screens))
        self.canvas = self._sheet(size)
        self.draw = ImageDraw.Draw(self.canvas)
        self.text_px = round(self.width * rng.uniform(0.028, 0.045))
        self.y = round(self.width * 0.2)

    def _sheet(self, size: tuple[int, int]) -> Image.Image:
        sort = self.rng.random()
        if sort < 0.2:
            low = self.ground
            high = tuple(int(np.clip(level + self.rng.integers(-40, 41), 0, 255)) for level in low)
            return gradient((size[0], size[1]), low, (high[0], high[1], high[2]), np.pi / 2)
        sheet = Image.new("RGB", size, self.ground)
        if sort < 0.4:
            self._doodles(sheet)
        return sheet

    def _doodles(self, sheet: Image.Image) -> None:
        """Draw a wallpaper of faint little figures."""
        pen = ImageDraw.Draw(sheet)
        change = 14 if self.is_dark else -14
        ink = tuple(int(np.clip(level + change, 0, 255)) for level in self.ground)
        step = round(self.width / 12)
        for top in range(0, sheet.height, step):
            for left in range(0, sheet.width, step):
                x, y = left + int(self.rng.integers(step // 2)), top + int(self.rng.integers(step // 2))
                box = (x, y, x + step * 0.4, y + step * 0.4)
                (pen.ellipse if self.rng.random() < 0.5 else pen.rectangle)(box, outline=ink, width=3)

    def bars(self) -> None:
        """Draw the bar at the top and the one at the bottom."""
        tone = tuple((level + 128) // 2 if self.is_dark else level * 9 // 10 for level in self.ground)
        self.draw.rectangle((0, 0, self.width, self.width * 0.17), fill=tone)
        self.draw.text((self.width * 0.06, self.width * 0.03), "9:41", font=font(self.text_px), fill=self.ink)
        self.draw.text(
            (self.width * 0.15, self.width * 0.1), words(self.rng, 2), font=font(self.text_px), fill=self.ink
        )
        self.draw.rectangle(
            (0, self.canvas.height - self.width * 0.14, self.width, self.canvas.height), fill=tone
        )

    def message(self) -> None:
        """Write a message in a bubble, on either side."""
        rng = self.rng
        lines = wrapped(words(rng, int(rng.integers(2, 26))), font(self.text_px), round(self.width * 0.62))
        high = round(self.text_px * 1.3)
        wide = max(font(self.text_px).getlength(line) for line in lines) + self.text_px * 1.5
        is_own = bool(rng.random() < 0.5)
        left = self.width * 0.96 - wide if is_own else self.width * rng.uniform(0.03, 0.13)
        box = (left, self.y, left + wide, self.y + high * len(lines) + self.text_px)
        self.draw.rounded_rectangle(box, self.text_px * rng.uniform(0, 0.9), fill=self._bubble(is_own))
        self.lines(lines, left + self.text_px * 0.75, self.y + self.text_px * 0.5, high)
        self.y = round(box[3] + self.text_px * rng.uniform(0.3, 1))

    def _bubble(self, is_own: bool) -> Colour:  # noqa: FBT001
        if self.is_dark:
            return (0, 92, 75) if is_own else (32, 44, 51)
        return (217, 253, 211) if is_own else WHITE if self.ground != WHITE else (233, 233, 235)

    def lines(self, lines: Sequence[str], left: float, top: float, high: int) -> None:
        """Write lines of text below each other."""
        for number, line in enumerate(lines):
            self.draw.text((left, top + number * high), line, font=font(self.text_px), fill=self.ink)

    def paragraph(self) -> None:
        """Write a paragraph over the whole width, sometimes below a heading."""
        rng = self.rng
        high = round(self.text_px * rng.uniform(1.25, 1.7))
        text = wrapped(words(rng, int(rng.integers(20, 120))), font(self.text_px), round(self.width * 0.9))
        if rng.random() < 0.3:
            heading = words(rng, int(rng.integers(2, 5)))
            self.draw.text((self.width * 0.05, self.y), heading, font=font(self.text_px * 2), fill=self.ink)
            self.y += self.text_px * 3
        self.lines(text, self.width * 0.05, self.y, high)
        self.y += high * len(text) + self.text_px

    def picture(self, picture: Image.Image, share: float, *, in_bubble: bool) -> None:
        """Show a picture as wide as this share of the page, at any place across."""
        shown = _large_enough(picture, share * self.width * min(1.0, picture.height / picture.width))
        most = (self.width, min(self.width * 2, round(self.canvas.height - self.y - self.width * 0.16)))
        if shown.width > most[0] or shown.height > most[1]:
            shown = fitted(shown, most)
        left = round((self.width - shown.width) * self.rng.choice((0.03, 0.1, 0.5, 0.97)))
        if in_bubble:
            edge = round(self.text_px * 0.2)
            box = (
                left - edge,
                self.y - edge,
                left + shown.width + edge,
                self.y + shown.height + self.text_px * 1.4,
            )
            self.draw.rounded_rectangle(box, edge * 2, fill=self._bubble(bool(self.rng.random() < 0.5)))
        mask = Image.new("L", shown.size)
        radius = self.text_px * (self.rng.uniform(0, 1) if self.rng.random() < 0.5 else 0)
        ImageDraw.Draw(mask).rounded_rectangle((0, 0, shown.width - 1, shown.height - 1), radius, fill=255)
        self.canvas.paste(shown, (left, self.y), mask)
        self.y += shown.height + round(self.text_px * (1.8 if in_bubble else self.rng.uniform(0.1, 1)))

    def has_room(self, picture: Image.Image | None = None) -> bool:
        """Return True if a message, or a picture of the page's width, fits above the lower bar."""
        need = self.width * 0.2 if picture is None else self.width * max(1.1, picture.height / picture.width)
        return self.y + need < self.canvas.height - self.width * 0.14


def capture(
    picture: Image.Image,
    rng: np.random.Generator,
    others: Sequence[Image.Image],
    *,
    sort: str,
) -> Image.Image:
    """Return a capture of one to ten screens that shows the picture once, and up to eight others."""
    screens = int(rng.integers(1, 11))
    page = _Capture(rng, screens)
    fill = {"chat": page.message, "text": page.paragraph}
    makes: list[Callable[[], None]] = [fill[sort]] if sort in fill else list(fill.values())
    shown = [picture, *others[: int(rng.integers(0, min(9, 2 * screens)))]]
    rng.shuffle(shown)
    room = (page.canvas.height - page.y - page.width) // (len(shown) + 1)
    for number, one in enumerate(shown):
        until = min(page.y + rng.uniform(0.2, 1.2) * room, page.canvas.height - page.width * 2.3)
        while page.y < until:
            makes[int(rng.integers(len(makes)))]()
        if one is picture or page.has_room(one):
            page.picture(
                one, rng.uniform(0.2, 1) if number % 3 else rng.uniform(0.5, 1), in_bubble=sort == "chat"
            )
    while page.has_room():
        makes[int(rng.integers(len(makes)))]()
    page.bars()
    return page.canvas


def strip(
    picture: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image], *, is_down: bool
) -> Image.Image:
    """Return 2 to 30 pictures in a column or a row, with gaps of 0 to 40 pixels."""
    count = int(rng.integers(2, 31))
    tiles = [picture, *(others[number % len(others)] for number in range(count - 1))]
    rng.shuffle(tiles)
    gap = int(rng.choice((0, 0, int(rng.integers(1, 41)))))
    side = int(rng.integers(240, 1081))
    side = max(SHORTEST, min(side, 30_000 // count, round((MAX_PIXELS / 1.2 / count) ** 0.5)))
    is_same_length = bool(rng.random() < 0.3)
    made = [_in_strip(tile, side, rng, is_down=is_down, is_same_length=is_same_length) for tile in tiles]
    lengths = [tile.height if is_down else tile.width for tile in made]
    whole = sum(lengths) + gap * (count + 1)
    sheet = Image.new("RGB", (side, whole) if is_down else (whole, side), _ground(rng))
    at = gap
    for tile, length in zip(made, lengths, strict=True):
        sheet.paste(tile, (0, at) if is_down else (at, 0))
        at += length + gap
    return sheet


def _in_strip(
    tile: Image.Image, side: int, rng: np.random.Generator, *, is_down: bool, is_same_length: bool
) -> Image.Image:
    if is_same_length:
        return covering(tile, (side, side))
    aspect = tile.height / tile.width
    length = max(SHORTEST, round(side * aspect if is_down else side / aspect))
    if rng.random() < 0.3:
        length = max(SHORTEST, round(length * rng.uniform(0.7, 1)))
    return covering(tile, (side, length) if is_down else (length, side))


def _ground(rng: np.random.Generator) -> Colour:
    return (WHITE, BLACK, any_colour(rng))[int(rng.choice((0, 0, 1, 1, 2)))]


def sheet_of_cells(
    picture: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image], *, is_cropped: bool
) -> Image.Image:
    """Return a contact sheet of 3 x 3 to 8 x 8 cells, with or without gaps, borders and captions."""
    columns = int(rng.integers(3, 9))
    rows = columns if rng.random() < 0.6 else int(rng.integers(3, 9))
    tiles = [picture, *(others[number % len(others)] for number in range(columns * rows - 1))]
    rng.shuffle(tiles)
    least = SHORTEST if is_cropped else round(SHORTEST * 1.55)
    cell = int(rng.integers(least, max(least + 1, min(460, 4000 // columns))))
    gap = int(rng.choice((0, int(rng.integers(1, 6)), int(rng.integers(6, 41)))))
    caption = int(rng.choice((0, 0, int(rng.integers(14, 30)))))
    ground, is_bordered = _ground(rng), bool(rng.random() < 0.2)
    sheet = Image.new("RGB", (columns * (cell + gap) + gap, rows * (cell + gap + caption) + gap), ground)
    pen = ImageDraw.Draw(sheet)
    ink = BLACK if sum(ground) > 380 else WHITE
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        left, top = gap + column * (cell + gap), gap + row * (cell + gap + caption)
        shown = covering(tile, (cell, cell)) if is_cropped else fitted(tile, (cell, cell))
        if is_bordered:
            shown = ImageOps.expand(shown, 2, ink).resize(shown.size)
        sheet.paste(shown, (left + (cell - shown.width) // 2, top + (cell - shown.height) // 2))
        if caption:
            name = f"IMG_{rng.integers(1000, 9999)}.JPG"
            pen.text(
                (left + cell // 2, top + cell + caption // 2),
                name,
                font=font(caption - 5),
                fill=ink,
                anchor="mm",
            )
    return sheet


_SAVE: Final = Save(quality=(60, 92))
_MAKES: Final = {
    "capture": {sort: partial(capture, sort=sort) for sort in ("chat", "text", "mixed")},
    "strip": {"down": partial(strip, is_down=True), "across": partial(strip, is_down=False)},
    "sheet": {
        "cropped": partial(sheet_of_cells, is_cropped=True),
        "letterboxed": partial(sheet_of_cells, is_cropped=False),
    },
}
SHAPES: Final[tuple[Kind, ...]] = tuple(
    Kind(name=f"{family}_{detail}", family=family, make=make, save=_SAVE)
    for family, makes in _MAKES.items()
    for detail, make in makes.items()
)
