"""Re-uploads that lose a part: crops, tilts, and captioned crops."""

from functools import partial
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageOps

from benchmarks.reuploads.canvas import BLACK, WHITE, Colour, uniform_size
from benchmarks.reuploads.dressed import barred
from benchmarks.reuploads.kind import Kind, Save, alone, family_of, seeded

# Largest share of the side that a hand-drawn crop cuts from each edge.
_HAND_EDGE: Final = 0.30


def centred(picture: Image.Image, side: float) -> Image.Image:
    """Return the middle of the picture, `side` of its width and height."""
    return _cut(picture, (1 - side) / 2, (1 - side) / 2, side, side)


def at_random(picture: Image.Image, rng: np.random.Generator, low: float, high: float) -> Image.Image:
    """Return a window at a random place, its side within the range, the aspect kept."""
    side = rng.uniform(low, high)
    return _cut(picture, rng.uniform(0, 1 - side), rng.uniform(0, 1 - side), side, side)


def hand_drawn(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture with each edge cut by its own share, as a finger drags them."""
    left, top, right, bottom = rng.uniform(0, _HAND_EDGE, size=4)
    return _cut(picture, left, top, 1 - left - right, 1 - top - bottom)


def to_aspect(picture: Image.Image, rng: np.random.Generator, across: int, down: int) -> Image.Image:
    """Return the largest window of an aspect, at a random place near the middle."""
    width = min(1.0, picture.height * across / down / picture.width)
    height = min(1.0, picture.width * down / across / picture.height)
    place = float(np.clip(rng.normal(0.5, 0.15), 0, 1))
    return _cut(picture, (1 - width) * place, (1 - height) * place, width, height)


def _cut(picture: Image.Image, left: float, top: float, width: float, height: float) -> Image.Image:
    across, down = picture.size
    box = (left * across, top * down, (left + width) * across, (top + height) * down)
    start = (round(box[0]), round(box[1]))
    end = (max(start[0] + 8, round(box[2])), max(start[1] + 8, round(box[3])))
    return picture.crop((*start, *end))


def _one_side(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    lost = rng.uniform(0.15, 0.4)
    left, top, width, height = (
        (lost, 0.0, 1 - lost, 1.0),
        (0.0, 0.0, 1 - lost, 1.0),
        (0.0, lost, 1.0, 1 - lost),
        (0.0, 0.0, 1.0, 1 - lost),
    )[int(rng.integers(4))]
    return _cut(picture, left, top, width, height)


def _captioned(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    crop = uniform_size(at_random(picture, rng, 0.65, 0.95), rng.uniform(0.6, 1.4))
    return barred(crop, rng, above=bool(rng.random() < 0.5))


def _mirrored_crop(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    return ImageOps.mirror(at_random(picture, rng, 0.6, 0.9))


def _angle(rng: np.random.Generator) -> float:
    return float(rng.uniform(2, 15) * rng.choice((-1, 1)))


def tilted(picture: Image.Image, rng: np.random.Generator, corners: Colour) -> Image.Image:
    """Return the picture turned by 2 to 15 degrees, the frame widened, the corners in one colour."""
    return picture.rotate(_angle(rng), Image.Resampling.BICUBIC, expand=True, fillcolor=corners)


def tilted_inside(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture turned by 2 to 15 degrees and cropped to the largest window without corners."""
    angle = _angle(rng)
    turned = picture.rotate(angle, Image.Resampling.BICUBIC, expand=True)
    cos, sin = abs(np.cos(np.radians(angle))), abs(np.sin(np.radians(angle)))
    width, height = picture.size
    side = min(width / (width * cos + height * sin), height / (width * sin + height * cos))
    half = (width * side / 2 - 1, height * side / 2 - 1)
    middle = (turned.width / 2, turned.height / 2)
    start = (round(middle[0] - half[0]), round(middle[1] - half[1]))
    return turned.crop((*start, round(middle[0] + half[0]), round(middle[1] + half[1])))


def perspective(picture: Image.Image, rng: np.random.Generator, strength: float) -> Image.Image:
    """Return the picture seen at an angle: each corner moved inwards by up to `strength` of its side."""
    width, height = picture.size
    flat = np.array(((0, 0), (width, 0), (width, height), (0, height)), np.float32)
    inwards = np.array(((1, 1), (-1, 1), (-1, -1), (1, -1)), np.float32)
    seen = flat + inwards * rng.uniform(0, strength, (4, 2)).astype(np.float32) * (width, height)
    matrix = cv2.getPerspectiveTransform(flat, seen.astype(np.float32))
    ground = (0, 0, 0) if rng.random() < 0.5 else (255, 255, 255)
    return Image.fromarray(
        cv2.warpPerspective(
            np.asarray(picture), matrix, picture.size, flags=cv2.INTER_CUBIC, borderValue=ground
        )
    )


_SIDES: Final = (0.95, 0.9, 0.8, 0.7, 0.6, 0.5)
CROPS: Final = (
    *(
        Kind(
            name=f"crop_centre{round(side * 100)}",
            family="crop",
            make=alone(partial(centred, side=side)),
        )
        for side in _SIDES
    ),
    *family_of(
        "crop",
        random=seeded(lambda picture, rng: at_random(picture, rng, 0.45, 0.95)),
        hand_drawn=seeded(hand_drawn),
        one_side=seeded(_one_side),
        square=seeded(lambda picture, rng: to_aspect(picture, rng, 1, 1)),
        tall9x16=seeded(lambda picture, rng: to_aspect(picture, rng, 9, 16)),
        post4x5=seeded(lambda picture, rng: to_aspect(picture, rng, 4, 5)),
        mirrored=seeded(_mirrored_crop),
    ),
    Kind(
        name="crop_resized_captioned_jpeg40",
        family="crop",
        make=seeded(_captioned),
        save=Save(quality=(37, 43)),
    ),
)
TILTS: Final = family_of(
    "tilt",
    black=seeded(lambda picture, rng: tilted(picture, rng, BLACK)),
    white=seeded(lambda picture, rng: tilted(picture, rng, WHITE)),
    inside=seeded(tilted_inside),
    perspective=seeded(lambda picture, rng: perspective(picture, rng, 0.08)),
)
