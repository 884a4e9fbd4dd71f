"""Clips of old cameras, discs and desktops: ASF, program streams, DV, DivX 3, QuickTime Animation. Hostile ones too."""

import io
import json
import resource
import struct
from fractions import Fraction

import cv2
import numpy as np
import pytest

from index.errors import MediaError, UnknownFormat
from index.limits import STANDARD_CLIP
from index.media.clips.decoding import Clip
from index.media.clips.sniffing import ClipFormat, sniff_clip
from index.sandbox.streaming import BytesSource, stream
from tests.support.media.clips import film, moving, still
from tests.support.media.pictures import eval_files
from tests.support.paths import ROOT
from tests.support.workers.hostile_clips import outcome

MUTANTS = 120
ENDS = 40
PAL, NTSC = (720, 576, 25), (720, 480, Fraction(30_000, 1001))
SMALL = (320, 240, 25)
OLD = [
    ("asf", "wmv1", "yuv420p", SMALL, ClipFormat.ASF),
    ("asf", "wmv2", "yuv420p", SMALL, ClipFormat.ASF),
    ("asf", "msmpeg4", "yuv420p", SMALL, ClipFormat.ASF),
    ("mpeg", "mpeg1video", "yuv420p", SMALL, ClipFormat.MPEGPS),
    ("vob", "mpeg2video", "yuv420p", SMALL, ClipFormat.MPEGPS),
    ("svcd", "mpeg2video", "yuv420p", SMALL, ClipFormat.MPEGPS),
    ("avi", "msmpeg4", "yuv420p", SMALL, ClipFormat.AVI),
    ("avi", "msmpeg4v2", "yuv420p", SMALL, ClipFormat.AVI),
    ("avi", "wmv2", "yuv420p", SMALL, ClipFormat.AVI),
    ("avi", "dvvideo", "yuv420p", PAL, ClipFormat.AVI),
    ("dv", "dvvideo", "yuv420p", PAL, ClipFormat.DV),
    ("dv", "dvvideo", "yuv411p", NTSC, ClipFormat.DV),
    ("mov", "dvvideo", "yuv411p", NTSC, ClipFormat.MP4),
    ("mov", "qtrle", "rgb24", SMALL, ClipFormat.MP4),
    ("mov", "qtrle", "rgb555be", SMALL, ClipFormat.MP4),
    ("mov", "qtrle", "gray", SMALL, ClipFormat.MP4),
    ("mov", "qtrle", "argb", SMALL, ClipFormat.MP4),
    ("mov", "png", "rgb24", SMALL, ClipFormat.MP4),
    ("avi", "rawvideo", "bgr24", SMALL, ClipFormat.AVI),
    ("mov", "rawvideo", "uyvy422", SMALL, ClipFormat.MP4),
]
NAMES = [f"{codec} {pixels} in {container}" for container, codec, pixels, _, _ in OLD]


def drawn(container, codec, pixels, size, count=25):
    """A clip of one scene."""
    width, height, rate = size
    return film(still(3, count, width, height), container, codec, pixels=pixels, rate=rate)


def together(task, data, count):
    """How often each outcome came, in a worker under the limits of clips."""
    parts = stream(
        f"tests.support.workers.hostile_clips:{task}",
        f"{len(data)} {count}".encode(),
        BytesSource(data),
        STANDARD_CLIP,
        import_paths=(str(ROOT),),
    )
    while True:
        try:
            next(parts)
        except StopIteration as end:
            return json.loads(end.value)


@pytest.mark.parametrize(("container", "codec", "pixels", "size", "media_format"), OLD, ids=NAMES)
def test_an_old_clip_is_seen_whole_and_in_its_right_brightness(container, codec, pixels, size, media_format):
    """One second of each container and codec gives two frames, as light and dark as an MP4 of the same scene."""
    with Clip(io.BytesIO(drawn(container, codec, pixels, size)), STANDARD_CLIP) as clip:
        found = list(clip.frames(500))
    assert (clip.media_format, clip.is_whole, len(found)) == (media_format, True, 2)
    assert 800 <= clip.duration_ms <= 1_100
    with Clip(io.BytesIO(drawn("mp4", "libx264", "yuv420p", size, 1)), STANDARD_CLIP) as clip:
        [expected] = clip.frames(500)
    rows, columns = expected.luma.shape
    seen = cv2.resize(found[0].luma, (columns, rows))  # the pixels of DV are not square
    assert float(np.abs(seen.astype(np.int16) - expected.luma).mean()) < 6


