"""Hashes of planes: bit for bit those of the reference packages."""

import imagehash
import numpy as np
import pdqhash
import pytest
from PIL import Image

from index.hashing.dhash import dhash128, phash
from index.hashing.whole import flat_share, pdq, pdq_of_bands
from index.pictures.exchange_codes import exchange_dhash
from tests.support.media.pictures import eval_files, scene

SIZES = [(5, 5), (6, 300), (63, 65), (64, 64), (127, 128), (129, 130), (341, 512), (512, 512), (1100, 700)]


def reference(rgb):
    bits, quality = pdqhash.compute(np.ascontiguousarray(rgb))
    return np.packbits(bits.astype(np.uint8)).tobytes(), quality


def assert_equals_reference(rgb):
    grey = np.asarray(Image.fromarray(rgb).convert("L"))
    code = pdq(grey)
    assert (code.value, code.quality) == reference(np.dstack([grey] * 3))
    luma = (rgb[..., 0] * 0.299 + rgb[..., 1] * 0.587 + rgb[..., 2] * 0.114).astype(np.float32)
    bands = pdq_of_bands(*luma.shape, np.array_split(luma, min(3, len(luma))))
    assert (bands.value, bands.quality) == reference(rgb)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_pdq_equals_the_reference_on_drawn_pictures(height, width):
    """PDQ by matrices gives pdqhash's bits and quality, for every size and whether whole or in bands."""
    for seed in range(3):
        assert_equals_reference(np.asarray(scene(seed).resize((width, height))))


def test_pdq_equals_the_reference_on_photographs():
    """PDQ by matrices gives pdqhash's bits and quality on a hundred photographs, in colour and in grey."""
    for path in eval_files("photos", "*.jpg")[:100]:
        assert_equals_reference(np.asarray(Image.open(path).convert("RGB")))


@pytest.mark.parametrize("size", [(1, 1), (4, 500), (500, 4)])
def test_planes_too_small_to_hash_are_blank(size):
    """A side below five pixels gives the all-zero code of quality 0, as the reference does."""
    code = pdq(np.full(size, 7, np.uint8))
    assert (code.value, code.quality, code.is_degenerate) == (bytes(32), 0, True)


@pytest.mark.parametrize(
    "plane",
    [np.zeros((341, 512)), np.full((341, 512), 77), np.tile(np.arange(512) // 2, (341, 1)),
     np.add.outer(np.arange(341), np.arange(512)) // 4],
    ids=["black", "grey", "gradient", "plane"],
)  # fmt: skip
def test_planes_without_content_have_a_degenerate_code(plane):
    """Where the reference's bits are rounding noise, the code is all zeros and told to be degenerate."""
    assert pdq(plane.astype(np.uint8)).is_degenerate


def test_photographs_have_no_degenerate_codes():
    """The rule for flat pictures refuses no photograph."""
    for path in eval_files("photos", "*.jpg"):
        plane = np.asarray(Image.open(path).convert("L"))
        assert not any(code.is_degenerate for code in (pdq(plane), dhash128(plane), phash(plane)))


@pytest.mark.parametrize("seed", range(6))
def test_dhash_and_phash_equal_imagehash(seed):
    """dHash-128 is ImageHash's dhash followed by its dhash_vertical, and pHash is its phash."""
    image = scene(seed).convert("L")
    plane = np.asarray(image)
    assert dhash128(plane).hex() == f"{imagehash.dhash(image)}{imagehash.dhash_vertical(image)}"
    assert phash(plane).hex() == str(imagehash.phash(image))


def test_the_dhash_of_matching_and_of_exchange_are_equal():
    """On every photograph, and on each mirrored at its right edge, both give the same 128 bits."""
    for path in eval_files("photos", "*.jpg")[:100]:
        plane = np.asarray(Image.open(path).convert("L"))
        for luma in (plane, np.hstack([plane, plane[:, ::-1]])):
            assert exchange_dhash(luma) == dhash128(luma)


def test_phash_equals_imagehash_on_photographs():
    """The code of a plane is the one that ImageHash computes, on a hundred photographs."""
    for path in eval_files("photos", "*.jpg")[:100]:
        image = Image.open(path).convert("L")
        assert phash(np.asarray(image)).hex() == str(imagehash.phash(image))


def test_phash_of_a_symmetric_picture_is_not_degenerate():
    """Unlike ImageHash's, so that a picture and its mirror image side by side can be registered."""
    plane = np.asarray(scene(1).convert("L"))
    mirrored = np.hstack([plane, plane[:, ::-1]])
    assert not phash(mirrored).is_degenerate


def test_flat_share_is_the_share_of_the_best_level():
    """A flat plane counts as 1, half of one as a half, and a level's neighbours within 8 count with it."""
    plane = np.full((512, 512), 100, np.uint8)
    assert flat_share(plane) == 1.0
    plane[:256] = 108
    assert flat_share(plane) == 1.0
    plane[:256] = 0
    plane[256:, :256] = 117
    plane[256:, 256:] = 60
    assert flat_share(plane) == 0.5
