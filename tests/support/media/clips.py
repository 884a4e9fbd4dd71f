"""Synthetic clips, drawn from a seed and encoded here; nobody is shown in them."""

import io
from fractions import Fraction

import av
import numpy as np

from tests.support.media.pictures import scene

QUICKLY = {"preset": "veryfast"}  # x264 takes half its usual time, for the same kinds of frames


def moving(seed, count, width=320, height=240, step=6):
    """Pictures of a camera that moves over a scene: RGB arrays."""
    wide = np.asarray(scene(seed, width * 2, height * 2))
    for number in range(count):
        left, top = number * step % width, number * step // 2 % height
        yield np.ascontiguousarray(wide[top : top + height, left : left + width])


def still(seed, count, width=320, height=240):
    """One picture, again and again."""
    picture = np.asarray(scene(seed, width, height))
    for _ in range(count):
        yield picture


def film(
    pictures,
    container="mp4",
    codec="libx264",
    *,
    rate=25,
    stamps=None,
    time_base=None,
    options=None,
    pixels="yuv420p",
    container_options=None,
    pixel_shape=None,
):
    """The bytes of a clip. `stamps` gives each frame's time stamp in units of `time_base`.

    `pixel_shape` is the sample aspect ratio, width over height.
    """
    file = io.BytesIO()
    with av.open(file, "w", format=container, container_options=container_options or {}) as out:
        stream = None
        for number, picture in enumerate(pictures):
            if stream is None:
                chosen = (QUICKLY if codec == "libx264" else {}) | (options or {})
                stream = out.add_stream(codec, rate=rate, options=chosen)
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = pixels
                stream.thread_count = 1
                if pixel_shape:
                    stream.codec_context.sample_aspect_ratio = pixel_shape
                if time_base:
                    stream.codec_context.time_base = time_base
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = stamps[number] if stamps else number
            frame.time_base = time_base or Fraction(1, rate)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return file.getvalue()


def remuxed(data, change, container="matroska"):
    """The same packets in another container, each changed in place: `change(number, packet)`."""
    file = io.BytesIO()
    with av.open(io.BytesIO(data)) as source, av.open(file, "w", format=container) as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(source.demux(video=0)):
            if packet.size:
                change(number, packet)
                packet.stream = stream
                out.mux(packet)
    return file.getvalue()


def turned_on_its_side(data):
    """An MP4 whose track header says that a viewer turns it by a quarter clockwise."""
    place = data.index(b"tkhd") + 4 + 40  # version 0: the matrix begins 40 bytes behind the box's name
    upright = bytes.fromhex(
        "00010000 00000000 00000000 00000000 00010000 00000000 00000000 00000000 40000000"
    )
    sideways = bytes.fromhex(
        "00000000 00010000 00000000 ffff0000 00000000 00000000 00000000 00000000 40000000"
    )
    assert data[place : place + 36] == upright
    return data[:place] + sideways + data[place + 36 :]


def with_sound(
    pictures,
    seconds,
    container="mp4",
    codec="libx264",
    sound="aac",
    *,
    rate=25,
    pixels="yuv420p",
    samples=48_000,
    sound_first=False,
    options=None,
):
    """The bytes of a clip with so many seconds of a tone; without pictures, of the tone alone."""
    file = io.BytesIO()
    apart = {"max_interleave_delta": "1"} if sound_first else (options or {})
    with av.open(file, "w", format=container, options=apart) as out:
        voice = out.add_stream(sound, rate=samples)
        voice.layout, voice.bit_rate = "mono", 64_000
        stream, packets = None, []
        for number, picture in enumerate(pictures):
            if stream is None:
                stream = out.add_stream(codec, rate=rate, options=QUICKLY if codec == "libx264" else {})
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt, stream.thread_count = pixels, 1
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            packets += stream.encode(frame)
        packets += stream.encode(None) if stream is not None else []
        packets += _tone(voice, seconds, samples)
        order = (lambda one: one.stream is stream) if sound_first else (lambda one: one.dts * one.time_base)
        for packet in sorted(packets, key=order):
            out.mux(packet)
    return file.getvalue()


def _tone(voice, seconds, samples):
    tone = np.sin(np.arange(seconds * samples) / 20)
    voice.codec_context.open()
    size = voice.codec_context.frame_size or 1024
    kind = voice.codec_context.format.name
    loudest, dtype = {"f": (1, np.float32), "s16": (9_999, np.int16), "s32": (1 << 30, np.int32)}[
        kind[:3].rstrip("lt")
    ]
    for start in range(0, len(tone) - size, size):
        values = (tone[None, start : start + size] * loudest).astype(dtype)
        frame = av.AudioFrame.from_ndarray(values, format=kind, layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = samples, start, Fraction(1, samples)
        yield from voice.encode(frame)
    yield from voice.encode(None)
