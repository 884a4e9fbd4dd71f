"""Query frames: packed and read back, with every field of a worker's reply checked."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import CodeError, MalformedCode, WrongLength
from index.frames.query_frame import _HEAD, look, pack, unpack, without_luma
from index.hashing.dhash import dhash128
from index.hashing.whole import DIHEDRAL_VARIANTS, pdq
from index.verdict.boxes import WHOLE
from index.windows.choosing import FULL
from tests.support.media.query_frames import assert_same_query_frame
from tests.support.media.reuploads import luma_of

QUERY_FRAME = look(luma_of(1, 96, 64), FULL)
PACKED = pack(QUERY_FRAME)


@pytest.mark.parametrize("profile", [FULL, None])
@pytest.mark.parametrize("size", [(1, 1), (1, 512), (512, 1), (4, 4), (64, 96), (512, 512)])
def test_what_is_packed_is_read_back(profile, size):
    """Pictures of every shape, with windows or without, come back as they were, and what follows is left."""
    rows, columns = size
    made = look(luma_of(3, 512, 512)[:rows, :columns].copy(), profile)
    read, rest = unpack(memoryview(pack(made) + b"rest"))
    assert_same_query_frame(read, made)
    assert bytes(rest) == b"rest"


def test_a_flat_query_frame_comes_back_with_its_plane():
    """Without windows the query frame still has the size of the area plane, and it is not informative."""
    made = look(np.full((300, 400), 50, np.uint8), FULL)
    read, _ = unpack(memoryview(pack(made)))
    assert_same_query_frame(read, made)
    assert (len(read.windows), read.is_informative, read.flat_share) == (0, False, 1.0)
    assert QUERY_FRAME.is_informative


def test_a_query_frame_has_the_codes_of_its_plane():
    """Whole code, second family and quality are those of the upright plane."""
    luma = luma_of(2)
    made = look(luma, None)
    assert (made.pdq, made.dhash, made.quality) == (pdq(luma), dhash128(luma), pdq(luma).quality)


@pytest.mark.parametrize("side", [64, 320])
def test_a_graphic_is_told_from_its_plane_at_any_size(side):
    """A board of chequers is a template: also small, packed, and without its plane."""
    rows, columns = np.indices((side, side)) * 8 // side
    board = np.where((rows + columns) % 2, 210, 40).astype(np.uint8)
    made = look(board, None)
    read, _ = unpack(memoryview(pack(made)))
    small, _ = unpack(memoryview(pack(without_luma(made))))
    assert (made.template_share(), read.template_share(), small.template_share()) == (1, 1, 1)
    photograph = look(luma_of(2), FULL)
    assert photograph.template_share() == photograph.flat_share < 1


@given(st.integers(0, len(PACKED) - 1))
def test_a_cut_query_frame_is_refused(length):
    """Whatever is missing at the end is WrongLength."""
    with pytest.raises(WrongLength):
        unpack(memoryview(PACKED[:length]))


@pytest.mark.parametrize(
    "head",
    [(0, 96, 50, 9, 0), (64, 0, 50, 9, 0), (513, 96, 50, 9, 0), (64, 65535, 50, 9, 0), (64, 96, 101, 9, 0),
     (64, 96, 50, 1025, 0)],
    ids=["no rows", "no columns", "too high", "too wide", "quality", "flat share"],
)  # fmt: skip
def test_heads_out_of_range_are_refused(head):
    """Sizes, quality and flat share beyond what an honest worker can mean are MalformedCode."""
    with pytest.raises(MalformedCode):
        unpack(memoryview(_HEAD.pack(*head, 0, *WHOLE.edges) + PACKED[_HEAD.size :]))


def test_windows_of_another_plane_are_refused():
    """Windows whose area plane is not the query_frame's own would put every prediction elsewhere."""
    other = look(luma_of(1, 64, 96), FULL)
    windows = other.windows.pack() + other.windows.doubtful.tobytes()
    head = _HEAD.pack(64, 96, 50, 9, len(windows), 0, *WHOLE.edges)
    codes = QUERY_FRAME.pdq_codes.tobytes() + QUERY_FRAME.dhash_codes.tobytes()
    with pytest.raises(MalformedCode):
        unpack(memoryview(head + codes + windows + QUERY_FRAME.luma.tobytes()))


