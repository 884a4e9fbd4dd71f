"""Pictures for the demonstration: pictures drawn from a seed, public-domain photographs, and poor copies of both.

A drawn picture has the features that distinguish photographs, and shows no person: noise of all sizes (about 1 / f),
shapes out of focus, shapes in focus, and grain. The functions are pure: the same arguments and the same versions of
NumPy and Pillow give the same bytes.
"""

import colorsys
import io
from dataclasses import dataclass, field
from importlib import resources
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

Floats = npt.NDArray[np.float32]

DRAWN_SIZE: Final = (960, 640)  # columns and rows, pixels
DRAWN_QUALITY: Final = 90  # JPEG quality, as a camera or a phone saves
POOR_QUALITY: Final = 50  # JPEG quality, as a careless re-upload

NOISE_CELLS: Final = (2, 3, 5, 8, 12, 18, 28, 48, 96)  # number of noise cells along a side, coarse to fine
NOISE_FALL: Final = 0.8  # amplitude falls as cells ** -0.8; photographs about as 1 / f
GRAIN_LEVELS: Final = 3.0  # standard deviation of the grain, grey levels
FAR_SHAPES: Final = 7
NEAR_SHAPES: Final = 9
BLUR_SHARE: Final = 0.012  # blur radius of shapes out of focus, share of the shorter side
SHAPE_OPACITY: Final = (150, 256)  # opacity from 0 to 255; the upper end is excluded

# Files of `pictures/` by name, with their sources; `pictures/SOURCES.md` has the details.
_SHIPPED: Final = {
    "astronaut": "NASA, official portrait of Eileen Collins, public domain",
    "rocket": "SpaceX, Falcon 9 with the satellite DSCOVR, public domain",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPicture:
    """A picture in the public domain.

    Attributes:
        name: One word, unique among the shipped pictures.
        source: Author and content of the picture, and the reason why it may be shown.
        media: The JPEG file.
    """

    name: str
    source: str
    media: bytes = field(repr=False)


def public_domain() -> tuple[NamedPicture, ...]:
    """Return the shipped photographs, sorted by name."""
    folder = resources.files("registry.demo") / "pictures"
    return tuple(
        NamedPicture(name=name, source=source, media=(folder / f"{name}.jpg").read_bytes())
        for name, source in sorted(_SHIPPED.items())
    )


def drawn(seed: int, size: tuple[int, int] = DRAWN_SIZE) -> bytes:
    """Return a JPEG of a drawn scene that differs for each seed.

    Measured over seeds 0 to 199 at the default size (every fourth in tests/registry/demo): PDQ quality at least 80,
    flat share at most 0.5, and at least 64 PDQ bits between any two pictures.

    Args:
        seed: Not negative; the same seed gives the same picture.
        size: Columns and rows, in pixels.
    """
    random = np.random.default_rng(seed)
    scene = _noise(random, size)
    _add_shapes(scene, random, FAR_SHAPES)
    scene = scene.filter(ImageFilter.GaussianBlur(BLUR_SHARE * min(size)))
    _add_shapes(scene, random, NEAR_SHAPES)
    return _jpeg(_grained(scene, random), DRAWN_QUALITY)


def recompressed_half(media: bytes) -> bytes:
    """Return a copy like that of a careless re-upload: half the size, JPEG quality 50. For trusted files only."""
    with Image.open(io.BytesIO(media)) as image:
        half = (max(image.width // 2, 1), max(image.height // 2, 1))
        return _jpeg(image.convert("RGB").resize(half, Image.Resampling.LANCZOS), POOR_QUALITY)


def _noise(random: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """Draw noise of all sizes, coloured from dark to light along three colours of one random family."""
    columns, rows = size
    height: Floats = np.zeros((rows, columns), np.float32)
    for cells in NOISE_CELLS:
        layer = Image.fromarray(random.normal(0, cells**-NOISE_FALL, (cells, cells)).astype(np.float32))
        height += np.asarray(layer.resize(size, Image.Resampling.BICUBIC))
    low, high = np.percentile(height, (1, 99))
    hue = random.random()
    stops = [_colour(hue + random.uniform(-0.15, 0.15), light) for light in (0.08, 0.5, 0.95)]
    channels = [
        np.interp(height, np.linspace(low, high, len(stops)), [stop[channel] for stop in stops])
        for channel in range(3)
    ]
    return Image.fromarray(np.stack(channels, axis=-1).astype(np.uint8))


def _add_shapes(scene: Image.Image, random: np.random.Generator, shapes: int) -> None:
    """Draw ellipses, boxes and lines of random colours anywhere on a picture, some over its edge."""
    longest = max(scene.size)
    pen = ImageDraw.Draw(scene, "RGBA")
    for _ in range(shapes):
        centre = random.uniform(0, 1, 2) * scene.size
        reach = random.uniform(0.03, 0.18, 2) * longest
        corners = (*(centre - reach), *(centre + reach))
        paint = (*_colour(random.random(), random.uniform(0.1, 0.9)), int(random.integers(*SHAPE_OPACITY)))
        match random.integers(3):
            case 0:
                pen.ellipse(corners, fill=paint)
            case 1:
                pen.rectangle(corners, fill=paint)
            case _:
                pen.line(corners, fill=paint, width=max(longest // 60, 1))


def _grained(scene: Image.Image, random: np.random.Generator) -> Image.Image:
    """Add a sensor's grain, equal in all three channels of a pixel."""
    grain = random.normal(0, GRAIN_LEVELS, (scene.height, scene.width, 1))
    return Image.fromarray((np.asarray(scene) + grain).clip(0, 255).astype(np.uint8))


def _colour(hue: float, lightness: float) -> tuple[int, int, int]:
    """Return a moderately saturated colour. Hue and lightness are 0 to 1; hue wraps around outside that range."""
    red, green, blue = colorsys.hls_to_rgb(hue % 1, lightness, 0.5)
    return round(red * 255), round(green * 255), round(blue * 255)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()
