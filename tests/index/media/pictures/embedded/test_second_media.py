"""What lies behind a picture's end is found, whatever the picture's format, and nothing is found where nothing is."""

import random
import time

import pytest
from PIL import Image

from index.errors import UndecodableMedia
from index.limits import STANDARD
from index.media.pictures.decoding import matching_plane
from index.media.pictures.embedded import second_media as module
from index.media.pictures.embedded.ends import boxes_end, jpeg_end, picture_end
from index.media.pictures.embedded.planes import embedded_media
from index.media.pictures.embedded.second_media import MAX_CLIPS, MAX_PICTURES, second_media
from index.media.pictures.formats import MediaFormat, sniff
from index.media.pictures.work import Work
from index.pictures.describing import Purpose, describe_in_process
from tests.support.media.carriers import (
    box,
    heic_motion_photo,
    multi_picture,
    samsung_motion_photo,
    with_segments,
)
from tests.support.media.pictures import saved, scene

PICTURE = scene(1, 320, 240)
CARRIERS = {
    "JPEG": saved(PICTURE, "JPEG", quality=88),
    "progressive JPEG": saved(PICTURE, "JPEG", quality=88, progressive=True),
    "PNG": saved(PICTURE, "PNG"),
    "GIF": saved(PICTURE, "GIF"),
    "WebP": saved(PICTURE, "WEBP"),
    "BMP": saved(PICTURE, "BMP"),
    "HEIC": saved(PICTURE, "HEIF"),
    "AVIF": saved(PICTURE, "AVIF"),
}
CLIP = box(b"ftyp", b"isom\0\0\2\0isomiso2avc1mp41") + box(b"moov", bytes(40)) + box(b"mdat", bytes(500))
OTHERS = {name: saved(scene(2, 320, 240), name) for name in ("JPEG", "PNG", "GIF", "WEBP", "HEIF", "AVIF")}
HELD = {
    "ZIP": b"PK\x03\x04\x14\0",
    "RAR": b"Rar!\x1a\x07\x01\0",
    "7z": b"7z\xbc\xaf\x27\x1c\0\4",
    "PDF": b"%PDF-1.7\n",
    "Matroska": b"\x1aE\xdf\xa3\xa3",
    "AVI": b"RIFF\xff\0\0\0AVI LIST",
    "FLV": b"FLV\x01\x05",
    "Ogg": b"OggS\0\2",
    "MPEG program stream": b"\0\0\1\xba\x44",
    "QuickTime": b"\0\0\0\x6cmoov\0\0\0\x64mvhd",
}


def found_in(data):
    return second_media(data, sniff(data))


def described(data):
    return describe_in_process(data, Purpose.CHECK)


@pytest.mark.parametrize("name", CARRIERS)
def test_the_end_of_each_format_is_found(name):
    """The end is the file's end, and stays there whatever lies behind it."""
    data = CARRIERS[name]
    for behind in (b"", b"\0" * 9, b"noise \xff\xd9\xff\xda", CLIP):
        assert picture_end(data + behind, sniff(data)) == len(data)


@pytest.mark.parametrize("name", CARRIERS)
def test_a_clip_behind_the_end_is_a_place_in_the_file(name):
    """An MP4 directly or somewhere behind a picture is found with its first and last byte."""
    data = CARRIERS[name]
    for gap in (b"", b"MotionPhoto_Data", b"\0" * 70_001):
        found = found_in(data + gap + CLIP + b"\xffSEFH trailer")
        start = len(data) + len(gap)
        assert (found.clips, found.pictures, found.is_whole) == ([(start, start + len(CLIP))], [], True)


