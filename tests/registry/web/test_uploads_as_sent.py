"""Uploads as people send them, of each kind that `test_reports.py` has a file of, drawn here and asked over HTTP."""

import functools

import numpy as np
import pytest
from PIL import Image

from registry.domain.roles import Role
from tests.support.media import as_sent
from tests.support.media.clips import film, moving, with_sound
from tests.support.media.pictures import saved, scene
from tests.support.web.clips import registers, work_off
from tests.support.web.service import running

ERROR, FOUND, ALLOWED = "error", "found", "allow"
PHOTO, CLIP = 60_001, 60_002  # seeds of what is registered
STRANGER, OTHER_CLIP = 60_101, 60_102
RATE = 10


@functools.cache
def photo(seed):
    """A picture of a photograph's size."""
    return scene(seed, 960, 640)


@functools.cache
def pictures_of(seed, count=50):
    """The pictures of a moving camera."""
    return tuple(moving(seed, count))


@functools.cache
def clip(seed, count=50):
    """A clip of a moving camera."""
    return film(pictures_of(seed, count), rate=RATE)


@functools.cache
def still_clip(seed):
    """A clip of one second that shows a photograph."""
    picture = np.asarray(photo(seed).resize((480, 320)))
    return film([picture] * RATE, rate=RATE)


