"""Replacements of a region whose mask is known: to fit and to measure how well a replaced region is told.

A replacement keeps the size of the picture, so that its mask lies in the registered picture's own frame. Portraits are
centred as in `altered`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import cv2
import numpy as np
from PIL import Image, ImageFilter

from benchmarks.reuploads.altered import CENTRE, CHIN, FACE, HEAD
from benchmarks.reuploads.canvas import covering, other_of, picture_of, pixels, side_of

SMALL_FACE: Final = (0.14, 0.13)  # from the eyes to the mouth
SHOWN: Final = 0.5  # weight from which a pixel belongs to the region

Mask: TypeAlias = np.ndarray
"""Weights of the replacement, float32 [height, width], 0 to 1."""

Region: TypeAlias = Callable[[tuple[int, int], np.random.Generator], Mask]
Filling: TypeAlias = Callable[[Image.Image, Mask, np.random.Generator, Sequence[Image.Image]], Image.Image]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """A region, and what it is filled with.

    Attributes:
        region: draws the mask for a size (width, height).
        filling: makes the altered picture.
    """

    name: str
    region: Region
    filling: Filling
    portraits_only: bool = False

    def make(
        self, picture: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image]
    ) -> tuple[Image.Image, Mask]:
        """Return the altered picture and its mask, bool [height, width]."""
        weights = self.region(picture.size, rng)
        return self.filling(picture, weights, rng, others), weights > SHOWN


# ---------------------------------------------------------------- regions


def face(size: tuple[int, int], rng: np.random.Generator) -> Mask:
    """Return the inner face of a portrait."""
    return _ellipse(size, CENTRE, FACE, rng)


def small_face(size: tuple[int, int], rng: np.random.Generator) -> Mask:
    """Return a portrait's face from the eyes to the mouth."""
    return _ellipse(size, CENTRE, SMALL_FACE, rng)


def head(size: tuple[int, int], rng: np.random.Generator) -> Mask:
    """Return a portrait's head."""
    return _ellipse(size, CENTRE, HEAD, rng)


def around_head(size: tuple[int, int], rng: np.random.Generator) -> Mask:
    """Return everything but a portrait's head."""
    return 1 - head(size, rng)


def body(size: tuple[int, int], rng: np.random.Generator) -> Mask:
    """Return everything below a portrait's chin."""
    width, height = size
    border, blend = rng.uniform(CHIN - 0.02, CHIN + 0.05), rng.uniform(0.01, 0.05)
    down = (np.arange(height, dtype=np.float32) + 0.5) / height
    shares = np.clip((down - border) / blend + 0.5, 0, 1)
    return np.asarray(np.repeat(shares[:, None], width, axis=1), np.float32)


def clothes(size: tuple[int, int], rng: np.random.Generator) -> Mask:
    """Return an ellipse over a portrait's chest."""
    return _ellipse(size, (0.5, 0.93), (rng.uniform(0.25, 0.42), 0.2), rng)


def background(size: tuple[int, int], rng: np.random.Generator) -> Mask:
    """Return everything around a portrait's head and shoulders."""
    shoulders = _ellipse(size, (0.5, 1.08), (0.44, 0.34), rng)
    return np.asarray(1 - np.maximum(head(size, rng), shoulders), np.float32)


def part(low: float, high: float) -> Region:
    """Return a region that draws an ellipse, a box or a blob with a share of the picture's area."""

    def drawn(size: tuple[int, int], rng: np.random.Generator) -> Mask:
        share = np.exp(rng.uniform(np.log(low), np.log(high)))
        aspect = np.exp(rng.uniform(-0.5, 0.5))
        half = np.sqrt(share / 4) * np.array([np.sqrt(aspect), 1 / np.sqrt(aspect)])
        half = np.minimum(half, 0.49)
        centre = rng.uniform(np.minimum(half, 0.45), 1 - np.minimum(half, 0.45))
        feather = side_in(size) * rng.uniform(0.004, 0.03)
        x, y = _coordinates(size)
        match rng.integers(0, 3):
            case 0:
                scale = np.sqrt(4 / np.pi)
                inside = np.hypot((x - centre[0]) / half[0], (y - centre[1]) / half[1]) < scale
            case 1:
                inside = (np.abs(x - centre[0]) < half[0]) & (np.abs(y - centre[1]) < half[1])
            case _:
                around = np.arctan2((y - centre[1]) / half[1], (x - centre[0]) / half[0])
                waves = sum(
                    rng.uniform(-0.15, 0.15) * np.cos(order * around + rng.uniform(0, 6.3))
                    for order in (2, 3, 5)
                )
                inside = np.hypot((x - centre[0]) / half[0], (y - centre[1]) / half[1]) < 1.1 * (1 + waves)
        return np.asarray(cv2.GaussianBlur(inside.astype(np.float32), (0, 0), feather), np.float32)

    return drawn


