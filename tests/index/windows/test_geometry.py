"""Similarities: recovered from one window, better from many, and told apart from their mirror images."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.windows.choosing import mirrored, query_windows, reference_windows
from index.windows.geometry import Similarity, alike, code_distances, fitted, seen_places, visible
from index.windows.patches import AreaPlane
from index.windows.windows import Windows
from tests.support.media.reuploads import crop, frame, hits_of, luma_of, mirror, tilt, windows_of

KINDS = {
    "tilt": lambda luma: tilt(luma, 9, 0.9),
    "crop": lambda luma: crop(luma, 0.2, 0.1, 0.95, 0.9),
    "frame": frame,
    "mirror": mirror,
}


def predicted_map(similarity, upload, reference, luma, upload_luma):
    """A similarity as a map between pixels of the two planes as they were, float64 [2, 3]."""
    rows, columns = upload_luma.shape
    corners = np.array([[0, luma.shape[1] - 1, 0], [0, 0, luma.shape[0] - 1]], float)
    to_area = np.array([reference.width / luma.shape[1], reference.height / luma.shape[0]])[:, None]
    at = (corners + 0.5) * to_area - 0.5
    z = similarity.turn * (at[0] + 1j * at[1]) + similarity.shift
    x = (z.real + 0.5) * columns / upload.width - 0.5
    y = (z.imag + 0.5) * rows / upload.height - 0.5
    return corners, np.stack([columns - 1 - x if similarity.mirror else x, y])


def off(similarity, upload, reference, luma, made):
    """How far the picture's corners are from their true places, in shares of the upload's width."""
    corners, at = predicted_map(similarity, upload, reference, luma, made.luma)
    true = made.true_map @ np.vstack([corners, np.ones(3)])
    return np.abs(at - true).max() / made.luma.shape[1]


def met(kind, seed):
    """An upload, a reference, and what the index would meet."""
    luma = luma_of(seed)
    made = KINDS[kind](luma)
    upload, reference = query_windows(AreaPlane.of(made.luma)), reference_windows(luma)
    return luma, made, upload, reference, hits_of(upload, reference)


@pytest.mark.parametrize("kind", KINDS)
def test_one_window_tells_where_the_picture_lies(kind):
    """From the nearest hit alone corners are found to a fifth of the width in half the pictures, and the hand right."""
    errors = []
    for seed in range(5):
        luma, made, upload, reference, hits = met(kind, seed)
        assert len(hits) > 0
        guess = Similarity.of_window(upload, hits[0, 0], reference, hits[0, 1])
        assert guess.mirror is (kind == "mirror")
        errors.append(off(guess, upload, reference, luma, made))
    assert np.median(errors) < 0.2


@pytest.mark.parametrize("kind", KINDS)
def test_a_fit_is_nearer_than_its_first_guess(kind):
    """Over pictures the fit brings corners to within 2 % of the width, and nearer than one window did."""
    first, fit = [], []
    for seed in range(5):
        luma, made, upload, reference, hits = met(kind, seed)
        start = Similarity.of_window(upload, hits[0, 0], reference, hits[0, 1])
        found = fitted(start, upload, reference, alike(upload, reference))
        assert found.mirror is start.mirror
        first.append(off(start, upload, reference, luma, made))
        fit.append(off(found, upload, reference, luma, made))
    assert np.median(fit) < 0.02
    assert np.median(fit) < np.median(first)


def test_a_fit_without_agreement_is_the_first_guess():
    """Where fewer than two windows agree nothing is fitted."""
    upload, reference = query_windows(AreaPlane.of(luma_of(1))), reference_windows(luma_of(2))
    start = Similarity.of_window(upload, 0, reference, 0)
    assert fitted(start, upload, reference, np.zeros((0, 2), np.int64)) is start
    assert fitted(start, upload, reference, np.zeros((1, 2), np.int64)) is start


@given(st.floats(0.3, 3), st.floats(-3, 3), st.floats(-80, 80), st.floats(-80, 80))
def test_a_similarity_of_made_up_windows_is_recovered(scale, angle, x, y):
    """Windows moved by a known similarity give it back from any one of them."""
    reference = windows_of(0)
    turn = scale * np.exp(1j * angle)
    true = Similarity(turn=complex(turn), shift=complex(x, y), mirror=False)
    moved = true.places(reference)
    upload = Windows(width=300, height=300, places=moved, codes=reference.codes, flipped=reference.flipped)
    for row in (0, len(reference) - 1):
        found = Similarity.of_window(upload, row, reference, row)
        assert abs(found.turn - turn) < 1e-4 * scale
        assert abs(found.shift - true.shift) < 0.05
        assert not found.mirror


def test_mirrored_places_are_mirrored_back():
    """Twice mirrored is where a window was, and an upload's places are mirrored only on demand."""
    upload = query_windows(AreaPlane.of(luma_of(1)))
    there = mirrored(upload.places, upload.width)
    assert np.allclose(mirrored(there, upload.width), upload.places, atol=1e-4)
    assert seen_places(upload, mirror=False) is upload.places
    assert np.array_equal(seen_places(upload, mirror=True), there)


@pytest.mark.parametrize(
    ("place", "is_visible"),
    [((50, 50, 20, 0), True), ((15.1, 50, 20, 0), True), ((14.9, 50, 20, 0), False), ((85.1, 50, 20, 0), False),
     ((50, 14.9, 20, 0), False), ((50, 85.1, 20, 0), False), ((50, 50, 4.9, 0), False), ((50, 50, 5.1, 0), True),
     ((np.nan, 50, 20, 0), False), ((50, 50, np.inf, 0), False)],
)  # fmt: skip
def test_a_place_is_visible_within_the_plane_and_large_enough(place, is_visible):
    """At most a quarter of the half side hangs over, and five pixels of half side are needed."""
    assert visible(np.array([place], np.float32), 100, 100).tolist() == [is_visible]


@given(st.integers(0, 99), st.integers(1, 9), st.integers(1, 9))
def test_code_distances_count_differing_bits(seed, many, few):
    """Each is the number of differing bits, 0 to 256, for any number of codes on either side."""
    random = np.random.default_rng(seed)
    left, right = (random.integers(0, 256, (count, 32)).astype(np.uint8) for count in (many, few))
    right[0] = ~left[0]
    expected = [[int(np.unpackbits(a ^ b).sum()) for b in right] for a in left]
    assert code_distances(left, right).tolist() == expected
    assert code_distances(left, right)[0, 0] == 256
