"""Packed windows and index ids: read back as they were, and nothing else is read."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import CodeError, MalformedCode, WrongLength
from index.windows.windows import (
    HEAD_BYTES,
    IDS_PER_REFERENCE,
    LARGE_RADIUS,
    MAX_QUERY_WINDOWS,
    MAX_RADIUS,
    MAX_SIDE,
    MAX_WINDOWS,
    MIN_RADIUS,
    MIN_SIDE,
    Windows,
    all_index_ids,
    index_ids,
    split_ids,
)

RADIUS_STEP = math.log(MAX_RADIUS / MIN_RADIUS) / 4095
TURN_STEP = 2 * math.pi / 2048


def windows_at(places, width=160, height=160, seed=0):
    """Windows at given places, with codes and handedness from a seed."""
    random = np.random.default_rng(seed)
    return Windows(
        width=width,
        height=height,
        places=np.array(places, np.float32).reshape(-1, 4),
        codes=random.integers(0, 256, (len(places), 32)).astype(np.uint8),
        flipped=random.integers(0, 2, len(places)).astype(np.bool_),
    )


def packed(width, height, count, rest):
    """Bytes with a head of our own."""
    return np.array([width, height], "<u2").tobytes() + bytes([count]) + rest


share = st.floats(0, 1, width=32)
place = st.tuples(share, share, st.floats(MIN_RADIUS, MAX_RADIUS), st.floats(-10, 10, width=32))
sides = st.integers(MIN_SIDE, MAX_SIDE)


@given(sides, sides, st.lists(place, max_size=MAX_WINDOWS), st.integers(0, 99))
def test_what_is_packed_is_read_back(width, height, shares, seed):
    """Sizes, codes and handedness come back exactly; places within half a step each, plus rounding."""
    scale = math.sqrt(width * height)
    made = windows_at(
        [(x * width - 0.5, y * height - 0.5, radius * scale, turn) for x, y, radius, turn in shares],
        width, height, seed,
    )  # fmt: skip
    read = Windows.unpack(made.pack())
    assert (read.width, read.height, len(read)) == (width, height, len(shares))
    assert np.array_equal(read.codes, made.codes)
    assert np.array_equal(read.flipped, made.flipped)
    off = np.abs(read.places - made.places)
    assert (off[:, :2] <= np.array([width, height]) * 0.51 / 65_535 + 1e-3).all()
    ratio = np.abs(np.log(read.places[:, 2] / made.places[:, 2]))
    assert (ratio <= 0.51 * RADIUS_STEP + 1e-6).all()
    turn = np.abs((off[:, 3] + np.pi) % (2 * np.pi) - np.pi)
    assert (turn <= 0.51 * TURN_STEP + 1e-5).all()


@given(st.lists(place, min_size=1, max_size=8))
def test_packing_settles_at_once(shares):
    """What was read back packs into the same bytes again, so that a stored reference never drifts."""
    data = windows_at([(x * 160, y * 160, radius * 160, turn) for x, y, radius, turn in shares]).pack()
    again = Windows.unpack(data).pack()
    assert Windows.unpack(again).pack() == again == data


@given(sides, sides, st.integers(0, 3), st.data())
def test_no_place_out_of_bounds_can_be_read(width, height, count, data):
    """Whatever the bytes are, places are finite, in the plane, and of a size between the least and the greatest."""
    rest = data.draw(st.binary(min_size=39 * count, max_size=39 * count))
    read = Windows.unpack(packed(width, height, count, rest))
    assert np.isfinite(read.places).all()
    assert (read.places[:, :2] >= -0.5).all()
    assert (read.places[:, :2] <= np.array([width, height]) - 0.5 + 1e-3).all()
    radius = read.places[:, 2] / read.scale
    assert ((radius > MIN_RADIUS * 0.999) & (radius < MAX_RADIUS * 1.001)).all()
    assert ((read.places[:, 3] >= 0) & (read.places[:, 3] < 2 * np.pi)).all()


@pytest.mark.parametrize("change", [-1, 1, -39, 39])
def test_another_length_than_the_head_says_is_refused(change):
    """A byte or a window too many or too few is WrongLength."""
    data = windows_at([(5, 5, 10, 0)] * 3).pack()
    with pytest.raises(WrongLength):
        Windows.unpack(data[:change] if change < 0 else data + bytes(change))


@pytest.mark.parametrize("length", range(HEAD_BYTES))
def test_less_than_a_head_is_refused(length):
    """Four bytes are not the head of anything."""
    with pytest.raises(WrongLength):
        Windows.unpack(bytes(length))


def test_more_windows_than_asked_for_are_refused():
    """A reference has at most 64 windows and an upload 192, whatever the head says."""
    for most in (MAX_WINDOWS, MAX_QUERY_WINDOWS):
        assert len(Windows.unpack(windows_at([(5, 5, 10, 0)] * most).pack(), most)) == most
        with pytest.raises(MalformedCode):
            Windows.unpack(windows_at([(5, 5, 10, 0)] * (most + 1)).pack(), most)


@pytest.mark.parametrize("size", [(0, 160), (160, 0), (3, 160), (160, 3), (6401, 160), (160, 65535)])
def test_planes_of_impossible_sizes_are_refused(size):
    """Sides below 4 and above 6,400 are MalformedCode, so that no later division fails."""
    with pytest.raises(MalformedCode):
        Windows.unpack(packed(*size, 0, b""))


@given(st.binary(max_size=200))
def test_any_bytes_are_windows_or_a_code_error(data):
    """No input raises anything but the package's own error."""
    try:
        read = Windows.unpack(data)
    except CodeError:
        return
    assert read.pack()[:HEAD_BYTES] == data[:HEAD_BYTES]


