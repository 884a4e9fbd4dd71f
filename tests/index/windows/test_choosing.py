"""Anchored windows: bounded, chosen well, the same every time, and found again in re-uploads."""

import cv2
import numpy as np
import pytest

from index.errors import InvalidQuery
from index.windows.choosing import (
    FULL,
    LEAN,
    MAX_POINTS,
    OVERHANG,
    PROFILES,
    REPEATS_SCALE,
    REPEATS_TURN,
    REPEATS_WITHIN,
    _spread_out,
    choose_windows,
    profile_named,
    query_windows,
    reference_windows,
)
from index.windows.geometry import code_distances
from index.windows.patches import AreaPlane, edge_share, histograms
from index.windows.windows import DOUBTFUL_BITS, MAX_QUERY_WINDOWS, MAX_WINDOWS, apart
from tests.support.media.reuploads import luma_of, tilt


def noise(seed=0, size=(512, 512)):
    """White noise: as many points as a picture can have."""
    return np.random.default_rng(seed).integers(0, 256, size).astype(np.uint8)


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_flat_picture_has_no_windows(level):
    """A picture without points has windows of no number, but the size of its plane."""
    luma = np.full((341, 512), level, np.uint8)
    for made in (reference_windows(luma), query_windows(AreaPlane.of(luma))):
        assert (len(made), made.width, made.height) == (0, 196, 131)


@pytest.mark.parametrize("size", [(1, 1), (1, 512), (512, 1), (4, 4), (16, 16)])
def test_tiny_pictures_are_described_without_failing(size):
    """Whatever has a pixel has windows or none, and they pack."""
    luma = noise(1, size)
    for made in (reference_windows(luma), query_windows(AreaPlane.of(luma))):
        assert type(made).unpack(made.pack(), MAX_QUERY_WINDOWS).width == made.width


def test_noise_is_bounded():
    """The largest plane of noise has thousands of points, of which the strongest are gone through."""
    plane = AreaPlane(levels=(noise(),))
    assert len(choose_windows(plane, 10 * MAX_POINTS, 0.0)) <= MAX_POINTS
    assert len(choose_windows(plane, 50, 0.0)) == 50


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
@pytest.mark.parametrize("luma", [noise(), luma_of(2)], ids=["noise", "drawn"])
def test_no_picture_has_more_windows_than_its_profile_says(profile, luma):
    """A reference and an upload stay within the profile's numbers and sizes, and those within what is packed."""
    assert profile.reference_windows <= MAX_WINDOWS
    assert profile.query_windows <= MAX_QUERY_WINDOWS
    held, asked = reference_windows(luma, profile), query_windows(AreaPlane.of(luma), profile)
    assert 0 < len(held) <= profile.reference_windows
    assert 0 < len(asked) <= profile.query_windows
    assert (held.places[:, 2] >= profile.reference_radius * held.scale * 0.999).all()
    assert (asked.places[:, 2] >= profile.query_radius * asked.scale * 0.999).all()


def test_the_same_picture_has_the_same_windows():
    """Nothing is left to chance: places, codes and handedness are equal each time."""
    one, other = (reference_windows(luma_of(3)) for _ in range(2))
    assert one.pack() == other.pack()
    assert np.array_equal(one.places, other.places)


def test_profiles_have_names():
    """A profile is found by its name, and an unknown name is InvalidQuery."""
    assert [profile_named(name) for name in ("full", "lean")] == [FULL, LEAN]
    for name in ("", "FULL", "huge"):
        with pytest.raises(InvalidQuery):
            profile_named(name)


def test_a_picture_that_is_all_border_has_hardly_a_window():
    """Straight edges of nested frames are no windows, but for corners."""
    luma = np.full((320, 480), 240, np.uint8)
    for step in range(5):
        inset = 12 * step
        luma[inset : 320 - inset, inset : 480 - inset] = 240 - 45 * step
    made = reference_windows(luma)
    found = histograms(AreaPlane.of(luma).patches(made.places)) if len(made) else np.zeros((0, 8, 16))
    assert (edge_share(found) <= 0.62).all()


def test_windows_that_are_an_edge_are_left_out():
    """What is kept has at most .62 of its gradients along one axis, though more was to choose from."""
    luma = cv2.GaussianBlur(luma_of(5), (0, 0), 3)
    for number in range(8):
        cv2.line(luma, (60 * number, 0), (60 * number + 40, 320), 255 * (number % 2), 6, cv2.LINE_AA)
    plane = AreaPlane.of(luma)
    made = reference_windows(luma)
    chosen = choose_windows(plane, 2 * FULL.reference_windows, FULL.reference_radius)
    assert (edge_share(histograms(plane.patches(made.places))) <= 0.62).all()
    assert (edge_share(histograms(plane.patches(chosen))) > 0.62).any()


@pytest.mark.parametrize("seed", range(3))
def test_no_window_repeats_another(seed):
    """No two chosen windows are as near, as large and as turned as each other."""
    plane = AreaPlane.of(luma_of(seed))
    places = choose_windows(plane, 150, 0.04)
    for row, (x, y, radius, angle) in enumerate(places):
        others = places[row + 1 :]
        smaller = np.minimum(others[:, 2], radius)
        near = np.hypot(others[:, 0] - x, others[:, 1] - y) < REPEATS_WITHIN * smaller * 0.999
        alike = np.maximum(others[:, 2], radius) < REPEATS_SCALE * smaller * 0.999
        turn = np.abs((others[:, 3] - angle + np.pi) % (2 * np.pi) - np.pi) < REPEATS_TURN * 0.999
        assert not (near & alike & turn).any()


