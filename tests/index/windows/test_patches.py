"""From a picture to histograms and codes: every shape of picture, the mirror, and the shipped constant."""

import subprocess
import sys

import numpy as np
import pytest

from index.windows import projection as projections
from index.windows.choosing import mirrored, reference_windows
from index.windows.geometry import code_distances
from index.windows.patches import (
    MIN_DIM_STRETCH,
    AreaPlane,
    area_size,
    edge_share,
    features,
    histograms,
    stretched,
    turned_over,
    turned_over_where,
)
from index.windows.projection import load_projection
from index.windows.windows import SIDE
from tests.support.media.reuploads import luma_of
from tests.support.paths import ROOT


def places_in(plane, seed, count=60):
    """Random windows well inside a plane: float32 [n, 4]."""
    random = np.random.default_rng(seed)
    radius = random.uniform(8, 35, count)
    x = random.uniform(40, plane.width - 40, count)
    y = random.uniform(40, plane.height - 40, count)
    return np.stack([x, y, radius, random.uniform(0, 2 * np.pi, count)], axis=1).astype(np.float32)


@pytest.mark.parametrize("size", [(1, 4000), (4000, 1), (16, 16), (1, 1), (512, 341), (512, 8)])
def test_pictures_of_every_shape_have_an_area_plane(size):
    """Planes are as wide and high as `area_size` says, at least 16 pixels, and each is half of the one before."""
    plane = AreaPlane.of(np.random.default_rng(3).integers(0, 256, size).astype(np.uint8))
    assert (plane.width, plane.height) == area_size(*size)
    assert min(plane.width, plane.height) >= 16
    for finer, coarser in zip(plane.levels, plane.levels[1:], strict=False):
        assert coarser.shape == tuple(-(-side // 2) for side in finer.shape)
    places = np.array([[0, 0, 10, 1], [-50, 9000, 80, 2]], np.float32)
    assert np.isfinite(histograms(plane.patches(places))).all()


def test_ordinary_pictures_have_the_same_area():
    """Width times height is that of a square of 160 pixels, to rounding, whatever the aspect."""
    for rows, columns in [(512, 512), (341, 512), (512, 128), (100, 90)]:
        width, height = area_size(rows, columns)
        assert width * height == pytest.approx(SIDE**2, rel=0.02)
        assert width / height == pytest.approx(columns / rows, rel=0.02)


def test_a_flat_picture_stays_flat():
    """A picture of one level has no gradients, no features that are not numbers, and a code all the same."""
    plane = AreaPlane.of(np.full((300, 200), 77, np.uint8))
    found = histograms(plane.patches(places_in(plane, 0, 3)))
    assert not found.any()
    assert np.isfinite(features(found)).all()
    assert np.isfinite(edge_share(found)).all()
    assert load_projection().codes(found).shape == (3, 32)


def test_dark_pictures_are_stretched_to_the_whole_range():
    """A picture at a fifth of its light has nearly the stretched levels of the original."""
    luma = luma_of(4)
    dark = (luma * 0.2).astype(np.uint8)
    assert (stretched(dark).min(), stretched(dark).max()) == (0, 255)
    assert np.abs(stretched(dark).astype(int) - stretched(luma)).mean() < 8


def test_noise_is_not_stretched_to_a_picture():
    """Levels that span less than 24 are spread as if they spanned 24."""
    flat = np.tile(np.array([100, 103], np.uint8), (64, 64))
    spread = stretched(flat)
    assert int(spread.max()) - int(spread.min()) == pytest.approx(3 * 255 / 24, abs=1)


def test_turned_over_twice_is_the_same():
    """The histograms of the mirrored mirrored window are the window's own."""
    plane = AreaPlane.of(luma_of(1))
    found = histograms(plane.patches(places_in(plane, 1)))
    assert np.array_equal(turned_over(turned_over(found)), found)
    some = np.arange(len(found)) % 2 == 0
    mixed = turned_over_where(found, some)
    assert np.array_equal(mixed[some], turned_over(found[some]))
    assert np.array_equal(mixed[~some], found[~some])


@pytest.mark.parametrize("seed", range(4))
def test_the_mirrored_windows_histograms_are_turned_over(seed):
    """Read at its place in the mirrored area plane, a window has the turned-over histograms, to rounding."""
    plane = AreaPlane.of(luma_of(seed))
    # Halvings of a mirrored plane are the mirrored halvings only where sides are odd: so the finest level alone.
    finest = AreaPlane(levels=plane.levels[:1])
    mirror = AreaPlane(levels=(np.ascontiguousarray(plane.levels[0][:, ::-1]),))
    places = places_in(plane, seed)
    found = histograms(finest.patches(places))
    over = histograms(mirror.patches(mirrored(places, plane.width)))
    # OpenCV reads between pixels in steps of a 32nd.
    assert np.abs(over - turned_over(found)).max() < 0.08 * found.max()
    assert np.abs(features(over) - features(turned_over(found))).max() < 0.08


def test_handedness_tells_a_window_from_its_mirror_image():
    """Handedness of the turned-over histograms is exactly the opposite, and of deviation near 1 on drawn pictures."""
    found = np.concatenate(
        [histograms(plane.patches(places_in(plane, seed)))
         for seed, plane in enumerate(AreaPlane.of(luma_of(seed)) for seed in range(6))]
    )  # fmt: skip
    sign = load_projection().handedness(found)
    assert np.allclose(load_projection().handedness(turned_over(found)), -sign, atol=1e-5)
    assert 0.4 < sign.std() < 2.5


def test_a_mirrored_picture_has_the_same_codes():
    """Of a picture's windows at least .6 are met within 31 bits in its mirror image, nearly all with the other hand."""
    met, other_hand = [], []
    for seed in range(8):
        luma = luma_of(seed)
        own, over = reference_windows(luma), reference_windows(np.ascontiguousarray(luma[:, ::-1]))
        between = code_distances(own.codes, over.codes)
        nearest = between.argmin(axis=1)
        near = between.min(axis=1) <= 31
        met.append(near.mean())
        other_hand.append((own.flipped[near] != over.flipped[nearest[near]]).mean())
    assert np.mean(met) >= 0.6
    assert np.mean(other_hand) >= 0.95


def test_the_shipped_constant_is_that_of_its_version():
    """The projection has the shapes and the name that stored codes rely on, and numbers only."""
    constant = load_projection()
    assert projections.VERSION == "anchored-1"
    assert (constant.mean.shape, constant.matrix.shape, constant.odd.shape) == ((128,), (128, 256), (128,))
    for part in (constant.mean, constant.matrix, constant.odd):
        assert part.dtype == np.float32
        assert np.isfinite(part).all()


def test_a_damaged_constant_is_noticed(tmp_path, monkeypatch):
    """A projection file of another shape stops the start-up rather than giving other codes."""
    np.savez(tmp_path / "projection-1.npz", mean=np.zeros(128), matrix=np.zeros((128, 8)), odd=np.zeros(128))
    monkeypatch.setattr(projections.resources, "files", lambda package: tmp_path)
    with pytest.raises(ValueError, match="projection"):
        projections.load_projection.__wrapped__()


@pytest.mark.slow
def test_the_shipped_constant_is_what_the_script_makes():
    """`scripts/make_projection --check` draws its pictures anew, fits, and finds the file unchanged."""
    script = [sys.executable, str(ROOT / "scripts" / "make_projection"), "--check"]
    subprocess.run(script, check=True, timeout=250, cwd=ROOT)


def under_a_bright_bar(luma, share=0.2):
    """Puts a bright bar over the lower part of a picture."""
    luma = luma.copy()
    luma[round(len(luma) * (1 - share)) :] = 255
    return luma


def test_what_is_dark_under_something_bright_is_brightened():
    """A tenth of the light under a caption bar has the contrast back that the bar took from it."""
    dark = luma_of(2) // 10
    captioned = AreaPlane.of(under_a_bright_bar(dark))
    bright = captioned.brightened()
    assert bright is not None
    rows = slice(0, round(captioned.height * 0.75))
    whole = AreaPlane.of(dark).levels[0][rows].astype(float)
    assert captioned.levels[0][rows].std() < 0.2 * whole.std()
    assert bright.levels[0][rows].std() == pytest.approx(whole.std(), rel=0.25)
    assert [level.shape for level in bright.levels] == [level.shape for level in captioned.levels]


@pytest.mark.parametrize("luma", [luma_of(2), luma_of(2) // 10, under_a_bright_bar(luma_of(2))])
def test_an_ordinary_picture_is_not_dim(luma):
    """A photograph, a dark one alone and a bright one under a bar have all the contrast that there is."""
    assert AreaPlane.of(luma).brightened() is None


def test_black_bars_and_pages_are_not_dim():
    """What is dark and flat shows nothing, however much of it there is."""
    page = np.zeros((300, 400), np.uint8)
    page[:60] = 255
    page[100::7] = MIN_DIM_STRETCH - 1
    assert AreaPlane.of(page).brightened() is None
