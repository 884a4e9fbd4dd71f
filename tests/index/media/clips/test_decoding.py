"""Frames of clips: by time, upright, bounded, whatever the container says."""

import io
import os
import struct
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest

from index.errors import EmptyMedia, MediaError, TooManyPixels, UndecodableMedia, UnknownFormat
from index.limits import STANDARD_CLIP
from index.media.clips.clock import Clock
from index.media.clips.decoding import Clip
from index.media.clips.sniffing import ClipFormat, sniff_clip
from index.media.pictures.decoding import matching_plane
from tests.support.media.clips import film, moving, remuxed, still, turned_on_its_side
from tests.support.media.pictures import eval_files, scene

SHORT = 50  # frames: two seconds


def looked_at(data, grid_ms=500, limits=STANDARD_CLIP):
    """The frames of a clip, and the clip after its end."""
    with Clip(io.BytesIO(data), limits) as clip:
        return list(clip.frames(grid_ms)), clip


def levels_apart(one, other):
    return float(np.abs(one.astype(np.int16) - other).mean())


@pytest.mark.parametrize(
    ("container", "codec", "media_format"),
    [
        ("mp4", "libx264", ClipFormat.MP4),
        ("mov", "libx264", ClipFormat.MP4),
        ("webm", "libvpx", ClipFormat.MATROSKA),
        ("matroska", "libx264", ClipFormat.MATROSKA),
        ("avi", "mpeg4", ClipFormat.AVI),
        ("mpegts", "libx264", ClipFormat.MPEGTS),
        ("flv", "libx264", ClipFormat.FLV),
    ],
)
def test_each_container_is_opened_and_seen_on_the_grid(container, codec, media_format):
    """A clip of two seconds gives one frame for each half second in any container that is allowed."""
    found, clip = looked_at(film(moving(1, SHORT), container, codec))
    assert clip.media_format is media_format
    assert [frame.at_ms // 500 for frame in found] == [0, 1, 2, 3]
    assert (clip.width, clip.height, clip.is_whole) == (320, 240, True)
    assert 1_900 <= clip.duration_ms <= 2_100


def test_a_frame_is_the_picture_that_was_encoded():
    """The luma of a frame is that of the same picture as an image, in full range."""
    picture = scene(3, 640, 480)
    file = io.BytesIO()
    picture.save(file, "PNG")
    (frame,), _ = looked_at(film([np.asarray(picture)], options={"crf": "4"}))
    expected = matching_plane(file.getvalue(), STANDARD_CLIP.decoder).luma
    assert frame.luma.shape == expected.shape == (384, 512)
    assert levels_apart(frame.luma, expected) < 3


@pytest.mark.parametrize(
    ("codec", "container", "pixels"),
    [
        ("libx264", "mp4", "yuv420p10le"),
        ("libx264", "mp4", "yuv444p"),
        ("libx264", "mp4", "yuvj420p"),
        ("mjpeg", "avi", "yuvj420p"),
    ],
)
def test_bit_depth_and_range_do_not_change_the_luma(codec, container, pixels):
    """Ten bits, no subsampling and full range give the plane that eight bits of limited range give."""
    expected, _ = looked_at(film(still(5, 2), options={"crf": "8"}))
    found, _ = looked_at(film(still(5, 2), container, codec, pixels=pixels, options={"crf": "8"}))
    assert levels_apart(found[0].luma, expected[0].luma) < 4


def test_a_clip_turned_by_its_container_is_seen_upright():
    """The display matrix turns frames as a viewer does: a quarter clockwise."""
    data = film(still(4, 3))
    (upright, *_), _ = looked_at(data)
    (turned, *_), clip = looked_at(turned_on_its_side(data))
    assert (clip.width, clip.height) == (240, 320)
    assert np.array_equal(turned.luma, np.rot90(upright.luma, -1))


def test_joined_transport_streams_are_seen_to_the_end():
    """Where time stamps begin anew again and again, the clock goes on and every part is seen."""
    parts = [film(moving(seed, SHORT), "mpegts") for seed in range(4)]
    found, clip = looked_at(b"".join(parts))
    assert 7_500 <= clip.duration_ms <= 8_500
    assert np.diff([frame.at_ms for frame in found]).min() > 0
    firsts = [looked_at(part)[0][0].luma for part in parts]
    for first in firsts:
        assert min(levels_apart(first, frame.luma) for frame in found) < 12


def test_a_variable_frame_rate_keeps_its_times():
    """Frames are placed by their time stamps, not by a rate."""
    stamps = [0, 40, 80, 1500, 1540, 4000, 4040, 4080, 9000, 9500, 9540, 20000]
    data = film(moving(1, len(stamps)), "matroska", "libvpx", stamps=stamps, time_base=Fraction(1, 1000))
    found, clip = looked_at(data)
    assert [frame.at_ms for frame in found] == [0, 1500, 4000, 9000, 9500, 20000]
    assert clip.duration_ms >= 20_000


def test_one_frame_a_second_loses_none():
    """At one frame a second each is seen."""
    found, _ = looked_at(film(still(1, 120, 64, 48), rate=1))
    assert [frame.at_ms for frame in found] == list(range(0, 120_000, 1000))


def test_time_stamps_too_dense_to_be_true_do_not_starve_the_sampler():
    """At a thousand frames a second more are seen than the grid alone would take."""
    found, clip = looked_at(film(moving(1, 1000, 64, 48, 1), "matroska", "mpeg4", rate=1000))
    assert len(found) >= 1000 // 120
    assert np.diff([frame.at_ms for frame in found]).min() > 0
    assert clip.is_whole


def test_one_frame_is_a_clip():
    """A clip of a single frame is that frame."""
    found, clip = looked_at(film(moving(1, 1)))
    assert [frame.at_ms for frame in found] == [0]
    assert clip.is_whole


def test_a_clip_of_no_frames_is_refused():
    """A header with no frame behind it shows nothing, and is told so."""
    data = film(moving(1, SHORT), "matroska")
    with pytest.raises(UndecodableMedia):
        looked_at(data[: data.index(b"\x1f\x43\xb6\x75")])


def test_a_second_moving_picture_is_told():
    """Of two moving pictures one is seen, and the clip does not count as seen whole."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        streams = [out.add_stream("libx264", rate=25) for _ in range(2)]
        for stream in streams:
            stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for seed, stream in enumerate(streams):
            for picture in moving(seed, 5):
                out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            out.mux(stream.encode(None))
    found, clip = looked_at(file.getvalue())
    assert len(found) == 1
    assert not clip.is_whole


def test_frames_beyond_forty_megapixels_are_refused():
    """Frames of 16384 x 8192, in a file of some kilobytes, are refused."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        stream = out.add_stream(
            "libx264", rate=1, options={"preset": "ultrafast", "x264-params": "sync-lookahead=0"}
        )
        stream.width, stream.height, stream.pix_fmt, stream.thread_count = 16384, 8192, "yuv420p", 1
        frame = av.VideoFrame(16384, 8192, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    with pytest.raises((TooManyPixels, UndecodableMedia)):
        looked_at(file.getvalue())


def test_a_header_that_lies_about_its_length_costs_nothing_and_is_told():
    """A length of days that is not shown makes the clip not whole, and no more is looked at."""
    data = bytearray(film(moving(1, SHORT), "matroska"))
    place = data.index(b"\x44\x89\x88") + 3  # the element Duration, eight bytes
    data[place : place + 8] = struct.pack(">d", 1e9)
    found, clip = looked_at(bytes(data))
    assert len(found) == 4
    assert not clip.is_whole


def test_a_damaged_packet_is_told():
    """Where a packet cannot be decoded the rest is seen, and the clip does not count as seen whole."""

    def damage(number, packet):
        if 10 <= number < 30:
            memoryview(packet)[:] = bytes(packet.size)

    data = remuxed(film(moving(1, SHORT), "matroska", "mpeg4"), damage)
    found, clip = looked_at(data)
    assert found
    assert not clip.is_whole


def test_a_clip_cut_off_is_told():
    """A clip that ends before the length that its header names does not count as seen whole."""
    data = film(moving(1, 200), "matroska")
    found, clip = looked_at(data[: len(data) // 2])
    assert found
    assert not clip.is_whole


@pytest.mark.parametrize(
    "change",
    [{"max_seconds": 1}, {"max_frames": 12}, {"max_sampled": 2}, {"total_cpu_seconds": -1}],
    ids=["seconds", "frames", "sampled", "processor time"],
)
def test_what_lies_beyond_a_bound_is_not_looked_at(change):
    """Beyond any bound the rest is left, and the clip does not count as seen whole."""
    found, clip = looked_at(film(moving(1, 100)), limits=replace(STANDARD_CLIP, **change))
    assert len(found) <= 2
    assert not clip.is_whole


PLAYLISTS = [
    "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{path}\n#EXT-X-ENDLIST\n",
    "ffconcat version 1.0\nfile '{path}'\n",
    '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>{path}</BaseURL></MPD>',
]


@pytest.mark.parametrize("playlist", PLAYLISTS, ids=["hls", "concat", "dash"])
def test_a_playlist_that_names_a_local_file_is_refused(tmp_path, playlist):
    """A playlist is none of the containers, and the file that it names is not opened."""
    named = tmp_path / "secret.mp4"
    named.write_bytes(film(moving(1, 2)))
    os.utime(named, (1, 1))
    with pytest.raises(UnknownFormat):
        looked_at(playlist.format(path=named).encode())
    assert named.stat().st_atime == 1


@pytest.mark.parametrize("data", [b"", b"\x00" * 4000, b"\x47" * 10, b"GIF89a" + bytes(100), b"RIFF    WEBP"])
def test_what_is_no_clip_is_refused_by_its_first_bytes(data):
    """Nothing, zeros, a lone sync byte and pictures are no clips."""
    with pytest.raises((EmptyMedia, UnknownFormat)):
        sniff_clip(data)


def test_a_codec_that_is_not_allowed_is_refused():
    """A moving picture of a codec that no browser plays is not decoded."""
    with pytest.raises(UnknownFormat):
        looked_at(film(moving(1, 2), "avi", "ffv1"))


@pytest.mark.parametrize(
    "stamps", [[None] * 5, [5.0, 4.0, 3.0, 2.0, 1.0], [0.0, 1e9, 2e9, 3e9, 4e9], [1.0] * 5]
)
def test_a_clock_without_good_time_stamps_counts_frames(stamps):
    """Missing, backward, jumping and equal time stamps advance by one frame each."""
    clock = Clock(25.0)
    assert [clock.at(stamp) for stamp in stamps] == [0, 40, 80, 120, 160]
    assert clock.guesses == 4


@pytest.mark.parametrize(("rate", "step_ms"), [(None, 40), (0.0, 40), (1e-9, 1000), (1e9, 17)])
def test_a_rate_out_of_the_world_is_not_believed(rate, step_ms):
    """A file's frame rate counts between 1 and 60."""
    assert Clock(rate).step_ms == step_ms


def test_registered_samples_are_seen_whole():
    """Each sample clip is seen whole, with a frame for each half second."""
    for path in eval_files("videos", "*.mp4"):
        with path.open("rb") as file, Clip(file, STANDARD_CLIP) as clip:
            found = list(clip.frames(500))
        slots = [frame.at_ms // 500 for frame in found]
        assert slots == list(range(len(slots)))


def test_bytes_missing_anywhere_are_our_error_or_a_clip():
    """A clip cut anywhere is seen or refused, by nothing but our errors."""
    data = film(moving(1, 10, 64, 48), "mpegts")
    for end in range(0, len(data), 997):
        try:
            looked_at(data[:end])
        except MediaError:
            continue
