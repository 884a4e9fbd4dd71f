"""Harder re-uploads by tone: uneven light, solarised, false colours, few levels, paint, line art, pixels, chains."""

import io
from collections.abc import Callable
from functools import partial
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageFilter, ImageOps

from benchmarks.reuploads.canvas import any_colour, picture_of, pixels, side_of, uniform_size
from benchmarks.reuploads.crops import at_random
from benchmarks.reuploads.hard.photographed import uneven
from benchmarks.reuploads.kind import Kind, Save, alone, family_of, seeded

_CHAIN: Final = 10


def vignetted(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture with corners darkened to a tenth and a bright spot off its middle."""
    across, down = np.meshgrid(np.linspace(-1, 1, picture.width), np.linspace(-1, 1, picture.height))
    x, y = rng.uniform(-0.3, 0.3, 2)
    share = np.exp(-((across - x) ** 2 + (down - y) ** 2) / 2 / rng.uniform(0.4, 0.6) ** 2)
    return picture_of(pixels(picture) * (0.06 + 1.1 * share)[..., None])


def half_lit(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture in light that falls off to a tenth towards one side."""
    return picture_of(pixels(picture) * uneven(picture.size, rng, 0.9) * 1.15)


def leaked(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture with a coloured light leak over one side."""
    fading = 1 - uneven(picture.size, rng, 1.0)
    colour = np.array(any_colour(rng), np.float32) * 0.5 + 127
    return picture_of(pixels(picture) * (1 - 0.75 * fading) + colour * 0.9 * fading)


def false_coloured(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture's luma in the colours of a thermal camera, one of six maps."""
    maps = (
        cv2.COLORMAP_JET, cv2.COLORMAP_HOT, cv2.COLORMAP_VIRIDIS,
        cv2.COLORMAP_OCEAN, cv2.COLORMAP_HSV, cv2.COLORMAP_BONE,
    )  # fmt: skip
    luma = np.asarray(picture.convert("L"))
    coloured = cv2.applyColorMap(luma, maps[int(rng.integers(len(maps)))])
    return Image.fromarray(cv2.cvtColor(coloured, cv2.COLOR_BGR2RGB))


def in_levels(picture: Image.Image, levels: int) -> Image.Image:
    """Return the picture in black, white and evenly spaced greys, each of about as many pixels."""
    luma = np.asarray(ImageOps.equalize(picture.convert("L").filter(ImageFilter.GaussianBlur(1))), np.float32)
    steps = np.minimum(levels - 1, np.floor(luma / 256 * levels)) * (255 / (levels - 1))
    return Image.fromarray(steps.astype(np.uint8)).convert("RGB")


def cartoon(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return smooth surfaces in few colours with black lines along edges, as cartoon filters draw."""
    values = np.asarray(picture)
    for _ in range(4):
        values = cv2.bilateralFilter(values, 9, 40, 9)
    steps = int(rng.integers(24, 40))
    flat = values // steps * steps + steps // 2
    luma = cv2.medianBlur(cv2.cvtColor(np.asarray(picture), cv2.COLOR_RGB2GRAY), 5)
    lines = cv2.adaptiveThreshold(luma, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 9, 6)
    return Image.fromarray(np.where(lines[..., None] > 0, flat, 0).astype(np.uint8))


def painted(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture in strokes: the commonest level in each neighbourhood, as oil-paint filters do."""
    reach = max(3, round(side_of(picture) * rng.uniform(0.008, 0.014))) | 1
    values = np.asarray(picture)
    bins = values.mean(axis=2).astype(np.int64) // 32
    counts = np.stack(
        [cv2.boxFilter((bins == one).astype(np.float32), -1, (reach, reach)) for one in range(8)]
    )
    chosen = counts.argmax(axis=0)
    sums = np.stack(
        [
            cv2.boxFilter((values * (bins == one)[..., None]).astype(np.float32), -1, (reach, reach))
            for one in range(8)
        ]
    )
    rows, columns = np.indices(chosen.shape)
    mean = sums[chosen, rows, columns] / np.maximum(counts[chosen, rows, columns], 1e-3)[..., None]
    return picture_of(mean)


def line_art(picture: Image.Image) -> Image.Image:
    """Return black lines along edges on white."""
    luma = cv2.GaussianBlur(np.asarray(picture.convert("L")), (0, 0), 1.2)
    lines = cv2.adaptiveThreshold(luma, 255, cv2.ADAPTIVE_THRESH_GAUSSIAN_C, cv2.THRESH_BINARY, 11, 4)
    return Image.fromarray(lines).convert("RGB")


def sketched(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture as pencil filters draw it: luma divided by its blurred copy."""
    luma = pixels(picture.convert("L"))
    soft = cv2.GaussianBlur(luma, (0, 0), side_of(picture) * rng.uniform(0.01, 0.02))
    drawn = Image.fromarray(np.clip(luma / np.maximum(soft, 1) * 255, 0, 255).astype(np.uint8))
    return ImageOps.autocontrast(drawn, cutoff=1).convert("RGB")


def glitched(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture with bands shifted sideways and the colours apart."""
    values = np.asarray(picture).copy()
    for _ in range(int(rng.integers(8, 16))):
        top = int(rng.integers(0, len(values)))
        band = slice(top, top + int(rng.integers(4, max(5, len(values) // 8))))
        values[band] = np.roll(
            values[band], int(rng.integers(-picture.width // 4, picture.width // 4)), axis=1
        )
    values[..., 0] = np.roll(values[..., 0], int(rng.integers(4, 12)), axis=1)
    return Image.fromarray(values)


def local_contrast(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture with strong local contrast, as HDR filters make it."""
    lab = cv2.cvtColor(np.asarray(picture), cv2.COLOR_RGB2LAB)
    lab[..., 0] = cv2.createCLAHE(clipLimit=float(rng.uniform(4, 8)), tileGridSize=(8, 8)).apply(
        np.ascontiguousarray(lab[..., 0])
    )
    return Image.fromarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB))


def night(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture at a tenth of its light with noise."""
    values = pixels(picture) * rng.uniform(0.08, 0.13)
    return picture_of(values + rng.uniform(3, 5) * rng.standard_normal(values.shape, dtype=np.float32))


def burnt_out(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture overexposed so that a good third is white."""
    values = pixels(picture)
    white = np.percentile(values.mean(axis=2), rng.uniform(58, 68))
    return picture_of(values * (255 / max(white, 1)))


def halftone(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture as dots of 4 to 6 pixels on white, as newsprint."""
    luma = pixels(uniform_size(picture, 640 / max(picture.size)).convert("L"))
    rows, columns = np.indices(luma.shape)
    pitch, angle = rng.uniform(4, 6), np.radians(45)
    u = (columns * np.cos(angle) + rows * np.sin(angle)) * np.pi / pitch
    v = (rows * np.cos(angle) - columns * np.sin(angle)) * np.pi / pitch
    screen = 127.5 + 127.5 * np.cos(u) * np.cos(v)
    return Image.fromarray(np.where(luma > screen, 255, 0).astype(np.uint8)).convert("RGB")


def in_pixels(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture as a mosaic of 48 to 72 squares on its longer side."""
    cells = int(rng.integers(48, 73))
    small = picture.resize(
        (
            max(4, round(cells * picture.width / max(picture.size))),
            max(4, round(cells * picture.height / max(picture.size))),
        ),
        Image.Resampling.BOX,
    )
    return small.resize(picture.size, Image.Resampling.NEAREST)


def much_blurred(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture blurred by 1.2 to 1.8 % of its side."""
    return picture.filter(ImageFilter.GaussianBlur(side_of(picture) * rng.uniform(0.012, 0.018)))


def inverted(
    picture: Image.Image, rng: np.random.Generator, change: Callable[..., Image.Image]
) -> Image.Image:
    """Return the negative of a changed picture."""
    return ImageOps.invert(change(picture, rng))


def chained(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture after ten uploads: each scales it a little and writes a JPEG of quality 25 to 70."""
    size = picture.size
    for _ in range(_CHAIN):
        again = uniform_size(
            picture, rng.uniform(0.8, 1.2) * side_of(Image.new("L", size)) / side_of(picture)
        )
        buffer = io.BytesIO()
        again.save(buffer, "JPEG", quality=int(rng.integers(25, 71)))
        with Image.open(buffer) as read:
            picture = read.convert("RGB")
    return picture


def chained_crops(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture after ten uploads that also cut up to 2 % from each edge."""
    for _ in range(_CHAIN):
        edges = rng.uniform(0, 0.02, 4) * (picture.width, picture.height, picture.width, picture.height)
        left, top, right, bottom = (round(edge) for edge in edges.tolist())
        cut = picture.crop((left, top, picture.width - right, picture.height - bottom))
        buffer = io.BytesIO()
        cut.save(buffer, "JPEG", quality=int(rng.integers(30, 75)))
        with Image.open(buffer) as read:
            picture = read.convert("RGB")
    return picture


TONED: Final = (
    *family_of("light", vignette=seeded(vignetted), half_lit=seeded(half_lit), leak=seeded(leaked)),
    *family_of(
        "light", night=seeded(night), burnt_out=seeded(burnt_out), local_contrast=seeded(local_contrast)
    ),
    *family_of(
        "tone",
        inverted_mirrored=seeded(partial(inverted, change=lambda picture, _rng: ImageOps.mirror(picture))),
        inverted_crop=seeded(partial(inverted, change=partial(at_random, low=0.6, high=0.85))),
        solarised=seeded(lambda picture, rng: ImageOps.solarize(picture, int(rng.integers(90, 150)))),
        false_colours=seeded(false_coloured),
        two_levels=alone(partial(in_levels, levels=2)),
        three_levels=alone(partial(in_levels, levels=3)),
    ),
    *family_of(
        "style",
        cartoon=seeded(cartoon),
        painted=seeded(painted),
        halftone=seeded(halftone),
        pixels=seeded(in_pixels),
        blurred=seeded(much_blurred),
        line_art=alone(line_art),
        sketch=seeded(sketched),
        glitch=seeded(glitched),
    ),
    Kind(name="chain_ten", family="chain", make=seeded(chained), save=Save(quality=(30, 60))),
    Kind(name="chain_ten_crops", family="chain", make=seeded(chained_crops), save=Save(quality=(40, 70))),
)
