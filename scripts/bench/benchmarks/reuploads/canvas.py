"""Small drawing tools that all kinds of re-upload share: sizes, colours, words and text."""

from collections.abc import Sequence
from functools import cache
from typing import Final, TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Colour: TypeAlias = tuple[int, int, int]
Size: TypeAlias = tuple[int, int]
Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont

BLACK: Final[Colour] = (0, 0, 0)
WHITE: Final[Colour] = (255, 255, 255)

_COMMON: Final = (
    "about after again all always and another any are around back because been before best better but can"
    " come could day did different does done down end even every first friday from get give going good got"
    " great had half has have here home house how just keep know last later let like little long look lot"
    " made make many maybe more most much never new next night not nothing now off often old only other"
    " over own party people picture place please post really right said same saw say see send share she"
    " should some still such sure take talk tell than that the their them then there these they thing think"
    " this time today told tomorrow too train try turn under until very wait want was week well went were"
    " what when where which while who why will with without work would year yesterday you your"
)
_WORDS: Final = tuple(_COMMON.split())


@cache
def font(size: int) -> Font:
    """Return Pillow's own font at a size in pixels; no system font is ever read."""
    return ImageFont.load_default(max(6, size))


def words(rng: np.random.Generator, count: int) -> str:
    """Return a number of common words as a string that looks like a sentence."""
    return " ".join(rng.choice(_WORDS, size=count)).capitalize()


def wrapped(text: str, letters: Font, width: int) -> list[str]:
    """Return the lines of a text, broken between words so that each fits the width, unless a single word does not."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and letters.getlength(longer) > width:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line] if line else lines


def uniform_size(picture: Image.Image, factor: float) -> Image.Image:
    """Return the picture scaled by one factor in both directions, at least 8 pixels a side."""
    return picture.resize(
        (max(8, round(picture.width * factor)), max(8, round(picture.height * factor))),
        Image.Resampling.LANCZOS,
    )


def fitted(picture: Image.Image, box: Size) -> Image.Image:
    """Return the whole picture, as large as the box allows, its aspect kept."""
    return uniform_size(picture, min(box[0] / picture.width, box[1] / picture.height))


def covering(picture: Image.Image, box: Size) -> Image.Image:
    """Return the middle of the picture at the size of the box, its aspect kept."""
    factor = max(box[0] / picture.width, box[1] / picture.height)
    side = (box[0] / factor / 2, box[1] / factor / 2)
    middle = (picture.width / 2, picture.height / 2)
    frame = (middle[0] - side[0], middle[1] - side[1], middle[0] + side[0], middle[1] + side[1])
    return picture.resize(box, Image.Resampling.BILINEAR, box=_inside(frame, picture.size))


def _inside(frame: tuple[float, float, float, float], size: Size) -> tuple[float, float, float, float]:
    return (max(0.0, frame[0]), max(0.0, frame[1]), min(size[0], frame[2]), min(size[1], frame[3]))


def side_of(picture: Image.Image) -> float:
    """Return the side of the square that has the picture's area, in pixels."""
    return float(np.sqrt(picture.width * picture.height))


def any_colour(rng: np.random.Generator) -> Colour:
    """Draw a colour uniformly."""
    red, green, blue = (int(value) for value in rng.integers(0, 256, size=3))
    return red, green, blue


def either_side(rng: np.random.Generator, below: tuple[float, float], above: tuple[float, float]) -> float:
    """Draw a factor from one of two equally likely ranges: clearly less, or clearly more."""
    low, high = below if rng.random() < 0.5 else above
    return float(rng.uniform(low, high))


def other_of(others: Sequence[Image.Image], rng: np.random.Generator) -> Image.Image:
    """Return one of the unrelated pictures.

    Raises:
        ValueError: There are none.
    """
    if not others:
        raise ValueError("this kind of re-upload needs unrelated pictures")
    return others[int(rng.integers(len(others)))]


def others_of(others: Sequence[Image.Image], rng: np.random.Generator, count: int) -> list[Image.Image]:
    """Return a number of unrelated pictures in random order; a picture is repeated only when there are too few.

    Raises:
        ValueError: there are none.
    """
    if not others:
        raise ValueError("this kind of re-upload needs unrelated pictures")
    order = rng.permutation(len(others))
    return [others[int(order[i % len(others)])] for i in range(count)]


def gradient(size: Size, start: Colour, end: Colour, angle: float) -> Image.Image:
    """Return a sheet that goes from one colour to another along an angle in radians."""
    across, down = np.meshgrid(np.linspace(-0.5, 0.5, size[0]), np.linspace(-0.5, 0.5, size[1]))
    share = np.clip(across * np.cos(angle) + down * np.sin(angle) + 0.5, 0, 1)[..., None]
    return Image.fromarray((np.array(start) * (1 - share) + np.array(end) * share).astype(np.uint8))


def pixels(picture: Image.Image) -> np.ndarray:
    """Return the picture's values as floats from 0 to 255, height by width by 3."""
    return np.asarray(picture, dtype=np.float32)


def picture_of(values: np.ndarray) -> Image.Image:
    """Return an RGB picture of values, which are clipped to 0 to 255."""
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


def feathered_ellipse(
    size: Size, centre: tuple[float, float], radii: tuple[float, float], feather: float
) -> Image.Image:
    """Return a mask that is white within an ellipse, with a soft edge of `feather` pixels."""
    mask = Image.new("L", size)
    left, top = centre[0] - radii[0], centre[1] - radii[1]
    ImageDraw.Draw(mask).ellipse((left, top, centre[0] + radii[0], centre[1] + radii[1]), fill=255)
    return mask.filter(ImageFilter.GaussianBlur(feather))


def shadowed(
    draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, size: int, *, anchor: str = "mm"
) -> None:
    """Draw white text with a black outline, readable on anything."""
    draw.text(
        at,
        text,
        font=font(size),
        fill=WHITE,
        stroke_width=max(1, size // 14),
        stroke_fill=BLACK,
        anchor=anchor,
    )


def labelled(named: Sequence[tuple[str, Image.Image]], columns: int = 8, side: int = 180) -> Image.Image:
    """Return a sheet of thumbnails in rows, each above its name."""
    rows = -(-len(named) // columns)
    sheet = Image.new("RGB", (columns * (side + 8), rows * (side + 24)), (90, 90, 100))
    draw = ImageDraw.Draw(sheet)
    for number, (name, picture) in enumerate(named):
        left, top = number % columns * (side + 8) + 4, number // columns * (side + 24) + 4
        sheet.paste(fitted(picture, (side, side)), (left, top))
        draw.text((left, top + side + 2), name, font=font(12), fill=WHITE)
    return sheet