@pytest.mark.parametrize(
    ("marks", "refusal"),
    [(b"", WrongLength), (bytes(31), WrongLength), (b"\xff" * 32, MalformedCode), (bytes(8), WrongLength)],
)
def test_marks_of_doubtful_bits_are_bounded(marks, refusal):
    """Each window has marks, and of not more than 64 bits: a worker cannot make a search costly."""
    one = QUERY_FRAME.windows.taken(np.arange(len(QUERY_FRAME.windows)) == 0)
    windows = one.pack() + marks
    head = _HEAD.pack(*QUERY_FRAME.luma.shape, 50, 9, len(windows), 0, *WHOLE.edges)
    codes = QUERY_FRAME.pdq_codes.tobytes() + QUERY_FRAME.dhash_codes.tobytes()
    with pytest.raises(refusal):
        unpack(memoryview(head + codes + windows + QUERY_FRAME.luma.tobytes()))


@given(st.lists(st.tuples(st.integers(0, len(PACKED) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_changed_query_frame_is_one_in_range_or_a_code_error(changes):
    """Bytes changed anywhere give a query_frame with everything in range, or the package's own error."""
    data = bytearray(PACKED)
    for place, value in changes:
        data[place] = value
    try:
        read, _ = unpack(memoryview(bytes(data)))
    except CodeError:
        return
    assert read.pdq_codes.shape == (9, 32)
    assert read.dhash_codes.shape == (9, 16)
    assert 1 <= min(read.luma.shape) <= max(read.luma.shape) <= 512
    assert 0 <= read.quality <= 100
    assert 0 <= read.flat_share <= 1
    assert np.isfinite(read.windows.places).all()


def test_a_printed_query_frame_shows_no_codes():
    """The printed form has no pixels, codes or windows."""
    assert (
        repr(QUERY_FRAME)
        == f"QueryFrame(quality={QUERY_FRAME.quality}, flat_share={QUERY_FRAME.flat_share!r}, part={WHOLE!r})"
    )


def lettered(luma):
    """The picture covered by lines of text from top to bottom."""
    out = luma.copy()
    for y in range(24, out.shape[0], 30):
        cv2.putText(
            out, "words and words and words over all of it", (8, y), cv2.FONT_HERSHEY_SIMPLEX, 0.9, 250, 2
        )
    return out


def test_the_last_code_is_that_of_the_picture_without_letters():
    """Text all over moves the upright code away; the last one is nearer in every picture, a copy's distance in most."""
    near = []
    for seed in range(5):
        luma = luma_of(seed)
        held, made = look(luma, None), look(lettered(luma), None)
        upright, last = (
            int(np.bitwise_count(made.pdq_codes[row] ^ held.pdq_codes[0]).sum())
            for row in (0, len(DIHEDRAL_VARIANTS))
        )
        assert last < upright
        assert np.bitwise_count(made.dhash_codes[-1] ^ held.dhash_codes[0]).sum() <= 20
        near.append(last)
    assert np.median(near) <= 31


def test_a_page_of_letters_has_no_code_without_them():
    """What is nothing without its thin lines is asked for as it is: every page would be the same."""
    page = np.full((320, 480), 235, np.uint8)
    random = np.random.default_rng(5)
    for x, y, across, down in zip(
        *(random.integers(0, most, 40) for most in (440, 280, 40, 40)), strict=True
    ):
        cv2.line(page, (int(x), int(y)), (int(x + across), int(y + down)), 20, 1)
    made = look(page, None)
    assert made.is_informative
    assert (made.pdq_codes[-1] == made.pdq_codes[0]).all()
    assert (made.dhash_codes[-1] == made.dhash_codes[0]).all()
