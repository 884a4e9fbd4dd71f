"""Patterns of one geometry with other colours and light: chequers, flags, brick walls, tiles and logos.

Each function draws from two generators: `design` chooses what both pictures of a pair share, `rng` what differs.
"""

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageDraw

from benchmarks.reuploads.canvas import Colour, any_colour, picture_of, pixels

_SIDE: Final = 480
_FLAG: Final = (720, 480)
_WALL: Final = (640, 480)


def chequers(design: np.random.Generator, rng: np.random.Generator) -> Image.Image:
    """Return a chequered floor or board from above or in perspective, in other colours and light."""
    cells = int(design.choice([6, 8, 10, 12]))
    board = Image.new("RGB", (_SIDE, _SIDE))
    draw = ImageDraw.Draw(board)
    dark = any_colour(rng)
    light = _lighter(dark, rng)
    step = _SIDE / cells
    for row in range(cells):
        for column in range(cells):
            frame = (column * step, row * step, (column + 1) * step, (row + 1) * step)
            draw.rectangle(frame, fill=light if (row + column) % 2 else dark)
    if design.random() < 0.5:
        board = _leaning(board, float(design.uniform(0.15, 0.3)))
    return _lit(board, rng)


def _lighter(dark: Colour, rng: np.random.Generator) -> Colour:
    red, green, blue = (min(255, value // 2 + int(rng.integers(100, 150))) for value in dark)
    return red, green, blue


def _leaning(board: Image.Image, inset: float) -> Image.Image:
    """Return a board seen from its lower edge; the sides of the picture are cut off."""
    side, far = board.width, board.width * inset
    corners = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
    seen = np.array([[far, 0], [side - far, 0], [side, side], [0, side]], np.float32)
    turn = cv2.getPerspectiveTransform(corners, seen)
    out = cv2.warpPerspective(pixels(board), turn, (side, side), borderMode=cv2.BORDER_REFLECT)
    return picture_of(out)


def _lit(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return a picture under light that falls off to one side."""
    turn, fall = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.4)
    across, down = np.meshgrid(np.linspace(-0.5, 0.5, picture.width), np.linspace(-0.5, 0.5, picture.height))
    light = 1 - fall * (across * np.cos(turn) + down * np.sin(turn) + 0.5)
    return picture_of(pixels(picture) * light[..., None])


def flag(design: np.random.Generator, rng: np.random.Generator) -> Image.Image:
    """Return a flag of one layout (stripes, a cross, a saltire or a canton) in other colours, flat or waving."""
    canvas = Image.new("RGB", _FLAG, any_colour(rng))
    draw = ImageDraw.Draw(canvas)
    _FLAGS[int(design.integers(len(_FLAGS)))](draw, rng)
    if design.random() < 0.5:
        _emblem(draw, rng, float(design.uniform(0.2, 0.8)))
    return _waving(canvas, rng) if design.random() < 0.6 else canvas


def _stripes(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    width, height = _FLAG
    first, second = any_colour(rng), any_colour(rng)
    for stripe in range(13):
        top = stripe * height / 13
        draw.rectangle((0, top, width, top + height / 13), fill=second if stripe % 2 else first)


def _canton(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    _stripes(draw, rng)
    width, height = _FLAG
    draw.rectangle((0, 0, width * 0.4, height * 7 / 13), fill=any_colour(rng))
    ink = any_colour(rng)
    for row in range(5):
        for column in range(6):
            x, y = 28 + 46 * column, 28 + 48 * row
            draw.ellipse((x - 9, y - 9, x + 9, y + 9), fill=ink)


def _cross(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    width, height = _FLAG
    for reach in (58, 28):
        colour = any_colour(rng)
        draw.rectangle((0, height / 2 - reach, width, height / 2 + reach), fill=colour)
        draw.rectangle((width * 0.36 - reach, 0, width * 0.36 + reach, height), fill=colour)


def _saltire(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    width, height = _FLAG
    for reach in (90, 40):
        colour = any_colour(rng)
        draw.line((0, 0, width, height), fill=colour, width=reach)
        draw.line((0, height, width, 0), fill=colour, width=reach)
        draw.rectangle((0, height / 2 - reach / 2, width, height / 2 + reach / 2), fill=colour)
        draw.rectangle((width / 2 - reach / 2, 0, width / 2 + reach / 2, height), fill=colour)


def _emblem(draw: ImageDraw.ImageDraw, rng: np.random.Generator, at: float) -> None:
    """Draw a star on a disc."""
    x, y = at * _FLAG[0], _FLAG[1] / 2
    draw.ellipse((x - 100, y - 100, x + 100, y + 100), fill=any_colour(rng))
    turn, reach = np.arange(10) * np.pi / 5, np.where(np.arange(10) % 2, 36, 90)
    corners = zip((x + reach * np.sin(turn)).tolist(), (y - reach * np.cos(turn)).tolist(), strict=True)
    draw.polygon(list(corners), fill=any_colour(rng))


_FLAGS: Final[tuple[Callable[[ImageDraw.ImageDraw, np.random.Generator], None], ...]] = (
    _stripes,
    _canton,
    _cross,
    _saltire,
)


def _waving(flat: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return a flag in the wind, with shaded folds."""
    across, down = np.meshgrid(
        np.arange(flat.width, dtype=np.float32), np.arange(flat.height, dtype=np.float32)
    )
    phase, reach = rng.uniform(0, 6), rng.uniform(4, 14)
    wave = np.sin(across / flat.width * 9 + phase + down / 200)
    out = cv2.remap(
        pixels(flat),
        across,
        (down + reach * wave).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return picture_of(out * (1 - 0.15 * wave)[..., None])


def bricks(design: np.random.Generator, rng: np.random.Generator) -> Image.Image:
    """Return a brick wall: one lattice, with other bricks, mortar and light."""
    rows = int(design.integers(5, 14))
    height = _WALL[1] / rows
    width = height * float(design.uniform(2, 2.8))
    base = any_colour(rng)
    canvas = Image.new("RGB", _WALL, _lighter(base, rng))
    draw = ImageDraw.Draw(canvas)
    gap, spread = max(3, round(height * 0.1)), float(design.choice([3, 12]))
    for row in range(rows):
        x = -width * (0.5 if row % 2 else 0.0)
        while x < _WALL[0]:
            shade = int(rng.normal(0, spread))
            red, green, blue = (min(255, max(0, value + shade)) for value in base)
            frame = (x + gap, row * height + gap, x + width - 1, (row + 1) * height - 1)
            draw.rectangle(frame, fill=(red, green, blue))
            x += width
    rough = cv2.GaussianBlur(rng.normal(0, 14 * design.random(), (_WALL[1], _WALL[0])), (0, 0), 1.2)
    return _lit(picture_of(pixels(canvas) + rough[..., None]), rng)


def tiles(design: np.random.Generator, rng: np.random.Generator) -> Image.Image:
    """Return a tiled wall: one ornament on every tile, with other colours and light."""
    count = int(design.integers(5, 9))
    side = _SIDE // count
    tile = Image.new("RGB", (side, side), any_colour(rng))
    draw = ImageDraw.Draw(tile)
    ink, edge = any_colour(rng), any_colour(rng)
    for _ in range(3):
        x, y, reach = (int(value) for value in design.integers(side // 8, side // 2, 3))
        draw.ellipse((x - reach // 2, y - reach // 2, x + reach, y + reach), outline=ink, width=3)
    draw.polygon(
        ((side / 2, 4), (side - 4, side / 2), (side / 2, side - 4), (4, side / 2)), outline=edge, width=3
    )
    draw.rectangle((0, 0, side - 1, side - 1), outline=(225, 225, 220), width=2)
    canvas = Image.new("RGB", (side * count, side * count))
    for row in range(count):
        for column in range(count):
            canvas.paste(tile, (column * side, row * side))
    return _lit(canvas, rng)


def logo(design: np.random.Generator, rng: np.random.Generator) -> Image.Image:
    """Return a page with a firm's logo on plain ground, for one of its branches."""
    ground = any_colour(design)
    canvas = Image.new("RGB", _FLAG, ground)
    draw = ImageDraw.Draw(canvas)
    first, second = any_colour(design), any_colour(design)
    for ring in range(3):
        reach = 150 - 45 * ring
        frame = (360 - reach, 200 - reach, 360 + reach, 200 + reach)
        draw.ellipse(frame, fill=second if ring % 2 else first)
    turn = design.uniform(0, 6) + np.arange(3) * 2 * np.pi / 3
    corners = [(360 + 90 * float(np.cos(one)), 200 + 90 * float(np.sin(one))) for one in turn]
    draw.polygon(corners, fill=ground)
    for row in range(3):
        width = int(rng.integers(160, 300))
        draw.rectangle(
            (360 - width / 2, 380 + 26 * row, 360 + width / 2, 394 + 26 * row), fill=any_colour(rng)
        )
    return canvas