@given(st.integers(0, 2**40), st.integers(0, 2**64 - 1))
def test_index_ids_name_key_row_and_size(key, large):
    """Ids split into the key, the row and the size that they were made of, for all 64 rows of both sizes."""
    is_large = np.array([large >> row & 1 for row in range(MAX_WINDOWS)], np.bool_)
    made = windows_at([(80, 80, 20 if one else 10, 0) for one in is_large])
    assert np.array_equal(made.large, is_large)
    keys, rows, sizes = split_ids(index_ids(key, made))
    assert (keys == key).all()
    assert rows.tolist() == list(range(MAX_WINDOWS))
    assert np.array_equal(sizes, is_large)


def test_all_ids_of_references_are_unique_and_complete():
    """Each reference has 128 ids, no two share one, and whatever `index_ids` gives is among them."""
    keys = np.array([0, 1, 7, 2**40], np.int64)
    ids = all_index_ids(keys)
    assert len(set(ids.tolist())) == len(ids) == len(keys) * IDS_PER_REFERENCE
    names = set(zip(*(part.tolist() for part in split_ids(ids)), strict=True))
    assert names == {
        (key, row, large) for key in keys.tolist() for row in range(MAX_WINDOWS) for large in (False, True)
    }
    for radius in (10, 30):
        assert set(index_ids(7, windows_at([(80, 80, radius, 0)] * 64)).tolist()) <= set(ids.tolist())


def test_a_window_is_large_from_its_share_of_the_area():
    """The bound is a share of the square root of the area, whatever the picture's shape."""
    for width, height in [(160, 160), (320, 80)]:
        bound = LARGE_RADIUS * 160
        assert windows_at([(9, 9, bound * 0.99, 0), (9, 9, bound * 1.01, 0)], width, height).large.tolist() == [
            False, True
        ]  # fmt: skip


def test_a_picture_without_windows_packs_into_its_head():
    """No windows take five bytes and come back as none."""
    data = Windows(width=200, height=128).pack()
    read = Windows.unpack(data)
    assert (len(data), len(read), read.width, read.height) == (HEAD_BYTES, 0, 200, 128)


def test_printed_windows_tell_neither_places_nor_codes():
    """The printed form holds the plane's size only."""
    assert repr(windows_at([(5, 5, 10, 0)])) == "Windows(width=160, height=160)"
