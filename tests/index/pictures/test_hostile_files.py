"""Every upload is an attacker's file: whatever it is, it gets a named answer, cheaply, and nothing else happens."""

import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from random import Random

import cv2
import numpy as np
import pytest
from PIL import Image

from index.errors import EmptyMedia, MediaError, TooManyBytes, TooManyPixels, UndecodableMedia, UnknownFormat
from index.limits import STANDARD
from index.media.pictures.decoding import enrolment_planes, full_size_luma, matching_plane
from index.media.pictures.distinct_frames import LaterPlanes
from index.media.pictures.formats import MediaFormat
from index.pictures.describing import Purpose, describe_in_process
from tests.support.media import bombs
from tests.support.media.malformed import HONEST, mutants
from tests.support.media.metering import Meter
from tests.support.media.pictures import eval_files, saved, scene

SEED = 20_261
MUTANTS = 1_150
"""Every kind of damage to every format three times, and every bomb."""

MAX_WRITTEN = 16 * 4096
"""Bytes: renewed times of access of modules that are first read by a decoder. Media would be a page for each file."""

# What may be said of a file. A decoder that failed is not among them: it was crashed or ran into a limit.
NAMED = {error.code for error in (EmptyMedia, TooManyBytes, TooManyPixels, UndecodableMedia, UnknownFormat)}
NAMED |= set(MediaFormat)


def purposes(number, enrolled):
    """A check of every file, an enrolment of each `enrolled`-th, and a second check of every third."""
    yield Purpose.CHECK
    if number % enrolled == 0:
        yield Purpose.ENROL
    if number % 3 == 0:
        yield Purpose.CHECK


def measured(files, enrolled=1):
    """Fingerprints files for their `purposes`, by two workers."""

    def half(part):
        with Meter() as meter:
            rows = [
                (name, purpose.value, meter.measure(data, purpose))
                for number, (name, data) in enumerate(part)
                for purpose in purposes(number, enrolled)
            ]
            return rows, (meter.is_unharmed, meter.may_write), meter.bytes_written()

    files = list(files)
    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(half, (files[::2], files[1::2])))


def require_harmless(halves):
    """Asserts what holds for every file, and counts how often each answer was given."""
    rows = [row for part, _, _ in halves for row in part]
    assert [row for row in rows if row[2].outcome not in NAMED] == []
    assert [row for row in rows if not row[2].is_bounded] == []
    assert [state for _, state, _ in halves] == [(True, False)] * 2
    assert max(written for _, _, written in halves) <= MAX_WRITTEN
    answers = defaultdict(set)
    for name, purpose, cost in rows:
        answers[name, purpose].add(cost.outcome)
    assert [name for name, outcomes in answers.items() if len(outcomes) > 1] == []
    return Counter(cost.outcome for _, _, cost in rows)