def large(width, height):
    """A picture of soft shapes, as large as phones take them: it shows nothing that looks like a page."""
    return scene(STRANGER, width // 50, height // 50).resize((width, height))


SHOWN = {
    "a WebP of twelve": lambda of: as_sent.slides(photo(of), "WEBP", count=12, place=6),
    "an APNG of eight": lambda of: as_sent.slides(photo(of), "PNG", count=8, place=4),
    "an AVIF of ten": lambda of: as_sent.slides(photo(of), "AVIF", count=10, place=8),
    "a burst of six": lambda of: as_sent.slides(photo(of), "HEIC", count=6, place=3),
    "a TIFF of twenty pages": lambda of: as_sent.slides(photo(of), "TIFF", count=20, place=11),
    "a chat of two screens": lambda of: as_sent.chat(photo(of)),
    "a chat of six screens": lambda of: as_sent.chat(photo(of), height=14_040, at=(300, 9_000), shown_width=620),
    "a strip of ten": lambda of: as_sent.strip(photo(of), count=10, place=6),
    "a wide strip of nine": lambda of: as_sent.strip(photo(of), count=9, place=2, across=True, gap=0, side=480),
    "a contact sheet of 25": lambda of: as_sent.sheet(photo(of), cells=5, place=13),
    "a dark contact sheet of 49": lambda of: as_sent.sheet(photo(of), cells=7, place=30, side=180, ground=(9, 9, 9)),
    "a motion photo with a trailer": lambda of: as_sent.samsung_motion_photo(photo(STRANGER), still_clip(of)),
    "a motion photo": lambda of: as_sent.google_motion_photo(photo(STRANGER), still_clip(of)),
    "a HEIC motion photo": lambda of: as_sent.heic_motion_photo(photo(STRANGER), still_clip(of)),
}  # fmt: skip
"""Uploads that show the picture of a seed: with the registered one found, with a stranger allowed."""

SHOWN_CLIPS = {
    "stored square": lambda of: as_sent.stretched(pictures_of(of), (240, 240)),
    "stored at 16:9": lambda of: as_sent.stretched(pictures_of(of), (432, 240)),
    "stored upright": lambda of: as_sent.stretched(pictures_of(of), (240, 320)),
    "anamorphic": lambda of: as_sent.stretched(pictures_of(of), (240, 240), aspect="4/3"),
    "after a hold of 40 s": lambda of: as_sent.held(np.asarray(scene(5, 320, 240)), 40, pictures_of(of)),
    "after a hold of 100 s": lambda of: as_sent.held(np.asarray(scene(6, 320, 240)), 100, pictures_of(of)),
    "beside a minute of sound in Matroska": lambda of: with_sound(
        pictures_of(of), 60, "matroska", sound="libopus", rate=RATE
    ),
    "beside a minute of sound in FLV": lambda of: with_sound(
        pictures_of(of), 60, "flv", rate=RATE, samples=44_100
    ),
    "beside a minute of sound in MP4": lambda of: with_sound(pictures_of(of), 60, rate=RATE),
    "as WMV 7": lambda of: film(pictures_of(of), "asf", "wmv1", rate=RATE, options={"b": "900000"}),
    "as DivX 3": lambda of: film(pictures_of(of), "avi", "msmpeg4", rate=RATE, options={"b": "900000"}),
    "as QuickTime Animation": lambda of: film(pictures_of(of, 30), "mov", "qtrle", rate=RATE, pixels="rgb24"),
    "as an MPEG program stream": lambda of: film(
        pictures_of(of), "mpeg", "mpeg2video", rate=25, options={"b": "2000000"}
    ),
    "as DV": lambda of: film(
        [np.asarray(Image.fromarray(one).resize((720, 576))) for one in pictures_of(of, 30)],
        "avi",
        "dvvideo",
        rate=25,
    ),
}
"""Clips that show the clip of a seed."""

LAWFUL = {
    "an index of a preview that is gone": lambda: as_sent.stripped_of_its_preview(photo(STRANGER)),
    "a small one": lambda: as_sent.stripped_of_its_preview(scene(STRANGER + 1, 320, 240)),
    "a JPEG without its end": lambda: saved(photo(STRANGER), "JPEG", quality=90)[:-2],
    "a progressive JPEG without its last byte": lambda: saved(
        photo(STRANGER), "JPEG", quality=90, progressive=True
    )[:-1],
    "a JPEG of 50 megapixels": lambda: saved(large(8_000, 6_250), "JPEG", quality=60),
    "a HEIC of 12 megapixels": lambda: as_sent.collection([large(4_000, 3_000)]),
    "a lossless WebP of 24 megapixels": lambda: saved(
        large(6_000, 4_000), "WEBP", lossless=True, method=0
    ),
    "a WebP of 38 megapixels": lambda: saved(large(7_600, 5_000), "WEBP", quality=40, method=0),
    "a progressive JPEG of 40 megapixels": lambda: saved(
        large(8_000, 5_000), "JPEG", quality=70, progressive=True, subsampling=0
    ),
}  # fmt: skip
"""Files that show nothing registered and that every viewer shows."""

SOUNDS = {
    "AAC in MP4": ("mp4", "aac"),
    "Opus in Ogg": ("ogg", "libopus"),
    "Opus in WebM": ("webm", "libopus"),
    "MP3": ("mp3", "libmp3lame"),
    "WAV": ("wav", "pcm_s16le"),
    "FLAC": ("flac", "flac"),
    "AAC": ("adts", "aac"),
    "AIFF": ("aiff", "pcm_s16be"),
}
"""Containers and codecs of sound alone."""


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """Registers one photograph and one clip; returns a function that tells the answer about an upload."""
    with running(tmp_path_factory.mktemp("as-sent")) as service:
        agency, platform = service.newcomer(Role.AGENCY), service.newcomer(Role.PLATFORM)
        agency.opens(saved(photo(PHOTO), "JPEG", quality=92), level="V1")
        registers(service, agency, clip(CLIP), level="V1")

        def ask(media):
            answer = platform.send("/v1/checks", media)
            if answer.status_code != 202:
                return answer.json
            work_off(service)
            job = platform.get(answer.headers["Location"]).json
            return job["check"] if job["state"] == "done" else job

        yield ask


def judged(answer):
    """`FOUND` for a block or a review that rests on a match, else the verdict or `ERROR`."""
    if "verdict" not in answer:
        return ERROR
    return FOUND if answer["kinds"] else answer["verdict"]


@pytest.mark.parametrize("name", SHOWN)
def test_a_registered_picture_is_found_in_what_people_send(asked, name):
    """The registered photograph is matched, and a stranger in its place is allowed."""
    answer = asked(SHOWN[name](PHOTO))
    assert judged(answer) == FOUND, answer
    stranger = asked(SHOWN[name](STRANGER))
    assert judged(stranger) == ALLOWED, stranger


@pytest.mark.parametrize("name", SHOWN_CLIPS)
def test_a_registered_clip_is_found_in_what_people_send(asked, name):
    """The registered clip is matched, and a stranger's is allowed."""
    answer = asked(SHOWN_CLIPS[name](CLIP))
    assert judged(answer) == FOUND, answer
    stranger = asked(SHOWN_CLIPS[name](OTHER_CLIP))
    assert judged(stranger) == ALLOWED, stranger


@pytest.mark.parametrize("hold_s", [1, 10, 31, 60, 120])
def test_segments_tell_the_true_time_after_any_hold(asked, hold_s):
    """The registered clip begins when the hold ends, within a second."""
    answer = asked(as_sent.held(np.asarray(scene(7, 320, 240)), hold_s, pictures_of(CLIP)))
    assert judged(answer) == FOUND, answer
    first = min(segment["start_s"] for segment in answer["segments"])
    assert abs(first - hold_s) <= 1


@pytest.mark.parametrize("name", LAWFUL)
def test_lawful_uploads_are_allowed(asked, name):
    """What every viewer shows, and shows nothing registered, is neither held nor refused."""
    answer = asked(LAWFUL[name]())
    assert judged(answer) == ALLOWED, answer


@pytest.mark.parametrize("name", SOUNDS)
def test_sound_has_an_outcome_of_its_own(asked, name):
    """A sound file is no damaged clip."""
    container, sound = SOUNDS[name]
    answer = asked(with_sound((), 3, container, sound=sound))
    assert judged(answer) == ERROR, answer
    assert "media-sound-only" in str(answer)
