"""Drawn templates over drawn pictures: stickers, a dialog, a cartoon figure, a meme's words, and patterns."""

import cv2
import numpy as np


def stickered(luma):
    """Four stickers of few levels, always at the same places, over a quarter of a picture."""
    out = luma.copy()
    for x, y, ground, ink in ((90, 80, 240, 40), (380, 90, 200, 20), (110, 240, 225, 90), (370, 235, 180, 0)):
        cv2.circle(out, (x, y), 56, ground, -1)
        cv2.circle(out, (x, y), 56, ink, 3)
        cv2.circle(out, (x - 20, y - 16), 9, ink, -1)
        cv2.circle(out, (x + 20, y - 16), 9, ink, -1)
        cv2.ellipse(out, (x, y + 10), (30, 20), 0, 0, 180, ink, 6)
        cv2.line(out, (x - 40, y - 34), (x - 8, y - 40), ink, 5)
    return out


def under_dialog(luma):
    """A dialog window with text over half of a picture that is out of focus, as behind a dialog."""
    out = np.ascontiguousarray(cv2.GaussianBlur(luma, (0, 0), 8))
    cv2.rectangle(out, (95, 60), (385, 260), 240, -1)
    cv2.rectangle(out, (95, 60), (385, 92), 90, -1)
    for row, text in enumerate(("Save changes", "before close", "of this file?")):
        cv2.putText(out, text, (110, 130 + 36 * row), cv2.FONT_HERSHEY_SIMPLEX, 1, 30, 2, cv2.LINE_AA)
    for left, level in ((115, 120), (265, 200)):
        cv2.rectangle(out, (left, 215), (left + 100, 248), level, -1)
    return out


def with_figure(luma):
    """A shaded cartoon figure, whose levels are as many as those of a photograph."""
    figure, mask = np.zeros(luma.shape, np.float32), np.zeros(luma.shape, np.uint8)
    for x, y, across, down, level in (
        (240, 210, 120, 100, 150), (240, 110, 110, 90, 200), (150, 50, 40, 40, 110), (330, 50, 40, 40, 110),
        (200, 95, 26, 32, 250), (280, 95, 26, 32, 250), (205, 102, 9, 13, 10), (275, 102, 9, 13, 10),
        (240, 150, 44, 16, 60), (240, 230, 60, 55, 230), (120, 220, 26, 60, 100), (360, 220, 26, 60, 100),
    ):  # fmt: skip
        for reach, fill in ((4, 5), (0, level)):
            cv2.ellipse(figure, (x, y), (across + reach, down + reach), 0, 0, 360, fill, -1)
        cv2.ellipse(mask, (x, y), (across + 4, down + 4), 0, 0, 360, 1, -1)
    light = cv2.GaussianBlur(np.random.default_rng(3).normal(0, 1, luma.shape), (0, 0), 40)
    figure *= 1 + 0.2 * light / light.std()
    return np.where(mask > 0, figure.clip(0, 255), luma).astype(np.uint8)


def with_words(luma):
    """The words of a meme, white with dark outlines, over the upper and lower edge."""
    out = luma.copy()
    for text, y in (("WHEN YOU KNOW", 50), ("IT IS MONDAY AGAIN", 300)):
        for ink, width in ((15, 9), (245, 3)):
            cv2.putText(out, text, (22, y), cv2.FONT_HERSHEY_SIMPLEX, 1.35, ink, width, cv2.LINE_AA)
    return out


def brick_wall(seed, rows=8):
    """A brick wall of one lattice, with its own shades, roughness and light."""
    rng = np.random.default_rng(seed)
    height, width = 320 // rows, 92
    wall = np.full((320, 480), rng.uniform(150, 200), np.float32)
    base = rng.uniform(70, 120)
    for row in range(rows):
        for left in range(-(width // 2) * (row % 2), 480, width):
            frame = (slice(row * height + 4, (row + 1) * height), slice(max(left + 4, 0), left + width))
            wall[frame] = base + rng.normal(0, 10)
    wall += cv2.GaussianBlur(rng.normal(0, 12, wall.shape), (0, 0), 1.2)
    return (wall * np.linspace(1, rng.uniform(0.6, 1), 480)).clip(0, 255).astype(np.uint8)


def in_levels(luma, step=64):
    """The picture in few grey levels."""
    return (luma // step * step).astype(np.uint8)
