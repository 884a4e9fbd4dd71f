"""Whole codes in eight forms: each is the code of the picture so turned."""

import numpy as np
import pdqhash
import pytest
from PIL import Image

from index.hashing.dhash import dhash128, dhash128_dihedral
from index.hashing.whole import DIHEDRAL_VARIANTS, SAMPLES, pdq, pdq_dihedral, pdq_distance, pdq_of_samples
from tests.support.media.pictures import eval_files, scene

MAX_DHASH_BITS = 12  # Lanczos weights are not symmetric to the last bit, and drawn pictures have near ties


def grey(image):
    return np.asarray(image.convert("L"))


def drawn():
    return [
        grey(scene(seed, width, height)) for seed in range(6) for width, height in [(512, 341), (301, 512)]
    ]


def photographs():
    return [grey(Image.open(path)) for path in eval_files("photos", "*.jpg")[:80]]


def reference(plane):
    bits, quality = pdqhash.compute(np.ascontiguousarray(np.dstack([plane] * 3)))
    return np.packbits(bits.astype(np.uint8)).tobytes(), quality


@pytest.mark.parametrize("planes", [drawn, photographs])
def test_each_form_is_the_code_of_the_turned_picture(planes):
    """The eight codes and the quality equal pdqhash's of the turned pixels, bit for bit."""
    for plane in planes():
        forms, quality = pdq_dihedral(plane)
        assert [code.tobytes() for code in forms] == [
            reference(form.of(plane))[0] for form in DIHEDRAL_VARIANTS
        ]
        assert quality == reference(plane)[1]


def test_the_forms_are_the_eight_upright_first():
    """DIHEDRAL_VARIANTS holds each combination once; the first changes nothing, the second mirrors, the third flips."""
    plane = np.arange(6, dtype=np.uint8).reshape(2, 3)
    turned = [form.of(plane).tolist() for form in DIHEDRAL_VARIANTS]
    assert turned[:3] == [plane.tolist(), plane[:, ::-1].tolist(), plane[::-1].tolist()]
    assert turned[4] == plane.T.tolist()
    assert len({str(one) for one in turned}) == 8


def test_the_complement_is_the_code_of_the_inverted_picture():
    """A negative has every bit the other way, in every form."""
    for plane in drawn():
        assert np.array_equal(pdq_dihedral(255 - plane)[0], ~pdq_dihedral(plane)[0])


def test_dhash_forms_are_those_of_the_turned_picture():
    """The first is dHash-128 itself, the others are a few ties away from that of the turned pixels."""
    for plane in drawn():
        forms = dhash128_dihedral(plane)
        assert forms[0] == dhash128(plane)
        for form, code in zip(DIHEDRAL_VARIANTS, forms, strict=True):
            assert code.distance(dhash128(np.ascontiguousarray(form.of(plane)))) <= MAX_DHASH_BITS


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (4, 4), (4, 500)])
def test_pictures_too_small_to_hash_are_blank_in_every_form(size):
    """A side below five pixels gives eight all-zero codes of quality 0, and dHash does not fail."""
    plane = np.random.default_rng(1).integers(0, 256, size).astype(np.uint8)
    forms, quality = pdq_dihedral(plane)
    assert forms.shape == (8, 32)
    assert not forms.any()
    assert quality == 0
    assert len(dhash128_dihedral(plane)) == 8


@pytest.mark.parametrize("size", [(5, 5), (5, 400), (16, 7)])
def test_forms_are_consistent_with_the_upright_code_at_small_sizes(size):
    """Down to five pixels a form is `pdq` of the turned plane."""
    plane = np.random.default_rng(2).integers(0, 256, size).astype(np.uint8)
    forms, _ = pdq_dihedral(plane)
    assert [code.tobytes() for code in forms] == [pdq(form.of(plane)).value for form in DIHEDRAL_VARIANTS]


def test_the_distance_of_samples_is_that_of_their_code():
    """Looking for the nearest frame needs no quality, and finds the same."""
    random = np.random.default_rng(5)
    held = pdq_of_samples(random.uniform(0, 255, (SAMPLES, SAMPLES)).astype(np.float32))
    for _ in range(20):
        samples = random.uniform(0, 255, (SAMPLES, SAMPLES)).astype(np.float32)
        assert pdq_distance(samples, held) == pdq_of_samples(samples).distance(held)
