"""The one entry: fingerprints made in the sandbox, hostile files refused, flat pictures not enrolled."""

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pdqhash
import pytest
from PIL import Image

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
from index.limits import STANDARD
from index.pictures.describing import Purpose, describe_in_process
from index.pictures.fingerprint import Fingerprinter, require_enrollable
from index.windows.choosing import FULL
from tests.support.media.pictures import eval_files, saved, scene
from tests.support.media.query_frames import assert_alike, assert_same_query_frame

JPEG = saved(scene(1), "JPEG", quality=90)


@pytest.fixture(scope="module")
def fingerprinter():
    """A warm pool of two workers."""
    with Fingerprinter(workers=2) as pool:
        pool.warm_up()
        yield pool


@pytest.mark.parametrize("purpose", list(Purpose))
def test_the_sandbox_changes_nothing(fingerprinter, purpose):
    """A fingerprint made in a worker equals the one made in process, windows and query_frames too."""
    made = fingerprinter.describe(memoryview(JPEG), purpose)
    here = describe_in_process(JPEG, purpose)
    assert made == here
    assert_alike(made.windows, here.windows)
    for sent, own in zip(made.query_frames, here.query_frames, strict=True):
        assert_same_query_frame(sent, own)
    assert made.sha256 == hashlib.sha256(JPEG).digest()
    assert (made.media_format, made.width, made.height, made.version) == ("jpeg", 960, 640, "image-4")


def test_a_check_has_query_frames_and_an_enrolment_windows(fingerprinter):
    """What each purpose is for is there, of bounded number, and nothing of the other's."""
    check, enrol = (fingerprinter.describe(JPEG, purpose) for purpose in (Purpose.CHECK, Purpose.ENROL))
    assert (len(check.query_frames), check.windows, check.inner, check.is_whole) == (1, None, (), True)
    assert 0 < len(check.query_frames[0].windows) <= FULL.query_windows
    assert check.query_frames[0].pdq == check.pdq
    assert check.query_frames[0].dhash == check.dhash
    assert enrol.query_frames == ()
    assert 0 < len(enrol.windows) <= FULL.reference_windows
    assert enrol.profile == check.profile == "full"


def test_a_picture_on_a_page_is_proposed_at_enrolment(fingerprinter):
    """The worker reports the place of the picture in a screenshot, in shares of the whole, exactly as in process."""
    page = Image.new("RGB", (600, 900), "white")
    page.paste(scene(2, 480, 320), (60, 200))
    made = fingerprinter.describe(saved(page, "PNG"), Purpose.ENROL)
    assert made.inner == describe_in_process(saved(page, "PNG"), Purpose.ENROL).inner
    true = (60 / 600, 200 / 900, 540 / 600, 520 / 900)
    assert any(box.edges == pytest.approx(true, abs=0.01) for box in made.inner)


@pytest.mark.parametrize("purpose", list(Purpose))
def test_without_a_profile_no_windows_are_made(purpose):
    """A claimant or service that wants whole codes only gets no anchored windows, and no profile's name."""
    with Fingerprinter(workers=1, profile=None) as pool:
        made = pool.describe(JPEG, purpose)
    assert made == describe_in_process(JPEG, purpose, profile=None)
    assert (made.windows, made.profile) == (None, None)
    assert all(len(query_frame.windows) == 0 for query_frame in made.query_frames)
    assert len(made.query_frames) == (purpose is Purpose.CHECK)


def test_the_frames_of_an_animation_are_several_query_frames(fingerprinter):
    """A check of an animated GIF has a query_frame for each different frame, as large as the first."""
    frames = [scene(seed, 320, 240) for seed in range(12)]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    made = fingerprinter.describe(data, Purpose.CHECK)
    assert len(made.query_frames) == 12
    assert made.is_whole
    assert len({query_frame.pdq.value for query_frame in made.query_frames}) == 12
    assert {query_frame.luma.shape for query_frame in made.query_frames} == {(240, 320)}
    for sent, own in zip(
        made.query_frames, describe_in_process(data, Purpose.CHECK).query_frames, strict=True
    ):
        assert_same_query_frame(sent, own)


def test_only_enrolment_makes_codes_for_exchange(fingerprinter):
    """A check has no canonical PDQ, pHash or inner picture; an enrolment's canonical PDQ is what pdqhash gives."""
    check, enrol = (fingerprinter.describe(JPEG, purpose) for purpose in (Purpose.CHECK, Purpose.ENROL))
    assert check == replace(enrol, pdq_canonical=None, phash=None, inner=())
    image = Image.open(io.BytesIO(JPEG))
    bits, quality = pdqhash.compute(np.asarray(image.convert("RGB")))
    assert enrol.pdq_canonical.value == np.packbits(bits.astype(np.uint8)).tobytes()
    assert enrol.pdq_canonical.quality == quality


@pytest.mark.parametrize(
    ("data", "error"),
    [(b"", EmptyMedia), (b"\0" * (STANDARD.max_bytes + 1), TooManyBytes), (b"%PDF-1.7", UnknownFormat),
     (saved(scene(1, 64, 48), "WEBP")[:-99], UndecodableMedia),
     (saved(Image.new("1", (7000, 7000)), "PNG"), TooManyPixels)],
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