@pytest.mark.parametrize("name", CARRIERS)
@pytest.mark.parametrize("other", OTHERS)
def test_a_picture_behind_the_end_is_a_further_plane(name, other):
    """A picture of each format behind a picture of each format is decoded.

    libheif refuses a HEIC with a second set of boxes, which is an error and never an allow.
    """
    if name == "HEIC" and other in {"HEIF", "AVIF"}:
        with pytest.raises(UndecodableMedia):
            described(CARRIERS[name] + OTHERS[other])
        return
    seen = described(CARRIERS[name] + OTHERS[other])
    assert [frame.luma.shape for frame in seen.query_frames[-1:]] == [(240, 320)]
    assert len(seen.query_frames) == 2
    assert seen.is_whole is (other != "GIF")  # a GIF may have more frames, and they are not decoded here


@pytest.mark.parametrize("kind", HELD)
def test_other_media_behind_the_end_are_not_whole(kind):
    """Archives, documents and clips whose end is not known are no plane: the file is not seen whole."""
    found = found_in(CARRIERS["JPEG"] + b"junk" + HELD[kind])
    assert not found.is_whole
    assert not described(CARRIERS["PNG"] + HELD[kind]).is_whole


def test_unknown_bytes_behind_the_end_show_nothing():
    """Noise, zeros, text and the trailers of phones add nothing and leave the file whole."""
    for seed in range(5):
        noise = random.Random(seed).randbytes(200_000)
        assert found_in(CARRIERS["JPEG"] + noise).is_whole
    samsung = samsung_motion_photo(CARRIERS["JPEG"], b"")
    assert described(samsung).is_whole
    assert len(described(samsung + b"\0" * 4_096).query_frames) == 1


def test_the_same_picture_behind_the_end_adds_nothing():
    """A smaller copy of the picture is no further plane; two distinct pictures are two, each once."""
    same = saved(PICTURE, "JPEG", quality=95)
    assert len(described(CARRIERS["JPEG"] + same).query_frames) == 1
    assert len(described(CARRIERS["JPEG"] + 3 * (OTHERS["JPEG"] + OTHERS["PNG"])).query_frames) == 2


def test_pictures_of_a_multi_picture_jpeg_are_found_without_its_index():
    """The second picture of an MPO is a plane; if it is no longer in the file, nothing is missing."""
    whole = multi_picture(PICTURE, scene(2, 320, 240), quality=90)
    assert [len(described(whole).query_frames), described(whole).is_whole] == [2, True]
    stripped = whole[: jpeg_end(whole)]
    assert [len(described(stripped).query_frames), described(stripped).is_whole] == [1, True]
    cut = whole[:-900]
    assert [len(described(cut).query_frames), described(cut).is_whole] == [2, False]


def test_a_picture_within_a_segment_is_found():
    """A JPEG in the header, to which an index may point, is looked at like a preview."""
    hidden = saved(scene(2, 160, 120), "JPEG", quality=70)
    seen = described(with_segments(CARRIERS["JPEG"], (7, b"maker" + hidden)))
    assert [len(seen.query_frames), seen.is_whole] == [2, True]
    many = [(7, saved(scene(seed, 40, 30), "JPEG", quality=50)) for seed in range(9)]
    assert not described(with_segments(CARRIERS["JPEG"], *many)).is_whole


def test_a_clip_within_a_segment_is_found():
    """A clip in a comment or an application segment is found, before the scan and behind it."""
    assert len(found_in(with_segments(CARRIERS["JPEG"], (7, CLIP))).clips) == 1
    comment = b"\xff\xfe" + (len(CLIP) + 2).to_bytes(2) + CLIP
    data = CARRIERS["JPEG"]
    assert found_in(data[:-2] + comment + data[-2:]).clips == [(len(data) + 2, len(data) + 2 + len(CLIP))]


def test_a_jpeg_without_its_end_hides_no_clip():
    """Without the marker of its end, or with a false one behind the clip, the clip is found.

    Coded video has markers' first byte before any other byte, which coded pictures have not.
    """
    start = len(CARRIERS["JPEG"]) - 2
    clip = CLIP[:-300] + b"\xff\x4a" * 150
    for end in (b"", b"\xff\xd9"):
        assert found_in(CARRIERS["JPEG"][:-2] + clip + end).clips == [(start, start + len(clip))]


