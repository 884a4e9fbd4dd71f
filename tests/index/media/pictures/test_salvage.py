"""Files that a decoder refuses and a viewer shows are decoded as far as they go, and said to be whole or not."""

import time

import numpy as np
import pytest
from PIL import Image, ImageFile

from index.errors import UndecodableMedia
from index.limits import STANDARD
from index.media.pictures.decoding import enrolment_planes, matching_plane
from index.pictures.describing import Purpose, describe_in_process
from tests.support.media.bombs import png_chunk
from tests.support.media.pictures import saved, scene

WHOLE = scene(1, 640, 480)
JPEGS = {
    "baseline": saved(WHOLE, "JPEG", quality=88),
    "progressive": saved(WHOLE, "JPEG", quality=88, progressive=True),
    "without subsampling": saved(WHOLE, "JPEG", quality=88, subsampling=0),
    "grey": saved(WHOLE.convert("L"), "JPEG", quality=88),
    "CMYK": saved(WHOLE.convert("CMYK"), "JPEG", quality=88),
    "with restarts": saved(WHOLE, "JPEG", quality=88, restart_marker_rows=1),
}
TEXT = png_chunk(b"tEXt", b"Comment\0made by a phone")


def broken(chunk):
    """A chunk with a wrong checksum."""
    return chunk[:-4] + bytes([chunk[-4] ^ 1]) + chunk[-3:]


def is_whole(data):
    """Whether a check says that it saw the whole file."""
    return describe_in_process(data, Purpose.CHECK).is_whole


@pytest.mark.parametrize("kind", JPEGS)
@pytest.mark.parametrize("missing", [1, 2])
def test_a_jpeg_without_its_end_is_whole(kind, missing):
    """If only the marker of the end is missing, all blocks are there: the plane is the same, and nothing is held."""
    plane = matching_plane(JPEGS[kind][:-missing], STANDARD)
    assert plane.is_whole
    assert np.array_equal(plane.luma, matching_plane(JPEGS[kind], STANDARD).luma)
    assert is_whole(JPEGS[kind][:-missing])


@pytest.mark.parametrize("kind", JPEGS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_half_a_jpeg_is_looked_at_and_held(kind, share):
    """Of a JPEG that was cut the part that is there is decoded, and the rest may show anything."""
    data = JPEGS[kind]
    plane = matching_plane(data[: int(share * len(data))], STANDARD)
    assert not plane.is_whole
    if kind != "progressive" and share > 0.5:
        whole = matching_plane(data, STANDARD).luma
        assert np.array_equal(plane.luma[: len(whole) // 4], whole[: len(whole) // 4])
    assert not is_whole(data[: int(share * len(data))])


@pytest.mark.parametrize("place", [33, -12])
def test_a_wrong_checksum_of_an_ancillary_chunk_changes_nothing(place):
    """A text chunk with a wrong checksum, before or behind the pixels, is dropped as browsers do."""
    data = saved(WHOLE, "PNG")
    data = data[:place] + broken(TEXT) + data[place:]
    plane = matching_plane(data, STANDARD, colours=True)
    assert plane.is_whole
    assert np.array_equal(plane.luma, matching_plane(saved(WHOLE, "PNG"), STANDARD).luma)
    assert is_whole(data)
    assert describe_in_process(data, Purpose.ENROL).pdq_canonical is not None


def test_a_wrong_checksum_of_the_header_is_refused():
    """A critical chunk other than pixels must be right, as in browsers."""
    data = bytearray(saved(WHOLE, "PNG"))
    data[29] ^= 1
    with pytest.raises(UndecodableMedia):
        matching_plane(bytes(data), STANDARD)


@pytest.mark.parametrize("name", ["PNG", "GIF", "BMP", "TIFF"])
def test_the_rows_of_a_truncated_file_are_looked_at(name):
    """Formats that decode row by row show the rows that are there. The file is not whole."""
    data = saved(WHOLE, name, **({"interlace": False} if name == "GIF" else {}))
    cut = data[: int(0.6 * len(data))]
    plane = matching_plane(cut, STANDARD)
    whole = matching_plane(data, STANDARD).luma
    third = len(whole) // 3
    seen = slice(-third, None) if name == "BMP" else slice(third)
    assert np.array_equal(plane.luma[seen], whole[seen])
    assert not plane.is_whole
    assert not is_whole(cut)
    with pytest.raises(UndecodableMedia):
        enrolment_planes(cut, STANDARD)


@pytest.mark.parametrize("name", ["WEBP", "AVIF", "HEIF"])
def test_formats_that_decode_nothing_in_part_are_refused(name):
    """A truncated file of these formats is an error, as before."""
    data = saved(WHOLE, name)
    with pytest.raises(UndecodableMedia):
        matching_plane(data[: int(0.6 * len(data))], STANDARD)


def test_a_file_that_shows_nothing_is_refused():
    """Where no row can be decoded there is nothing to look at: an error and no review."""
    png = saved(WHOLE, "PNG")
    start = png.index(b"IDAT") + 4
    for data in (png[:start], png[:start] + b"\0" * 500 + png[start + 500 :]):
        with pytest.raises(UndecodableMedia):
            matching_plane(data, STANDARD)


def test_an_enrolment_takes_what_is_whole_and_refuses_the_rest():
    """A JPEG without the marker of its end has the codes of the whole file; half of one cannot be registered."""
    data = JPEGS["baseline"]
    whole, cut = describe_in_process(data, Purpose.ENROL), describe_in_process(data[:-2], Purpose.ENROL)
    assert (cut.pdq, cut.dhash, cut.phash) == (whole.pdq, whole.dhash, whole.phash)
    assert cut.pdq_canonical == whole.pdq_canonical
    with pytest.raises(UndecodableMedia):
        describe_in_process(data[: len(data) // 2], Purpose.ENROL)


def test_nothing_stays_lenient():
    """After a damaged file, decoders refuse damage again."""
    matching_plane(JPEGS["baseline"][:-2], STANDARD)
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


def test_truncated_bombs_cost_little():
    """Large pictures of which most is missing are decoded three times, within the time of a hostile file."""
    flat = Image.new("L", (8_000, 5_000), 90)
    flat.paste(scene(2, 800, 500), (0, 0))
    for data in (saved(flat, "JPEG", progressive=True), saved(flat, "PNG"), saved(flat, "BMP")):
        began = time.process_time()
        assert not matching_plane(data[: len(data) * 2 // 3], STANDARD).is_whole
        assert time.process_time() - began < 2.0


def test_chunks_without_end_are_refused_before_their_checksums():
    """The search for wrong checksums ends at the number of chunks that a picture has."""
    data = saved(WHOLE, "PNG")
    bad = broken(png_chunk(b"abCd", b"")) * 600_000
    began = time.process_time()
    with pytest.raises(UndecodableMedia):
        matching_plane(data[:33] + bad + data[33:], STANDARD)
    assert time.process_time() - began < 1.0
