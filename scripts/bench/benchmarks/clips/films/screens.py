"""Re-uploads inside other content: a recorded screen, a corner of another film, and a GIF."""

from typing import Final

import cv2
import numpy as np
from PIL import Image

from benchmarks.clips.films.film import GIF, POOR, Film, Frame, Size, resized
from benchmarks.clips.films.kind import Around, Kind, painted
from benchmarks.clips.films.time import at_rate
from benchmarks.reuploads.screens import browser, feed, gallery
from benchmarks.reuploads.sheet import DARK, LIGHT

_INSET: Final = (0.4, 0.55)  # side of the inset, as a share of the frame
_SCREEN_SIDE: Final = 720  # longer side of a recording, in pixels
_RECORDED_RATE: Final = 30
_JPEG: Final = (45, 70)
_MOIRE: Final = 0.035  # share of a pixel's light
_PERIOD: Final = (2.2, 3.6)  # period of the moire pattern, in pixels

Box = tuple[int, int, int, int]


def _page(shape: Image.Image, around: Around) -> Image.Image:
    """Return a program's page with the picture in it; the same seed gives the same page."""
    rng = np.random.default_rng(around.clip.seed + 5)
    which = int(around.rng.integers(3))
    if which == 0:
        return gallery(shape, rng)
    if which == 1:
        return browser(shape, rng)
    return feed(shape, rng, theme=DARK if around.clip.seed % 2 else LIGHT)


def _screen(size: Size, around: Around) -> tuple[Frame, Box]:
    """Return a page and the place of the picture, which is where pages with a white and a black picture differ."""
    state = around.rng.bit_generator.state
    shown = []
    for colour in ("black", "white"):
        around.rng.bit_generator.state = state
        page = _page(Image.new("RGB", size, colour), around)
        factor = _SCREEN_SIDE / max(page.size)
        shown.append(
            page.resize((round(page.width * factor), round(page.height * factor)), Image.Resampling.BOX)
        )
    black, white = (np.asarray(page, np.uint8) for page in shown)
    differs = np.abs(white.astype(np.int16) - black).min(axis=2) > 200
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    return black, (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def _recorded(film: Film, around: Around) -> Film:
    """Return a recording of the clip on a page, with a moire pattern of the screen, some blur, and JPEG blocks."""
    page, (left, top, right, bottom) = _screen(film.size, around)
    height, width = page.shape[:2]
    turn, period = around.rng.uniform(0, np.pi), around.rng.uniform(*_PERIOD)
    down, across = np.mgrid[:height, :width]
    waves = np.sin((across * np.cos(turn) + down * np.sin(turn)) * 2 * np.pi / period)
    raster = (1 + _MOIRE * waves)[..., None].astype(np.float32)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(around.rng.integers(*_JPEG))]

    def paint(frame: Frame) -> Frame:
        sheet = page.copy()
        sheet[top:bottom, left:right] = resized(frame, (right - left, bottom - top))
        soft = cv2.GaussianBlur(sheet, (0, 0), 0.7)
        seen = np.clip(soft * raster, 0, 255).astype(np.uint8)
        return np.asarray(cv2.imdecode(cv2.imencode(".jpg", seen, quality)[1], cv2.IMREAD_COLOR), np.uint8)

    return at_rate(painted(film, paint, (width, height)), _RECORDED_RATE)


def _inset(film: Film, around: Around) -> Film:
    """Return another film with the clip in a corner."""
    side = around.rng.uniform(*_INSET)
    size = (640, 360) if film.size[0] >= film.size[1] else (360, 640)
    factor = side * np.sqrt(size[0] * size[1] / film.size[0] / film.size[1])
    width, height = (min(round(inner * factor), outer) for inner, outer in zip(film.size, size, strict=True))
    left, top = (
        round((outer - inner) * float(around.rng.choice((0.04, 0.96))))
        for inner, outer in zip((width, height), size, strict=True)
    )
    behind = iter(around.other(size, film.rate, film.seconds + 1).frames)

    def paint(frame: Frame) -> Frame:
        sheet = next(behind).copy()
        sheet[top : top + height, left : left + width] = resized(frame, (width, height))
        return sheet

    return painted(film, paint, size)


SCREENS: Final = (
    Kind(name="inset", make=_inset),
    Kind(name="screen_recording", make=_recorded, save=POOR),
    Kind(name="gif", make=lambda film, _around: at_rate(film, 8), save=GIF),
)
