"""Altered portraits: a part replaced, disguised or bent, for faces centred as in LFW's deep-funnelled pictures.

All places are shares of the side, measured on pictures of 250 x 250 pixels: the eyes are at 0.45, the chin is near
0.70, and the face reaches from 0.33 to 0.67 across.
"""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageChops, ImageFilter

from benchmarks.reuploads.canvas import (
    covering,
    feathered_ellipse,
    other_of,
    picture_of,
    pixels,
    side_of,
)
from benchmarks.reuploads.kind import Kind, Make, seeded
from benchmarks.reuploads.plain import brighter, gamma, saturated, warm

CENTRE: Final = (0.5, 0.49)
FACE: Final = (0.17, 0.235)
HEAD: Final = (0.235, 0.315)
CHIN: Final = 0.70
# Portraits among the other pictures are those as square as LFW's.
_SQUARE_WITHIN: Final = 0.02


def portrait_of(others: Sequence[Image.Image], rng: np.random.Generator) -> Image.Image:
    """Return one of the square pictures among unrelated ones, or any of them if there is none."""
    square = [one for one in others if abs(one.width / one.height - 1) < _SQUARE_WITHIN]
    return other_of(square or others, rng)


def _scene_of(others: Sequence[Image.Image], rng: np.random.Generator) -> Image.Image:
    wide = [one for one in others if abs(one.width / one.height - 1) >= _SQUARE_WITHIN]
    return other_of(wide or others, rng)


def ellipse_over(picture: Image.Image, radii: tuple[float, float], feather: float) -> Image.Image:
    """Return a mask of an ellipse over the face: radii and the width of the soft edge, as shares of the side."""
    width, height = picture.size
    return feathered_ellipse(
        picture.size,
        (CENTRE[0] * width, CENTRE[1] * height),
        (radii[0] * width, radii[1] * height),
        feather * side_of(picture),
    )


def person_mask(picture: Image.Image, feather: float) -> Image.Image:
    """Return a mask of head and shoulders."""
    width, height = picture.size
    shoulders = feathered_ellipse(
        picture.size, (width / 2, height * 1.08), (width * 0.44, height * 0.34), feather * side_of(picture)
    )
    return ImageChops.lighter(ellipse_over(picture, HEAD, feather), shoulders)


def body_replaced(
    picture: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image]
) -> Image.Image:
    """Return the portrait with everything below the chin from another picture and a blended border."""
    border = picture.height * rng.uniform(CHIN - 0.02, CHIN + 0.05)
    blend = picture.height * rng.uniform(0.01, 0.05)
    share = np.clip((np.arange(picture.height) - border) / blend + 0.5, 0, 1) * 255
    mask = Image.fromarray(np.repeat(share.astype(np.uint8)[:, None], picture.width, axis=1))
    return Image.composite(covering(other_of(others, rng), picture.size), picture, mask)


def face_swapped(
    picture: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image]
) -> Image.Image:
    """Return the portrait with the inner face of another, feathered and matched in tone."""
    other = covering(portrait_of(others, rng), picture.size)
    size = rng.uniform(0.9, 1.1)
    mask = ellipse_over(picture, (FACE[0] * size, FACE[1] * size), rng.uniform(0.012, 0.03))
    weights = pixels(mask.convert("RGB"))[..., :1] / 255
    there, here = pixels(other), pixels(picture)
    tone = _mean(here, weights) - _mean(there, weights)
    return Image.composite(picture_of(there + tone * rng.uniform(0.5, 1)), picture, mask)


def _mean(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    mean: np.ndarray = (values * weights).sum(axis=(0, 1)) / weights.sum()
    return mean


def background_replaced(
    picture: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image]
) -> Image.Image:
    """Return the person, cut out with head and shoulders, on another picture."""
    mask = person_mask(picture, rng.uniform(0.006, 0.02))
    return Image.composite(picture, covering(_scene_of(others, rng), picture.size), mask)


def head_pasted(picture: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image]) -> Image.Image:
    """Return an ellipse with the head on another picture."""
    mask = ellipse_over(picture, HEAD, rng.uniform(0.006, 0.02))
    return Image.composite(picture, covering(_scene_of(others, rng), picture.size), mask)


def surroundings_recoloured(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the portrait with everything but the face in other colours."""
    mask = ellipse_over(picture, HEAD, rng.uniform(0.01, 0.03))
    return Image.composite(picture, _recoloured(picture, rng), mask)


def _recoloured(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture with its hues turned, stronger, and darker or brighter."""
    hue, saturation, value = picture.convert("HSV").split()
    shift = int(rng.integers(50, 206))
    turned = hue.point([(level + shift) % 256 for level in range(256)])
    strong = saturation.point([min(255, round(level * 0.8 + 70)) for level in range(256)])
    return brighter(Image.merge("HSV", (turned, strong, value)).convert("RGB"), rng)


def face_blurred(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the portrait with a face that is blurred beyond recognition."""
    soft = picture.filter(ImageFilter.GaussianBlur(side_of(picture) * rng.uniform(0.05, 0.1)))
    return Image.composite(soft, picture, ellipse_over(picture, (HEAD[0], HEAD[1] * 0.9), 0.015))


def edited(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the portrait with a face bent by up to 4 % of the side and other colours, as generative editors do."""
    width, height = picture.size
    across, down = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    for _ in range(int(rng.integers(4, 9))):
        x = (CENTRE[0] + rng.normal(0, 0.12)) * width
        y = (CENTRE[1] + rng.normal(0, 0.16)) * height
        spread = side_of(picture) * rng.uniform(0.05, 0.12)
        near = np.exp(-((across - x) ** 2 + (down - y) ** 2) / 2 / spread**2)
        push = rng.uniform(-0.04, 0.04, 2) * side_of(picture)
        across = across + (near * push[0]).astype(np.float32)
        down = down + (near * push[1]).astype(np.float32)
    bent = cv2.remap(np.asarray(picture), across, down, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    smooth = cv2.bilateralFilter(bent, 7, rng.uniform(15, 45), 5)
    return warm(saturated(gamma(Image.fromarray(smooth), rng), rng), rng)


def body_tinted(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the portrait with other colours below the chin, as undressing filters tint it."""
    mask = Image.new("L", picture.size)
    mask.paste(255, (0, round(picture.height * CHIN), *picture.size))
    soft = mask.filter(ImageFilter.GaussianBlur(side_of(picture) * 0.02))
    return Image.composite(_recoloured(picture, rng), picture, soft)


def _altered(detail: str, make: Make) -> Kind:
    return Kind(name=f"altered_{detail}", family="altered", make=make, portraits_only=True)


ALTERED: Final = (
    _altered("body_replaced", body_replaced),
    _altered("face_swapped", face_swapped),
    _altered("background_replaced", background_replaced),
    _altered("head_pasted", head_pasted),
    _altered("surroundings_recoloured", seeded(surroundings_recoloured)),
    _altered("face_blurred", seeded(face_blurred)),
    _altered("ai_edit", seeded(edited)),
    _altered("body_tinted", seeded(body_tinted)),
)
