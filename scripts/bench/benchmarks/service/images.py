"""The images that the benchmark of checks uses: drawn, and as large as photographs."""

import io
from typing import Final

import numpy as np
from PIL import Image

from benchmarks.common.drawn_pictures import drawn_luma

BYTES: Final = 1_000_000
SIZE: Final = (1440, 960)  # columns and rows, pixels


def image_of(seed: int) -> bytes:
    """Make a JPEG of about 1 MB: a drawn scene of 1.4 megapixels, tinted, with the noise of a camera."""
    random = np.random.default_rng(seed)
    columns, rows = SIZE
    whole = Image.fromarray(drawn_luma(seed))
    scene = whole.resize((columns, columns * whole.height // whole.width), Image.Resampling.BICUBIC)
    scene = scene.crop((0, 0, columns, rows))
    pixels = np.asarray(scene, np.float32)[:, :, None] * random.uniform(0.7, 1, 3).astype(np.float32)
    noisy = pixels + random.normal(0, 12, pixels.shape).astype(np.float32)
    picture = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
    best = b""
    for quality in range(98, 60, -2):
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=quality)
        best = file.getvalue()
        if len(best) <= BYTES:
            break
    return best