def test_reported_old_clips_are_seen_whole():
    """The reported files in Windows Media and as a program stream are whole clips."""
    for path in eval_files("reports/old-clips"):
        with path.open("rb") as file, Clip(file, STANDARD_CLIP) as clip:
            assert len(list(clip.frames(500))) == 16
        assert clip.is_whole


@pytest.mark.parametrize("codec", ["ffv1", "huffyuv", "cinepak", "zmbv"])
def test_codecs_that_are_left_out_are_refused_by_name(codec):
    """A codec that nobody uploads is not decoded."""
    data = film(moving(1, 2), "avi", codec, pixels={"cinepak": "rgb24", "zmbv": "bgr0"}.get(codec, "yuv422p"))
    with pytest.raises(UnknownFormat):
        Clip(io.BytesIO(data), STANDARD_CLIP)


@pytest.mark.slow
@pytest.mark.parametrize(("container", "codec", "pixels", "size", "_format"), OLD, ids=NAMES)
def test_damaged_old_clips_are_clips_or_our_errors(container, codec, pixels, size, _format):
    """A hundred and twenty damaged copies, and copies cut off at forty lengths, end within the limits of one worker."""
    rate = size[2]
    small = (96, 64, rate) if size == SMALL else size
    data = film(moving(1, 5, *small[:2]), container, codec, pixels=pixels, rate=rate)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert sum(together("look_at_mutants", data, MUTANTS).values()) == MUTANTS
    ends = together("look_at_ends", data, ENDS)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert sum(ends.values()) == ENDS
    assert sum(count for name, count in ends.items() if name != "whole") > 0
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.3 * (MUTANTS + ENDS)


def pack(scr=0):
    """The header of a pack of MPEG-1, and nothing in it."""
    return b"\0\0\1\xba" + bytes([0x21, 0, 1, 0, 1, 0x80, 0, scr % 127 * 2 + 1])


def asf_of_objects(count):
    """An ASF header that announces objects without end."""
    head = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
    return (
        head
        + struct.pack("<QIBB", 1 << 62, 0xFFFFFFFF, 1, 2)
        + (bytes(range(16)) + struct.pack("<Q", 24)) * count
    )


ABSURD = {
    "packs without end": b"".join(pack(number) for number in range(300_000)),
    "one pack": pack(),
    "start codes without end": pack() + b"\0\0\1\xe0\xff\xff" * 500_000,
    "system headers without end": pack() + b"\0\0\1\xbb\0\0" * 500_000,
    "objects without end": asf_of_objects(100_000),
    "an object of no bytes": asf_of_objects(0) + bytes(24) * 100_000,
    "an ASF head alone": bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"),
    "DIF blocks without end": b"\x1f\x07\0\xbf" + bytes(100_000),
    "DIF headers without end": b"\x1f\x07\0\x3f" * 500_000,
    "chunks without end": b"RIFF\xff\xff\xff\xffAVI " + b"LIST\4\0\0\0movi" * 200_000,
}


@pytest.mark.parametrize("name", ABSURD)
def test_absurd_old_clips_end_soon(name):
    """Packs, objects and blocks without end, and headers without anything behind them, are our errors."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    sniff_clip(ABSURD[name])
    # Zeros are frames of DV; nothing else is.
    assert outcome(ABSURD[name]) in {"media-undecodable", "in part", *({"whole"} if "DIF" in name else ())}
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < 10


def test_a_program_stream_of_impossible_sizes_is_refused():
    """A sequence header of 4,095 by 4,095 pixels without a frame behind it shows nothing."""
    data = bytearray(film(moving(1, 5, 96, 64), "mpeg", "mpeg1video"))
    place = data.index(b"\0\0\1\xb3")
    data[place + 4 : place + 7] = b"\xff\xff\xff"
    try:
        with Clip(io.BytesIO(bytes(data)), STANDARD_CLIP) as clip:
            list(clip.frames(500))
    except MediaError:
        return
    assert clip.duration_ms
