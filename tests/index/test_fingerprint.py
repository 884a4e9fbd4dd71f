"""The one entry: fingerprints made in the sandbox, hostile files refused, flat pictures not enrolled."""

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pdqhash
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import eval_files, saved, scene
from PIL import Image

from index import answers
from index.errors import (
    DecoderFailed,
    EmptyMedia,
    LowInformation,
    LowQuality,
    MediaError,
    TooManyBytes,
    TooManyPixels,
    UndecodableMedia,
    UnknownFormat,
)
from index.fingerprint import Fingerprinter, Purpose, describe_in_process, require_enrollable
from index.limits import STANDARD

JPEG = saved(scene(1), "JPEG", quality=90)


@pytest.fixture(scope="module")
def fingerprinter():
    """A warm pool of two workers."""
    with Fingerprinter(workers=2) as pool:
        pool.warm_up()
        yield pool


@pytest.mark.parametrize("purpose", list(Purpose))
def test_the_sandbox_changes_nothing(fingerprinter, purpose):
    """A fingerprint made in a worker equals the one made in process."""
    made = fingerprinter.describe(memoryview(JPEG), purpose)
    assert made == describe_in_process(JPEG, purpose)
    assert made.sha256 == hashlib.sha256(JPEG).digest()
    assert (made.media_format, made.width, made.height, made.version) == ("jpeg", 960, 640, "image-1")


def test_only_enrolment_makes_codes_for_exchange(fingerprinter):
    """A check has no canonical PDQ and no pHash; an enrolment's canonical PDQ is what pdqhash gives."""
    check, enrol = (fingerprinter.describe(JPEG, purpose) for purpose in (Purpose.CHECK, Purpose.ENROL))
    assert check == replace(enrol, pdq_canonical=None, phash=None)
    image = Image.open(io.BytesIO(JPEG))
    bits, quality = pdqhash.compute(np.asarray(image.convert("RGB")))
    assert enrol.pdq_canonical.value == np.packbits(bits.astype(np.uint8)).tobytes()
    assert enrol.pdq_canonical.quality == quality


@pytest.mark.parametrize(
    ("data", "error"),
    [(b"", EmptyMedia), (b"\0" * (STANDARD.max_bytes + 1), TooManyBytes), (b"%PDF-1.7", UnknownFormat),
     (JPEG[:5000], UndecodableMedia), (saved(Image.new("1", (7000, 7000)), "PNG"), TooManyPixels)],
    ids=["empty", "too long", "unknown", "truncated", "too large"],
)  # fmt: skip
def test_errors_come_through_as_what_they_are(fingerprinter, data, error):
    """A worker's refusal is raised in the parent as the same class."""
    with pytest.raises(error):
        fingerprinter.describe(data, Purpose.CHECK)


def test_hostile_files_are_fingerprints_or_our_errors(fingerprinter, capfd):
    """Every file of the hostile collection is answered, no worker dies, and nothing is printed."""
    workers = fingerprinter._sandbox.worker_ids()
    answered = refused = 0
    failed = []
    for path in eval_files("hostile"):
        data = path.read_bytes()
        for purpose in Purpose:
            try:
                fingerprinter.describe(data, purpose)
            except DecoderFailed:
                failed.append(path.name)
            except MediaError:
                refused += 1
            answered += 1
    assert failed == []
    assert answered > refused > 400
    assert fingerprinter._sandbox.worker_ids() == workers or answered >= STANDARD.tasks_per_worker
    assert capfd.readouterr() == ("", "")


def test_threads_share_the_pool(fingerprinter):
    """Many threads get each their own picture's fingerprint."""
    files = [saved(scene(seed, 320, 240), "JPEG") for seed in range(8)]
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda data: fingerprinter.describe(data, Purpose.CHECK), files * 3))
    assert made == [describe_in_process(data, Purpose.CHECK) for data in files] * 3


@pytest.mark.parametrize("colour", ["black", "white", "gray"])
def test_flat_pictures_are_not_enrolled(colour):
    """A blank picture is LowInformation, else every blank upload would match it."""
    flat = describe_in_process(saved(Image.new("RGB", (600, 400), colour), "PNG"), Purpose.ENROL)
    assert flat.is_low_information
    with pytest.raises(LowInformation):
        require_enrollable(flat)


def test_pictures_of_low_quality_are_not_enrolled():
    """A picture that shows something, but too little, is LowQuality; a proper one passes."""
    good = describe_in_process(JPEG, Purpose.ENROL)
    require_enrollable(good)
    poor = replace(good, pdq=replace(good.pdq, quality=49))
    assert not poor.is_low_information
    with pytest.raises(LowQuality):
        require_enrollable(poor)


def test_a_fingerprint_prints_no_hash():
    """The printed form of a fingerprint holds none of its codes and not its digest."""
    made = describe_in_process(JPEG, Purpose.ENROL)
    values = [made.sha256, *(code.value for code in (made.pdq, made.dhash, made.phash, made.pdq_canonical))]
    assert not any(repr(value) in repr(made) or value.hex() in repr(made) for value in values)


@given(st.binary(max_size=120), st.sampled_from(list(Purpose)))
def test_no_answer_of_a_worker_taken_over_is_trusted(reply, purpose):
    """Any bytes from a worker are a fingerprint in range or a MediaError."""
    for forged in (reply, b"F" + reply, b"F" + reply.ljust(60, b"\0")[:60], b"X" + reply):
        try:
            made = answers.read(forged, purpose, b"", STANDARD)
        except MediaError:
            continue
        assert 1 <= made.width * made.height <= STANDARD.max_pixels
        assert 0 <= made.quality <= 100
        assert 0 <= made.flat_share <= 1
