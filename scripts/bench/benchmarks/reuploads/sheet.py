"""A phone's or browser's page to draw on: its colours, lines of text, avatars, buttons and pictures."""

from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.reuploads.canvas import Colour, Size, any_colour, fitted, font, gradient, words

PHONES: Final[tuple[Size, ...]] = ((540, 1170), (720, 1560), (720, 1280))


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """The five colours that a program's pages are drawn with."""

    ground: Colour
    panel: Colour
    ink: Colour
    dim: Colour
    accent: Colour


LIGHT: Final = Theme(
    ground=(255, 255, 255),
    panel=(239, 240, 243),
    ink=(20, 22, 26),
    dim=(140, 145, 152),
    accent=(24, 119, 242),
)
DARK: Final = Theme(
    ground=(12, 14, 18), panel=(36, 39, 46), ink=(236, 238, 242), dim=(128, 134, 144), accent=(64, 150, 250)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A page in one theme; `unit` is one hundredth of its width, and all random choices come from `rng`."""

    canvas: Image.Image
    theme: Theme
    rng: np.random.Generator
    draw: ImageDraw.ImageDraw = field(repr=False)

    @classmethod
    def of(cls, size: Size, theme: Theme, rng: np.random.Generator) -> Self:
        """Return an empty page."""
        canvas = Image.new("RGB", size, theme.ground)
        return cls(canvas=canvas, theme=theme, rng=rng, draw=ImageDraw.Draw(canvas))

    @classmethod
    def phone(cls, theme: Theme, rng: np.random.Generator) -> Self:
        """Return an empty page of one of the usual phones."""
        return cls.of(PHONES[int(rng.integers(len(PHONES)))], theme, rng)

    @property
    def unit(self) -> float:
        """A hundredth of the page's width, in pixels."""
        return self.canvas.width / 100

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Convert a place in units to pixels."""
        return x * self.unit, y * self.unit

    @property
    def height(self) -> float:
        """The page's height in units."""
        return self.canvas.height / self.unit

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 3.6,
        *,
        ink: Colour | None = None,
        anchor: str = "lm",
    ) -> None:
        """Write one line, its size and place in units."""
        fill = self.theme.ink if ink is None else ink
        self.draw.text(self.at(x, y), text, font=font(round(size * self.unit)), fill=fill, anchor=anchor)

    def box(
        self, x: float, y: float, width: float, height: float, fill: Colour, *, radius: float = 0
    ) -> None:
        """Fill a rectangle, with round corners if `radius` is not 0."""
        self.draw.rounded_rectangle(
            (*self.at(x, y), *self.at(x + width, y + height)), radius * self.unit, fill
        )

    def disc(self, x: float, y: float, radius: float, fill: Colour) -> None:
        """Fill a circle."""
        self.draw.ellipse((*self.at(x - radius, y - radius), *self.at(x + radius, y + radius)), fill=fill)

    def ring(self, x: float, y: float, radius: float, ink: Colour | None = None) -> None:
        """Draw a circle's line, as an icon."""
        colour = self.theme.ink if ink is None else ink
        frame = (*self.at(x - radius, y - radius), *self.at(x + radius, y + radius))
        self.draw.ellipse(frame, outline=colour, width=max(2, round(0.5 * self.unit)))

    def avatar(self, x: float, y: float, radius: float) -> None:
        """Draw a person's disc: a gradient with a head and shoulders."""
        side = max(8, round(2 * radius * self.unit))
        face = gradient((side, side), any_colour(self.rng), any_colour(self.rng), self.rng.uniform(0, 6))
        pen = ImageDraw.Draw(face)
        pen.ellipse((side * 0.33, side * 0.2, side * 0.67, side * 0.56), fill=self.theme.panel)
        pen.ellipse((side * 0.18, side * 0.64, side * 0.82, side * 1.3), fill=self.theme.panel)
        mask = Image.new("L", (side, side))
        ImageDraw.Draw(mask).ellipse((0, 0, side - 1, side - 1), fill=255)
        left, top = self.at(x - radius, y - radius)
        self.canvas.paste(face, (round(left), round(top)), mask)

    def icons(self, y: float, count: int, *, size: float = 2.4, ink: Colour | None = None) -> None:
        """Draw a row of icons over the whole width: circles, squares and chevrons by turns."""
        colour = self.theme.ink if ink is None else ink
        stroke = max(2, round(0.55 * self.unit))
        for number in range(count):
            x = 100 * (number + 0.5) / count
            frame = (*self.at(x - size, y - size), *self.at(x + size, y + size))
            if number % 3 == 0:
                corners = (self.at(x - size, y), self.at(x, y - size), self.at(x + size, y))
                self.draw.line(corners, fill=colour, width=stroke)
                self.draw.rectangle(
                    (*self.at(x - size * 0.7, y), *self.at(x + size * 0.7, y + size)), outline=colour
                )
            elif number % 3 == 1:
                self.draw.ellipse(frame, outline=colour, width=stroke)
            else:
                self.draw.rounded_rectangle(frame, size * 0.4 * self.unit, outline=colour, width=stroke)

    def status_bar(self, ink: Colour | None = None) -> None:
        """Draw the clock, the signal and the battery at the top."""
        colour = self.theme.ink if ink is None else ink
        clock = f"{self.rng.integers(0, 24)}:{self.rng.integers(0, 60):02d}"
        self.text(6, 3.6, clock, 3.8, ink=colour)
        for bar in range(4):
            self.box(76 + 2 * bar, 4.6 - 0.7 * bar, 1.2, 0.8 + 0.7 * bar, colour)
        frame = (*self.at(87, 2.2), *self.at(94, 5.4))
        self.draw.rounded_rectangle(frame, self.unit, outline=colour, width=max(1, round(0.4 * self.unit)))
        self.box(87.8, 3, self.rng.uniform(1, 5.4), 1.6, colour)

    def words(self, low: int, high: int) -> str:
        """Return `low` to `high` common words, both included."""
        return words(self.rng, int(self.rng.integers(low, high + 1)))

    def picture(self, picture: Image.Image, x: float, y: float, width: float, height: float) -> float:
        """Put the whole picture into the middle of a box and returns its height in units.

        The picture's upper edge is at `y`: a box is filled from its top.
        """
        inner = fitted(picture, (round(width * self.unit), round(height * self.unit)))
        left, top = self.at(x, y)
        self.canvas.paste(inner, (round(left + (width * self.unit - inner.width) / 2), round(top)))
        return inner.height / self.unit
