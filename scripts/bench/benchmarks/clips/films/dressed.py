"""Re-uploads whose frames are cropped, mirrored, set in bars or written on."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageDraw

from benchmarks.clips.films.film import POOR, Film, Frame, Size, resized
from benchmarks.clips.films.kind import Around, Kind, painted
from benchmarks.clips.films.time import at_speed, boxed
from benchmarks.reuploads.canvas import BLACK, WHITE, font, shadowed, words, wrapped

_LINE_SECONDS: Final = 2.0  # duration of a subtitle


def _scaled(film: Film, _around: Around, *, height: int | None = None) -> Film:
    width, rows = film.size
    size = (width // 2, rows // 2) if height is None else (round(width * height / rows), height)
    return painted(film, lambda frame: resized(frame, size), size)


def _cropped(film: Film, around: Around, *, side: float, is_centred: bool) -> Film:
    width, height = (round(whole * side) for whole in film.size)
    spare = (film.size[0] - width, film.size[1] - height)
    # Off centre: at or near a corner.
    places = (0.5, 0.5) if is_centred else around.rng.choice((0.0, 0.15, 0.85, 1.0), 2)
    left, top = (round(most * float(place)) for most, place in zip(spare, places, strict=True))
    return painted(film, lambda frame: frame[top : top + height, left : left + width], (width, height))


def _mirrored(film: Film, _around: Around) -> Film:
    return painted(film, lambda frame: frame[:, ::-1])


def _letterboxed(film: Film, around: Around) -> Film:
    """Put bars above and below the clip, or at both sides of an upright clip."""
    bars = 1 + around.rng.uniform(0.25, 0.6)
    width, height = film.size
    size = (width, round(height * bars)) if width >= height else (round(width * bars), height)
    return painted(film, lambda frame: boxed(frame, size), size)


def _blurred(film: Film, around: Around) -> Film:
    """Put the clip in the middle of an upright frame that is filled by the enlarged, blurred and darkened clip."""
    size = (360, 640)
    light = around.rng.uniform(0.5, 0.9)

    def paint(frame: Frame) -> Frame:
        rows, columns = frame.shape[:2]
        cut = (
            max(1, round(columns - rows * size[0] / size[1])) // 2
            if columns * size[1] > rows * size[0]
            else 0
        )
        behind = cv2.GaussianBlur(resized(frame[:, cut : columns - cut], (45, 80)), (0, 0), 2.5)
        sheet = (resized(np.asarray(behind, np.uint8), size) * light).astype(np.uint8)
        factor = min(size[0] / columns, size[1] / rows)
        inner = resized(frame, (round(columns * factor), round(rows * factor)))
        top, left = (size[1] - inner.shape[0]) // 2, (size[0] - inner.shape[1]) // 2
        sheet[top : top + inner.shape[0], left : left + inner.shape[1]] = inner
        return sheet

    return painted(film, paint, size)


def _captioned(film: Film, around: Around) -> Film:
    """Put a bar of text above the clip."""
    width, height = film.size
    ground, ink = (WHITE, BLACK) if around.rng.random() < 0.7 else (BLACK, WHITE)
    letters = font(max(11, round(width * 0.06)))
    lines = wrapped(words(around.rng, int(around.rng.integers(5, 14))), letters, round(width * 0.92))
    step = round(width * 0.075)
    bar = Image.new("RGB", (width, step * len(lines) + step), ground)
    for number, line in enumerate(lines):
        at = (width / 2, step * (1 + number))
        ImageDraw.Draw(bar).text(at, line, font=letters, fill=ink, anchor="mm")
    above = np.asarray(bar, np.uint8)
    return painted(film, lambda frame: np.vstack([above, frame]), (width, height + above.shape[0]))


def _over(layer: Image.Image) -> Callable[[Frame], Frame]:
    """Put an RGBA layer over frames."""
    values = np.asarray(layer, np.float32)
    share = values[..., 3:] / 255
    ink = values[..., :3] * share
    top, bottom = _rows_of(share)
    return lambda frame: _laid(frame, ink[top:bottom], share[top:bottom], top)


def _laid(frame: Frame, ink: np.ndarray, share: np.ndarray, top: int) -> Frame:
    laid = frame.copy()
    part = laid[top : top + len(ink)]
    part[:] = (part * (1 - share) + ink).astype(np.uint8)
    return laid


def _rows_of(share: np.ndarray) -> tuple[int, int]:
    rows = np.flatnonzero(share.max(axis=(1, 2)))
    return (int(rows[0]), int(rows[-1]) + 1) if len(rows) else (0, 1)


def _layer(size: Size) -> Image.Image:
    return Image.new("RGBA", size, (0, 0, 0, 0))


def _subtitled(film: Film, around: Around) -> Film:
    """Write white outlined words near the lower border; they change every 2 s."""
    width, height = film.size
    size = max(12, round(min(width, height) * 0.085))
    layers = []
    for _ in range(int(film.seconds / _LINE_SECONDS) + 1):
        layer = _layer(film.size)
        lines = wrapped(words(around.rng, int(around.rng.integers(4, 9))), font(size), round(width * 0.9))[
            -2:
        ]
        for number, line in enumerate(reversed(lines)):
            shadowed(ImageDraw.Draw(layer), (width / 2, height * 0.92 - number * size * 1.2), line, size)
        layers.append(_over(layer))
    each = round(_LINE_SECONDS * film.rate)
    return replace(
        film,
        frames=(
            layers[min(number // each, len(layers) - 1)](frame) for number, frame in enumerate(film.frames)
        ),
    )


def _with_logo(film: Film, around: Around) -> Film:
    """Put a site's mark and name in a corner, slightly transparent."""
    width, height = film.size
    layer = _layer(film.size)
    draw = ImageDraw.Draw(layer)
    radius = min(width, height) * 0.09
    right, low = around.rng.random(2) < 0.5
    x, y = (width - 1.4 * radius if right else 1.4 * radius), (height - 2.2 * radius if low else 1.4 * radius)
    colour = (*(int(value) for value in around.rng.integers(120, 256, 3)), 215)
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    draw.polygon(
        ((x - 0.4 * radius, y - 0.5 * radius), (x + 0.6 * radius, y), (x - 0.4 * radius, y + 0.5 * radius)),
        fill=(255, 255, 255, 235),
    )
    name = f"{words(around.rng, 1)}.example".lower()
    anchor = "rt" if right else "lt"
    at = (x + radius if right else x - radius, y + 1.15 * radius)
    draw.text(
        at, name, font=font(round(radius * 0.75)), fill=(255, 255, 255, 215), anchor=anchor, stroke_width=1
    )
    return painted(film, _over(layer))


def _combined(film: Film, around: Around) -> Film:
    """Mirror, crop and speed up the clip, with a caption; it is encoded poorly."""
    cropped = _cropped(_mirrored(film, around), around, side=0.85, is_centred=False)
    return at_speed(_captioned(cropped, around), 1.08)


DRESSED: Final = (
    Kind(name="size_half", make=_scaled),
    Kind(name="size_240p", make=partial(_scaled, height=240)),
    *(
        Kind(name=f"crop_{round(100 * side)}{end}", make=partial(_cropped, side=side, is_centred=not end))
        for end in ("", "_off")
        for side in (0.9, 0.75, 0.6)
    ),
    Kind(name="mirror", make=_mirrored),
    Kind(name="letterbox", make=_letterboxed),
    Kind(name="blurred_9_16", make=_blurred),
    Kind(name="caption_bar", make=_captioned),
    Kind(name="subtitles", make=_subtitled),
    Kind(name="logo", make=_with_logo),
    Kind(name="combination", make=_combined, save=POOR),
)
