"""Graphics are told from photographs, and count as templates."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from index.hashing.graphics import is_graphic, template_share
from index.hashing.whole import flat_share
from tests.support.media.pages import app_screen
from tests.support.media.reuploads import luma_of

SEEDS = range(4)


def chequers(dark=40, light=210, cells=8):
    """A board of equal squares."""
    rows, columns = np.indices((320, 320)) * cells // 320
    return np.where((rows + columns) % 2, light, dark).astype(np.uint8)


def lattice(seed, rows=10):
    """A brick wall whose bricks differ a little."""
    random = np.random.default_rng(seed)
    wall = Image.new("L", (480, 320), 200)
    draw = ImageDraw.Draw(wall)
    for row in range(rows):
        for brick in range(-1, 8):
            x, y = 68 * brick + 34 * (row % 2), 32 * row
            draw.rectangle((x + 3, y + 3, x + 67, y + 31), fill=int(random.integers(85, 110)))
    return np.asarray(wall)


def again(luma, quality):
    """The same plane after JPEG."""
    file = io.BytesIO()
    Image.fromarray(luma).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


GRAPHICS = {
    "screen": np.asarray(app_screen("Ashford", 7).convert("L")),
    "chequers": chequers(),
    "pale chequers": chequers(150, 190, 12),
    "bricks": lattice(1),
}


@pytest.mark.parametrize("name", GRAPHICS)
@pytest.mark.parametrize("quality", [None, 70, 20])
def test_graphics_are_told_even_after_jpeg(name, quality):
    """A graphic stays one when it is saved again, and counts as a template whole."""
    luma = GRAPHICS[name] if quality is None else again(GRAPHICS[name], quality)
    assert is_graphic(luma)
    assert template_share(luma) == 1


@pytest.mark.parametrize(
    "change",
    [np.asarray, lambda luma: again(luma, 20), lambda luma: 255 - luma,
     lambda luma: np.asarray(ImageOps.equalize(Image.fromarray(luma)))],
    ids=["plain", "jpeg20", "inverted", "equalised"],
)  # fmt: skip
def test_textured_pictures_are_none(change):
    """Re-compression and tones make no graphic of a picture with texture."""
    for seed in SEEDS:
        luma = np.ascontiguousarray(change(luma_of(seed)))
        assert not is_graphic(luma)
        assert template_share(luma) == flat_share(luma)


@pytest.mark.parametrize("shape", [(1, 1), (5, 512), (512, 3), (64, 64)])
def test_planes_of_any_shape_are_measured(shape):
    """A flat or tiny plane raises nothing, and is a template."""
    assert template_share(np.full(shape, 90, np.uint8)) == 1