def half(size: tuple[int, int], rng: np.random.Generator) -> Mask:
    """Return one half of the picture, left, right, upper or lower."""
    x, y = _coordinates(size)
    place = (x, 1 - x, y, 1 - y)[int(rng.integers(4))]
    return np.asarray(np.clip((place - rng.uniform(0.45, 0.55)) / 0.02 + 0.5, 0, 1), np.float32)


def _ellipse(
    size: tuple[int, int], centre: tuple[float, float], radii: tuple[float, float], rng: np.random.Generator
) -> Mask:
    x, y = _coordinates(size)
    scale = rng.uniform(0.9, 1.1)
    inside = np.hypot((x - centre[0]) / radii[0], (y - centre[1]) / radii[1]) < scale
    spread = side_in(size) * rng.uniform(0.006, 0.03)
    return np.asarray(cv2.GaussianBlur(inside.astype(np.float32), (0, 0), spread), np.float32)


def _coordinates(size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    width, height = size
    x, y = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    return x, y


def side_in(size: tuple[int, int]) -> float:
    """Return the side of the square with a size's area, in pixels."""
    return float(np.sqrt(size[0] * size[1]))


# ---------------------------------------------------------------- fillings


def stranger(
    picture: Image.Image, weights: Mask, rng: np.random.Generator, others: Sequence[Image.Image]
) -> Image.Image:
    """Fill with the same part of another picture, partly matched in tone."""
    there, here = pixels(_like(picture, rng, others)), pixels(picture)
    mask = weights[..., None]
    there = there + (_mean(here, mask) - _mean(there, mask)) * rng.uniform(0, 1)
    return picture_of(here * (1 - mask) + there * mask)


def toned_stranger(
    picture: Image.Image, weights: Mask, rng: np.random.Generator, others: Sequence[Image.Image]
) -> Image.Image:
    """Fill with the same part of another picture, with the mean and the contrast of what was there."""
    there, here = pixels(_like(picture, rng, others)), pixels(picture)
    mask = weights[..., None]
    spread = _spread(here, mask) / np.maximum(_spread(there, mask), 4)
    there = (there - _mean(there, mask)) * np.clip(spread, 0.5, 2) + _mean(here, mask)
    return picture_of(here * (1 - mask) + there * mask)


def cloned_stranger(
    picture: Image.Image, weights: Mask, rng: np.random.Generator, others: Sequence[Image.Image]
) -> Image.Image:
    """Fill with another picture's gradients (Poisson), so that no border is seen."""
    there, here = np.asarray(_like(picture, rng, others)), np.asarray(picture)
    mask = ((weights > SHOWN) * 255).astype(np.uint8)
    mask[:1], mask[-1:], mask[:, :1], mask[:, -1:] = 0, 0, 0, 0
    left, top, width, height = cv2.boundingRect(mask)
    if width < 4 or height < 4:
        return stranger(picture, weights, rng, others)
    centre = (left + width // 2, top + height // 2)
    return Image.fromarray(cv2.seamlessClone(there, here, mask.copy(), centre, cv2.NORMAL_CLONE))


def moved(
    picture: Image.Image, weights: Mask, rng: np.random.Generator, _others: Sequence[Image.Image]
) -> Image.Image:
    """Fill with another place of the same picture, as a clone brush does."""
    here = pixels(picture)
    rows, columns = weights.shape
    shift = rng.uniform(0.2, 0.4, 2) * rng.choice([-1, 1], 2) * (rows, columns)
    move = np.array([[1, 0, shift[1]], [0, 1, shift[0]]], np.float32)
    there = cv2.warpAffine(here, move, (columns, rows), borderMode=cv2.BORDER_REFLECT)
    mask = weights[..., None]
    return picture_of(here * (1 - mask) + there * mask)


def telea(
    picture: Image.Image, weights: Mask, _rng: np.random.Generator, _others: Sequence[Image.Image]
) -> Image.Image:
    """Fill from the surroundings (Telea's in-painting)."""
    mask = ((weights > SHOWN) * 255).astype(np.uint8)
    return Image.fromarray(cv2.inpaint(np.asarray(picture), mask, 5, cv2.INPAINT_TELEA))


def smooth(
    picture: Image.Image, weights: Mask, rng: np.random.Generator, _others: Sequence[Image.Image]
) -> Image.Image:
    """Fill with soft light and shade in the surroundings' colours and faint grain, as generative fillings look."""
    here = pixels(picture)
    known = 1 - weights
    reach = side_of(picture) * 0.12
    total = cv2.GaussianBlur(known, (0, 0), reach)[..., None] + 1e-3
    base = (cv2.GaussianBlur(here * known[..., None], (0, 0), reach) + 1e-3 * here.mean((0, 1))) / total
    shade: np.ndarray = np.zeros(weights.shape, np.float32)
    for spread, strength in ((0.15, 16.0), (0.06, 8.0), (0.025, 4.0)):
        noise = rng.normal(size=weights.shape).astype(np.float32)
        soft = cv2.GaussianBlur(noise, (0, 0), side_of(picture) * spread)
        shade = shade + soft / max(float(soft.std()), 1e-6) * strength * rng.uniform(0.3, 1.2)
    shade = shade + rng.normal(size=weights.shape).astype(np.float32) * rng.uniform(0.5, 3)
    there = base + shade[..., None]
    mask = weights[..., None]
    return picture_of(here * (1 - mask) + there * mask)


def _like(picture: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image]) -> Image.Image:
    """Return another picture in the size of this one, of about its aspect where there is one."""
    aspect = picture.width / picture.height
    alike = [one for one in others if abs(one.width / one.height - aspect) < 0.1 * aspect]
    return covering(other_of(alike or others, rng), picture.size)


def _mean(values: np.ndarray, mask: Mask) -> np.ndarray:
    mean: np.ndarray = (values * mask).sum(axis=(0, 1)) / max(float(mask.sum()), 1e-6)
    return mean


def _spread(values: np.ndarray, mask: Mask) -> np.ndarray:
    spread: np.ndarray = np.sqrt(_mean((values - _mean(values, mask)) ** 2, mask))
    return spread


def blurred(
    picture: Image.Image, weights: Mask, rng: np.random.Generator, _others: Sequence[Image.Image]
) -> Image.Image:
    """Fill with the picture itself, blurred beyond recognition."""
    soft = pixels(picture.filter(ImageFilter.GaussianBlur(side_of(picture) * rng.uniform(0.04, 0.1))))
    mask = weights[..., None]
    return picture_of(pixels(picture) * (1 - mask) + soft * mask)


def _portrait(name: str, region: Region, filling: Filling) -> Replacement:
    return Replacement(name=name, region=region, filling=filling, portraits_only=True)


def _any(name: str, region: Region, filling: Filling) -> Replacement:
    return Replacement(name=name, region=region, filling=filling)


REPLACEMENTS: Final = (
    _portrait("swap_feathered", face, stranger),
    _portrait("swap_toned", face, toned_stranger),
    _portrait("swap_cloned", face, cloned_stranger),
    _portrait("swap_small", small_face, toned_stranger),
    _portrait("body", body, stranger),
    _portrait("body_toned", body, toned_stranger),
    _portrait("clothes_smooth", clothes, smooth),
    _portrait("background", background, stranger),
    _portrait("background_smooth", background, smooth),
    _portrait("head_pasted", around_head, stranger),
    _any("half", half, stranger),
    _any("patch_3", part(0.03, 0.06), stranger),
    _any("patch_6", part(0.06, 0.12), toned_stranger),
    _any("patch_12", part(0.12, 0.25), stranger),
    _any("patch_25", part(0.25, 0.45), toned_stranger),
    _any("patch_cloned", part(0.06, 0.3), cloned_stranger),
    _any("moved", part(0.05, 0.25), moved),
    _any("telea", part(0.05, 0.25), telea),
    _any("smooth_small", part(0.04, 0.1), smooth),
    _any("smooth_large", part(0.1, 0.35), smooth),
    _portrait("background_blurred", background, blurred),
)
"""All replacements."""