@pytest.fixture
def watched(tmp_path, monkeypatch, capfd):
    """An empty working and temporary folder, which must be empty afterwards, as must standard output and error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    yield
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("watched")
def test_the_hostile_collection_costs_little_and_crashes_nothing():
    """Of 285 files that broke decoders each is a fingerprint or a named refusal, within 2 s and 512 MB."""
    files = [(path.name, path.read_bytes()) for path in eval_files("hostile") if path.suffix != ".tsv"]
    outcomes = require_harmless(measured(files))
    assert outcomes.total() > 2 * len(files)
    assert outcomes[UndecodableMedia.code] > 0
    assert outcomes[UnknownFormat.code] > 0


@pytest.mark.slow
@pytest.mark.usefixtures("watched")
def test_malformed_files_cost_little_and_crash_nothing():
    """Of 1,150 malformed files each is a fingerprint or a named refusal, within 2 s and 512 MB."""
    outcomes = require_harmless(measured(mutants(SEED, MUTANTS), enrolled=2))
    assert outcomes.total() > 1.8 * MUTANTS
    assert outcomes[UndecodableMedia.code] > MUTANTS / 2
    assert sum(outcomes[media_format] for media_format in MediaFormat) > MUTANTS / 2


def test_a_seed_always_gives_the_same_mutants():
    """A mutant that fails can be made again from its number."""
    assert list(mutants(7, 60))[16:] == list(mutants(7, 60))[16:]
    assert dict(mutants(7, 60)) != dict(mutants(8, 60))


@pytest.mark.parametrize("name", HONEST)
def test_what_mutants_are_made_of_is_whole(name):
    """Each file that is damaged is a picture before it is."""
    assert matching_plane(HONEST[name](), STANDARD).luma.size > 0


@pytest.mark.parametrize(
    "bomb",
    [bombs._png_of_chunks, bombs._jpeg_of_segments, bombs._gif_of_blocks, bombs._tiff_of_entries,
     bombs._tiff_of_one_strip, bombs._jpeg_of_scans],
)  # fmt: skip
def test_files_of_absurdly_many_pieces_are_refused_from_their_structure(bomb):
    """Chunks, segments, blocks, entries, strips and scans without end are refused before a decoder has them."""
    for seed in range(3):
        data = bomb(Random(seed))
        began = time.process_time()
        with pytest.raises(UndecodableMedia):
            matching_plane(data, STANDARD)
        assert time.process_time() - began < 1.0


def coloured_sixteen_bits():
    rgb = np.asarray(scene(1, 60, 40)).astype(np.uint16) * 257
    return cv2.imencode(".png", rgb[..., ::-1])[1].tobytes()


ODD = {
    "1 x 4000": lambda: saved(scene(1, 1, 4_000), "PNG"),
    "4000 x 1": lambda: saved(scene(1, 4_000, 1), "JPEG"),
    "32768 x 1": lambda: saved(Image.new("L", (32_768, 1), 9), "PNG"),
    "1 x 1": lambda: saved(Image.new("RGB", (1, 1)), "GIF"),
    "nothing but border": lambda: saved(Image.new("RGB", (600, 400), "white"), "JPEG"),
    "nothing but transparency": lambda: saved(
        Image.new("RGBA", (600, 400), (9, 9, 9, 0)), "WEBP", lossless=True
    ),
    "16 bits of colour": coloured_sixteen_bits,
    "16 bits of grey": lambda: saved(scene(1, 60, 40).convert("I;16"), "TIFF"),
    "32 bits": lambda: saved(scene(1, 60, 40).convert("I"), "TIFF"),
    "floating point, not a number": lambda: saved(Image.new("F", (60, 40), float("nan")), "TIFF"),
    "floating point, infinite": lambda: saved(Image.new("F", (60, 40), float("inf")), "TIFF"),
    "CMYK": lambda: saved(scene(1, 60, 40).convert("CMYK"), "JPEG"),
    "CMYK TIFF": lambda: saved(scene(1, 60, 40).convert("CMYK"), "TIFF", compression="tiff_lzw"),
    "YCbCr": lambda: saved(scene(1, 60, 40).convert("YCbCr"), "TIFF"),
    "one bit": lambda: saved(scene(1, 60, 40).convert("1"), "TIFF", compression="group4"),
    "palette with holes": lambda: saved(scene(1, 60, 40).convert("P"), "GIF", transparency=5),
    "colour that is clear": lambda: saved(scene(1, 60, 40), "PNG", transparency=(9, 9, 9)),
    "run-length coded": lambda: bytes(ODD_BMP),
}
ODD_BMP = (
    b"BM" + bytes(8) + (1078).to_bytes(4, "little") + (40).to_bytes(4, "little") + (16).to_bytes(4, "little") * 2
    + b"\1\0\x08\0\1\0\0\0" + bytes(20) + b"".join(bytes([n, n, n, 0]) for n in range(256)) + b"\x10\x80\0\0" * 15
    + b"\x10\x80\0\1"
)  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_odd_pictures_have_a_plane_and_a_fingerprint(name):
    """What is odd and not damaged decodes, at both sizes, and is fingerprinted for both purposes."""
    data = ODD[name]()
    plane = matching_plane(data, STANDARD)
    assert plane.luma.dtype == np.uint8
    assert 1 <= min(plane.luma.shape) <= max(plane.luma.shape) <= 512
    full = full_size_luma(data, STANDARD)
    rows = np.concatenate(list(full.bands))
    assert rows.shape == (plane.height, plane.width)
    assert np.isfinite(rows).all()
    for purpose in Purpose:
        assert describe_in_process(data, purpose).width == plane.width


@pytest.mark.parametrize("name", HONEST)
def test_enrolment_decodes_once_what_it_would_decode_twice(name):
    """Both planes at once are the two planes one by one."""
    data = HONEST[name]()
    plane, full = enrolment_planes(data, STANDARD)
    alone = full_size_luma(data, STANDARD)
    assert np.array_equal(plane.luma, matching_plane(data, STANDARD).luma)
    assert (full.width, full.height) == (alone.width, alone.height)
    assert all(np.array_equal(band, other) for band, other in zip(full.bands, alone.bands, strict=True))


def test_no_mutant_breaks_the_sampling_of_frames():
    """Later frames of a damaged file are planes, or fewer of them and not complete, and never an error."""
    incomplete = 0
    for name, data in mutants(SEED, 700):
        if " animated" not in name and " of " not in name:
            continue
        try:
            first = matching_plane(data, STANDARD)
        except MediaError:
            continue
        began = time.process_time()
        later = LaterPlanes(data, STANDARD, first)
        planes = list(later)
        assert time.process_time() - began < 2.0, name
        assert len(planes) <= 8
        incomplete += not later.is_whole
    assert incomplete > 10
