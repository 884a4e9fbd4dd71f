"""Synthetic pictures with about as many windows as photographs. Benchmarks and the fit of the projection use them."""

from typing import Final

import cv2
import numpy as np

from index.arrays import F32, Plane

SIZE: Final = (320, 400)  # rows and columns, pixels


def drawn_luma(seed: int) -> Plane:
    """Draw 1/f noise with ellipses, boxes and lines over it, softened: luma uint8 [320, 400]."""
    random = np.random.default_rng(seed)
    rows, columns = SIZE
    frequency = np.hypot(np.fft.fftfreq(rows)[:, None] * rows, np.fft.rfftfreq(columns)[None] * columns)
    spectrum = random.normal(size=frequency.shape) + 1j * random.normal(size=frequency.shape)
    noise = np.fft.irfft2(spectrum / np.maximum(frequency, 1) ** random.uniform(0.9, 1.6), s=SIZE)
    plane = 128 + noise / noise.std() * random.uniform(25, 60)
    canvas = np.ascontiguousarray(plane, np.float32)
    for _ in range(random.integers(10, 40)):
        _draw_shape(canvas, random)
    soft = cv2.GaussianBlur(canvas, (0, 0), random.uniform(0.5, 1.8))
    return np.asarray(np.clip(soft, 0, 255), np.uint8)


def _draw_shape(canvas: F32, random: np.random.Generator) -> None:
    rows, columns = canvas.shape
    level = float(random.uniform(0, 255))
    centre = (int(random.integers(0, columns)), int(random.integers(0, rows)))
    size = tuple(int(side) for side in random.gamma(2.0, 18.0, 2) + 3)
    match random.integers(0, 3):
        case 0:
            cv2.ellipse(canvas, centre, size, float(random.uniform(0, 180)), 0, 360, level, -1, cv2.LINE_AA)
        case 1:
            box = cv2.boxPoints((centre, (2 * size[0], 2 * size[1]), float(random.uniform(0, 90))))
            cv2.fillPoly(canvas, [box.astype(np.int32)], level, cv2.LINE_AA)
        case _:
            end = (int(random.integers(0, columns)), int(random.integers(0, rows)))
            cv2.line(canvas, centre, end, level, int(random.integers(1, 9)), cv2.LINE_AA)
