"""Where a clip ends: sound that goes on, files that are cut off, files of sound alone."""

import io
import struct
from fractions import Fraction

import pytest

from index.errors import MediaError, SoundOnly
from index.limits import STANDARD_CLIP
from index.media.clips.decoding import Clip
from index.media.clips.sniffing import HEAD_BYTES, ClipFormat, stated_bytes
from tests.support.media.clips import film, moving, with_sound

SOUNDING = [
    ("webm", "libvpx", "libopus"),
    ("matroska", "libx264", "aac"),
    ("flv", "libx264", "aac"),
    ("mp4", "libx264", "aac"),
    ("mov", "libx264", "pcm_s16le"),
    ("avi", "mpeg4", "libmp3lame"),
    ("asf", "wmv2", "wmav2"),
    ("mpeg", "mpeg2video", "mp2"),
    ("mpegts", "libx264", "aac"),
    ("ogg", "libvpx", "libopus"),
]
# Files that announce how long they are. Of the others nobody knows where they would have ended.
ANNOUNCING = [one for one in SOUNDING if one[0] in ("webm", "matroska", "flv", "mp4", "avi", "asf")]
SEGMENT = b"\x18\x53\x80\x67"  # of Matroska; eight bytes of its size follow
DURATION = b"\x44\x89\x88"  # of Matroska; eight bytes of milliseconds follow
PROPERTIES = b"\xa1\xdc\xab\x8c\x47\xa9\xcf\x11\x8e\xe4\x00\xc0\x0c\x20\x53\x65"


def whole(data):
    """True if a clip is seen whole; False as well if it cannot be opened."""
    try:
        with Clip(io.BytesIO(data), STANDARD_CLIP) as clip:
            list(clip.frames(500))
            return clip.is_whole
    except MediaError:
        return False


def made(container, codec, sound, pictures, seconds):
    return with_sound(
        moving(1, pictures), seconds, container, codec, sound, samples=44_100 if sound == "wmav2" else 48_000
    )


@pytest.mark.parametrize(("container", "codec", "sound"), SOUNDING)
def test_sound_may_be_longer_than_the_picture(container, codec, sound):
    """Two seconds of picture and twenty of sound are a whole clip."""
    assert whole(made(container, codec, sound, 50, 20))


@pytest.mark.parametrize("pictures", [50, 500], ids=["sound is longer", "both are as long"])
@pytest.mark.parametrize(("container", "codec", "sound"), ANNOUNCING)
def test_a_file_with_sound_that_is_cut_off_is_not_whole(container, codec, sound, pictures):
    """Wherever the last fifth or more of a file is cut off, the clip does not count as seen whole."""
    data = made(container, codec, sound, pictures, 20)
    for share in (0.2, 0.4, 0.6, 0.8):
        assert not whole(data[: int(len(data) * share)])


def test_sound_that_precedes_the_picture_says_nothing_about_it():
    """A file whose sound lies before its picture, cut off in the picture, does not count as seen whole."""
    data = with_sound(moving(1, 500), 20, "matroska", "libx264", "aac", sound_first=True)
    assert whole(data)
    assert not whole(data[: len(data) * 4 // 5])


@pytest.mark.parametrize(("container", "codec", "sound"), SOUNDING)
def test_sound_alone_is_told_as_such(container, codec, sound):
    """A container with sound and no moving picture is neither damaged nor unknown."""
    with pytest.raises(SoundOnly):
        Clip(io.BytesIO(made(container, codec, sound, 0, 3)), STANDARD_CLIP)


@pytest.mark.parametrize(
    ("media_format", "head"),
    [
        (ClipFormat.ASF, bytes(40)),
        (ClipFormat.ASF, bytes(990) + PROPERTIES),
        (ClipFormat.DV, b""),
        (ClipFormat.MATROSKA, b"\x1a\x45\xdf\xa3"),
        (ClipFormat.MATROSKA, b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67"),
        (ClipFormat.MATROSKA, b"\x1a\x45\xdf\xa3\x00" + bytes(900)),
    ],
)
def test_first_bytes_that_are_too_few_say_nothing_about_the_end(media_format, head):
    """A header that is not there announces nothing."""
    assert stated_bytes(media_format, head) is None


@pytest.mark.parametrize("container", ["matroska", "webm"])
def test_a_last_picture_that_is_held_is_the_end_of_a_matroska_file(container):
    """The file does not tell how long the picture is shown, but it has all the bytes that it states."""
    codec = "libvpx" if container == "webm" else "libx264"
    stamps = [*(number * 100 for number in range(20)), 40_000]
    data = film(moving(1, 21), container, codec, rate=10, stamps=stamps, time_base=Fraction(1, 1_000))
    announced = data.index(DURATION) + len(DURATION)
    longer = data[:announced] + struct.pack(">d", 90_000.0) + data[announced + 8 :]
    assert stated_bytes(ClipFormat.MATROSKA, longer[:HEAD_BYTES]) == len(longer)
    assert whole(longer)
    assert not whole(longer[: len(longer) * 4 // 5])
    unknown = longer.index(SEGMENT) + len(SEGMENT)
    live = longer[:unknown] + b"\x01" + b"\xff" * 7 + longer[unknown + 8 :]
    assert stated_bytes(ClipFormat.MATROSKA, live[:HEAD_BYTES]) is None
    assert not whole(live)
