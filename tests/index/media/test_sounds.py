"""Sound files are recognised by their first bytes; pictures and clips are not mistaken for them."""

import pytest

from index.errors import SoundOnly, UnknownFormat
from index.limits import STANDARD
from index.media.clips.kinds import KIND_BYTES, is_clip
from index.media.pictures.formats import sniff
from index.media.pictures.opening import open_image
from index.media.sounds import refuse_sound
from tests.support.media.clips import moving, with_sound
from tests.support.media.pictures import eval_files, saved, scene

ENCODED = [
    ("mp3", "libmp3lame", {"id3v2_version": "0", "write_xing": "0"}),
    ("mp3", "libmp3lame", {}),
    ("mp2", "mp2", {}),
    ("adts", "aac", {}),
    ("wav", "pcm_s16le", {}),
    ("flac", "flac", {}),
    ("aiff", "pcm_s16be", {}),
    ("ogg", "libopus", {}),
    ("ogg", "flac", {}),
    ("ipod", "aac", {}),
    ("caf", "pcm_s16le", {}),
    ("au", "pcm_s16be", {}),
]


def tone(container, codec, options):
    return with_sound([], 1, container, sound=codec, options=options)


@pytest.mark.parametrize(("container", "codec", "options"), ENCODED)
def test_a_sound_file_is_told_at_once(container, codec, options):
    """The first bytes of a sound file say so, to whoever asks for a picture or a clip."""
    data = tone(container, codec, options)
    for ask in (refuse_sound, is_clip, sniff):
        with pytest.raises(SoundOnly):
            ask(data[:KIND_BYTES])
    with pytest.raises(SoundOnly):
        open_image(data, STANDARD)


@pytest.mark.parametrize(
    "head", [b"ID3\x04", b"#!AMR\n", b"#!AMR-WB\n", b"wvpk", b"MThd\0\0\0\6", b"RF64\xff\xff\xff\xffWAVE"]
)
def test_formats_that_are_not_encoded_here_are_told_too(head):
    """Tags, telephone speech, notes and large WAV files are sound."""
    with pytest.raises(SoundOnly):
        refuse_sound(head + bytes(1000))


def test_a_sound_file_with_a_cover_is_sound():
    """A cover in a sound file makes it no picture and no clip."""
    cover = saved(scene(1, 64, 64), "JPEG")
    size = len(cover) + 20
    tag = b"ID3\3\0\0" + bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127])
    frame = b"APIC" + (len(cover) + 14).to_bytes(4) + b"\0\0\0image/jpeg\0\3\0" + cover
    data = tag + frame + tone("mp3", "libmp3lame", {"id3v2_version": "0"})
    with pytest.raises(SoundOnly):
        is_clip(data[:KIND_BYTES])


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_no_picture_is_sound(form):
    """No format of pictures is taken for sound."""
    refuse_sound(saved(scene(1, 96, 64), form))


@pytest.mark.parametrize(
    ("container", "codec", "sound"),
    [
        ("mp4", "libx264", "aac"),
        ("webm", "libvpx", "libopus"),
        ("avi", "mpeg4", "libmp3lame"),
        ("flv", "libx264", "aac"),
        ("mpegts", "libx264", "aac"),
        ("mpeg", "mpeg1video", "mp2"),
        ("ogg", "libvpx", "libopus"),
    ],
)
def test_no_clip_with_sound_is_sound(container, codec, sound):
    """A clip with sound is a clip by its first bytes."""
    assert is_clip(with_sound(moving(1, 5), 1, container, codec, sound)[:KIND_BYTES])


@pytest.mark.parametrize("length", [0, 1, 3, 4, 7, 27, 28, 100])
def test_a_few_bytes_of_sound_are_no_trouble(length):
    """A head that is cut off anywhere is sound or not, and nothing else."""
    for container, codec, options in (("mp2", "mp2", {}), ("adts", "aac", {}), ("ogg", "libopus", {})):
        try:
            refuse_sound(tone(container, codec, options)[:length])
        except SoundOnly:
            continue


@pytest.mark.parametrize(
    "data", [b"\xff" * 2000, b"\xff\xfb" + bytes(2000), b"\xff\xf1" + bytes(2000), b"OggS" * 500]
)
def test_what_only_begins_like_sound_is_unknown(data):
    """A sync word alone makes no sound file."""
    with pytest.raises(UnknownFormat):
        sniff(data)


def test_the_reported_sound_file_is_told_as_such():
    """The reported Ogg file is sound, and not damaged."""
    for path in eval_files("reports/sound-only"):
        with pytest.raises(SoundOnly):
            is_clip(path.read_bytes()[:KIND_BYTES])