@pytest.mark.parametrize("seed", range(3))
def test_windows_hang_over_the_edge_by_no_more_than_stated(seed):
    """Centres lie in the picture by .85 of the half side, so that most of a window is picture."""
    plane = AreaPlane.of(luma_of(seed))
    places = choose_windows(plane, 200, 0.04)
    margin = places[:, 2] * (1 - OVERHANG)
    assert (places[:, 0] > margin).all()
    assert (places[:, 0] < plane.width - margin).all()
    assert (places[:, 1] > margin).all()
    assert (places[:, 1] < plane.height - margin).all()


def test_close_calls_are_asked_both_ways():
    """Some windows of uploads stand twice, with both hands and different codes; those of references never do."""
    luma = cv2.GaussianBlur(
        luma_of(6), (0, 0), 6
    )  # few windows: a full number leaves no room for second hands
    asked, held = query_windows(AreaPlane.of(luma)), reference_windows(luma)
    places = [tuple(place) for place in asked.places.tolist()]
    twice = [place for place in set(places) if places.count(place) == 2]
    assert twice
    for place in twice:
        first, second = (row for row, other in enumerate(places) if other == place)
        assert asked.flipped[first] != asked.flipped[second]
        assert not np.array_equal(asked.codes[first], asked.codes[second])
    assert len({tuple(place) for place in held.places.tolist()}) == len(held)


def test_an_uploads_windows_mark_the_bits_that_differ_in_its_copies():
    """Each code has 64 doubtful bits or fewer, among which most bits lie that differ; a reference's has none."""
    luma = luma_of(3, 400, 300)
    reference = reference_windows(luma)
    upload = query_windows(AreaPlane.of(tilt(luma).luma))
    assert len(reference.doubtful) == 0
    marks = np.unpackbits(upload.doubtful, axis=1)
    assert marks.shape == (len(upload), 256)
    assert marks.sum(axis=1).max() <= DOUBTFUL_BITS == 64
    near = code_distances(upload.codes, reference.codes)
    rows, held = np.nonzero(near <= 31)
    differing = np.unpackbits(upload.codes[rows] ^ reference.codes[held], axis=1)
    assert len(rows) > 10
    assert (differing & marks[rows]).sum() > 0.7 * differing.sum()
    some = upload.taken(np.arange(len(upload)) % 2 == 0)
    assert np.array_equal(some.doubtful, upload.doubtful[::2])


def test_codes_survive_a_shrunk_tilted_jpeg():
    """At half size, tilted by 5 degrees and saved at quality 50, four in ten of a reference's windows are met."""
    shares = []
    for seed in range(6):
        luma = luma_of(seed)
        small = cv2.resize(tilt(luma, 5, 1.0).luma, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        coarse = cv2.imdecode(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 50])[1], 0)
        held, asked = reference_windows(luma), query_windows(AreaPlane.of(coarse))
        shares.append((code_distances(asked.codes, held.codes).min(axis=0) <= 31).mean())
    assert np.mean(shares) >= 0.4


def test_strangers_do_not_meet():
    """Of unrelated drawn pictures hardly a window in a hundred is met within 31 bits."""
    held = [reference_windows(luma_of(seed)) for seed in range(5)]
    asked = [query_windows(AreaPlane.of(luma_of(seed))) for seed in range(100, 105)]
    shares = [(code_distances(a.codes, h.codes).min(axis=0) <= 31).mean() for a in asked for h in held]
    assert np.mean(shares) <= 0.01


def met(upload, reference):
    """Counts the windows of a reference that an upload's come near."""
    return int((code_distances(upload.codes, reference.codes) <= 31).any(axis=0).sum())


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
def test_a_dark_picture_is_found_under_a_bright_caption(profile):
    """Its windows are found although a bar takes up the contrast range, and the bar keeps some windows of its own."""
    dark = luma_of(2) // 10
    captioned = dark.copy()
    captioned[round(len(dark) * 0.8) :] = luma_of(4)[round(len(dark) * 0.8) :] | 128
    reference = reference_windows(dark, profile)
    found = query_windows(AreaPlane.of(captioned), profile)
    assert met(found, reference) >= 0.25 * len(reference)
    assert (found.places[:, 1] > 0.82 * found.height).any()
    assert len(found) <= profile.query_windows


def places_at(*rows):
    """Places of one size."""
    return np.array([(x, y, 10, 0) for x, y in rows], np.float32)


def test_a_references_last_third_lies_where_the_others_do_not():
    """The best two thirds are taken by rank; then what is farthest from all taken, wherever it ranks."""
    crowd = places_at(*[(20 + step, 20) for step in range(8)], (150, 20), (22, 30), (20, 140))
    assert _spread_out(crowd, 6, 4).tolist() == [0, 1, 2, 3, 8, 10]
    assert _spread_out(crowd, 20, 4).tolist() == list(range(11))
    assert _spread_out(places_at(), 6, 4).tolist() == []


def test_windows_in_one_place_are_taken_once_each():
    """Places that are all alike leave nothing to choose: as many are taken as are wanted, none of them twice."""
    same = places_at(*[(30, 30)] * 9)
    kept = _spread_out(same, 6, 4)
    assert len(set(kept.tolist())) == 6
    assert kept[:4].tolist() == [0, 1, 2, 3]


def test_places_are_apart_by_distance_and_by_size():
    """Half a window's side and half a window's size differ by about as much; a place does not differ from itself."""
    places = np.array([(50, 50, 10, 0), (55, 50, 10, 1), (50, 50, 20, 0)], np.float32)
    assert apart(places, places) == pytest.approx(
        np.array([[0, 0.5, np.log(2)], [0.5, 0, 0.25 + np.log(2)], [np.log(2), 0.25 + np.log(2), 0]])
    )
