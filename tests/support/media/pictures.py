"""Synthetic pictures, drawn from a seed, and files made of them; none is a photograph."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.support.paths import EVAL


def eval_files(folder, pattern="*"):
    """The files of an evaluation folder, sorted; skips the test where the data are not on this machine."""
    files = sorted(path for path in (EVAL / folder).glob(pattern) if path.is_file())
    if not files:
        pytest.skip(f"evaluation data {folder}/ are not on this machine (../shared/eval)")
    return files


def scene(seed, width=960, height=640):
    """An RGB picture with the spectrum of a photograph: soft noise of all sizes and some hard-edged boxes."""
    random = np.random.default_rng(seed)
    canvas = np.full((height, width, 3), 128.0)
    for cells in (3, 6, 12, 24, 48):
        noise = random.normal(0, 160 / cells**0.7, (cells, cells, 1)) + random.normal(
            0, 25 / cells, (cells, cells, 3)
        )
        layers = [Image.fromarray(noise[..., channel].astype(np.float32)) for channel in range(3)]
        canvas += np.stack([np.asarray(layer.resize((width, height), 3)) for layer in layers], axis=-1)
    for _ in range(8):
        top, bottom = np.sort(random.integers(0, height, 2))
        left, right = np.sort(random.integers(0, width, 2))
        canvas[top:bottom, left:right] += random.normal(0, 40) + random.normal(0, 8, 3)
    return Image.fromarray(canvas.clip(0, 255).astype(np.uint8))


def saved(image, media_format, **options):
    """The bytes of a file."""
    file = io.BytesIO()
    image.save(file, media_format, **options)
    return file.getvalue()


def sideways(image, media_format, **options):
    """A file whose pixels lie on their side and whose EXIF says so (orientation 6)."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(image.transpose(Image.Transpose.ROTATE_90), media_format, exif=exif, **options)