def test_boxes_of_heic():
    """The clip of a motion photo is in a box of its own; tracks beside a picture make the file a clip."""
    heic = CARRIERS["HEIC"]
    data = heic_motion_photo(heic, CLIP)
    assert found_in(data).clips == [(len(heic) + 8, len(data))]
    tracks = heic + box(b"moov", bytes(50))
    assert found_in(tracks).clips == [(0, len(tracks))]
    assert not found_in(heic + box(b"mpvd", b"something else")).is_whole
    assert found_in(heic + box(b"free", bytes(50))) == module.SecondMedia()
    assert boxes_end(heic + b"\0\0\0\x03abcd") == len(heic)


def test_a_clip_in_a_tiff_is_found():
    """The pieces of a TIFF may lie anywhere, so the whole file is searched for clips."""
    tiff = saved(PICTURE, "TIFF")
    assert found_in(tiff + CLIP).clips == [(len(tiff), len(tiff) + len(CLIP))]
    assert found_in(tiff) == module.SecondMedia()


# Bounds, and hostile files.


def test_too_many_media_are_not_whole():
    """Beyond the maximum number of clips or pictures, the file is not seen whole."""
    data = CARRIERS["JPEG"]
    assert found_in(data + MAX_CLIPS * CLIP).is_whole
    assert not found_in(data + (MAX_CLIPS + 1) * CLIP).is_whole
    tiny = saved(Image.new("L", (8, 8), 90), "JPEG")
    assert found_in(data + MAX_PICTURES * tiny).is_whole
    found = found_in(data + (MAX_PICTURES + 1) * tiny)
    assert (len(found.pictures), found.is_whole) == (MAX_PICTURES, False)


def test_too_many_pixels_are_not_whole(monkeypatch):
    """Pictures behind the end share one number of pixels, and the time of the file."""
    data = CARRIERS["JPEG"] + OTHERS["JPEG"] + OTHERS["PNG"]
    first = matching_plane(data, STANDARD)
    assert embedded_media(data, STANDARD, first, Work()).shown.is_whole
    assert not embedded_media(data, STANDARD, first, Work(began_s=-1e6)).shown.is_whole
    monkeypatch.setattr("index.media.pictures.embedded.planes.MAX_PIXELS", 320 * 240 + 5)
    shown = embedded_media(data, STANDARD, first, Work()).shown
    assert (len(shown.planes), shown.is_whole) == (1, False)


def test_a_damaged_picture_behind_the_end_is_not_whole():
    """What looks like a picture and cannot be decoded may show something to another decoder."""
    broken = OTHERS["WEBP"][: len(OTHERS["WEBP"]) // 2]
    assert not described(CARRIERS["JPEG"] + broken).is_whole


@pytest.mark.parametrize(
    "unit",
    [
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0\0\2" * 3 + b"\xff\xda",
        b"GIF89a" + bytes(7) + b"!\1\0",
        b"\x89PNG\r\n\x1a\n",
        b"\0\0\0\x10ftypisom\0\0\0\0",
        b"RIFF\4\0\0\0WEBP",
        b"moov",
        b"\xff\xc4\0\2",
        b"\0\0\0\x08free",
        b"\xff" * 7,
        b"ftyp",
    ],
)
@pytest.mark.parametrize("carrier", ["JPEG", "PNG", "HEIC"])
def test_beginnings_without_end_cost_little(carrier, unit):
    """Millions of signatures, segments or boxes behind a picture are examined within a bound."""
    data = CARRIERS[carrier]
    for head in (data, data[:-2]):
        filled = head + unit * (12_000_000 // len(unit))
        began = time.process_time()
        second_media(filled, sniff(filled))
        assert time.process_time() - began < 1.5


def test_no_end_is_no_error():
    """Files cut anywhere have an end or none."""
    for data in CARRIERS.values():
        for length in range(16, len(data), max(1, len(data) // 40)):
            second_media(data[:length], sniff(data))
    assert second_media(b"", MediaFormat.JPEG).is_whole
