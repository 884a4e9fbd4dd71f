"""Synthetic sound, alone and beside moving pictures."""

import io
from fractions import Fraction

import av
import numpy as np

SAMPLES_A_SECOND = 16_000
_BLOCK = 1_024  # samples of one frame


def tone(seconds, container="mp4", codec="aac", *, sample_rate=SAMPLES_A_SECOND):
    """The bytes of a file that has sound and no picture."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream(codec, rate=sample_rate)
        stream.layout = "mono"
        for frame in _frames(seconds, stream.codec_context.format.name, sample_rate):
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return file.getvalue()


def with_sound(clip, seconds, container="mp4", codec="aac", *, sample_rate=SAMPLES_A_SECOND):
    """The same moving picture with sound of this length beside it."""
    file = io.BytesIO()
    with av.open(io.BytesIO(clip)) as source, av.open(file, "w", format=container) as out:
        moving = source.streams.video[0]
        shown = out.add_stream_from_template(moving)
        heard = out.add_stream(codec, rate=sample_rate)
        heard.layout = "mono"
        sound = [
            packet
            for frame in (*_frames(seconds, heard.codec_context.format.name, sample_rate), None)
            for packet in heard.encode(frame)
        ]
        for packet in source.demux(moving):
            if packet.size:
                packet.stream = shown
                out.mux(packet)
        out.mux(sound)
    return file.getvalue()


def _frames(seconds, sample_format, sample_rate):
    count = int(seconds * sample_rate) // _BLOCK
    for number in range(count):
        at = np.arange(number * _BLOCK, (number + 1) * _BLOCK) / sample_rate
        wave = 0.3 * np.sin(2 * np.pi * 440 * at)
        samples = (
            wave.astype(np.float32) if sample_format.startswith("flt") else (wave * 32_767).astype(np.int16)
        )
        frame = av.AudioFrame.from_ndarray(samples[None], format=sample_format, layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = sample_rate, number * _BLOCK, Fraction(1, sample_rate)
        yield frame
