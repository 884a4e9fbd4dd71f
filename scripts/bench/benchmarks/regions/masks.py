"""Kinds of re-upload in which a region of a portrait was replaced, each with the region in the registered picture.

These kinds draw their regions themselves, so the masks are those of the middle of what they draw.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np
from PIL import Image

from benchmarks.reuploads.altered import CHIN, FACE, HEAD, ellipse_over, person_mask
from benchmarks.reuploads.kind import Kind
from benchmarks.reuploads.kinds import ALL_KINDS
from benchmarks.reuploads.replaced import Mask

FEATHER: Final = 0.012  # share of the side
BLEND: Final = 0.04  # share of the height, at the chin

MaskOf: TypeAlias = Callable[[Image.Image], Mask]


def _weights(mask: Image.Image) -> Mask:
    return np.asarray(mask, np.float32) / 255


def face(picture: Image.Image) -> Mask:
    """Return the inner face."""
    return _weights(ellipse_over(picture, FACE, FEATHER))


def around_head(picture: Image.Image) -> Mask:
    """Return everything but the head."""
    return np.asarray(1 - _weights(ellipse_over(picture, HEAD, FEATHER)), np.float32)


def background(picture: Image.Image) -> Mask:
    """Return everything but the person."""
    return np.asarray(1 - _weights(person_mask(picture, FEATHER)), np.float32)


def below_chin(picture: Image.Image) -> Mask:
    """Return everything below the chin."""
    down = (np.arange(picture.height) + 0.5) / picture.height
    shares = np.clip((down - CHIN - BLEND / 2) / BLEND + 0.5, 0, 1)
    return np.asarray(np.repeat(shares[:, None], picture.width, axis=1), np.float32)


def clothes(picture: Image.Image) -> Mask:
    """Return the person below the chin."""
    return np.asarray(below_chin(picture) * _weights(person_mask(picture, FEATHER)), np.float32)


_MASKS: Final[dict[str, MaskOf]] = {
    "altered_body_replaced": below_chin,
    "altered_face_swapped": face,
    "altered_background_replaced": background,
    "altered_head_pasted": around_head,
    "replaced_small_head": around_head,
    "replaced_swap_smooth": face,
    "replaced_swap_crop_filter": face,
    "replaced_swap_screenshot": face,
    "replaced_swap_mirrored": face,
    "replaced_clothes_smooth": clothes,
}

ALTERED_KINDS: Final[tuple[tuple[Kind, MaskOf], ...]] = tuple(
    (kind, _MASKS[kind.name]) for kind in ALL_KINDS if kind.name in _MASKS
)
"""The kinds, each with its mask."""
