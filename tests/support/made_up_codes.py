"""Random codes that belong to no picture."""

import os

import numpy as np

from index.clips.key_frames import KeyFrame
from index.hashing.codes import Algorithm, Code
from index.windows.windows import SIDE, Windows
from registry.domain.clips import StoredClip
from registry.domain.family import Family
from registry.domain.windows import StoredWindows

WINDOWS = 6
FRAMES = 2
FRAME_WINDOWS = 4


def new_value():
    """Returns a PDQ value with content: half of the bits set."""
    return b"".join(bytes([byte, byte ^ 0xFF]) for byte in os.urandom(16))


def made_up_windows(value):
    """Returns the windows of the picture with this PDQ value, as they are kept: half of them large."""
    return StoredWindows(family=Family.ANCHORED, profile="full", windows=_windows(list(value), WINDOWS))


def made_up_clip(value):
    """Returns the clip that is registered with this PDQ value."""
    frames = tuple(
        KeyFrame(
            start_ms=1000 * number,
            end_ms=1000 * number + 1000,
            pdq=Code(algorithm=Algorithm.PDQ, value=value[::-1], quality=100),
            dhash=Code(algorithm=Algorithm.DHASH128, value=value[:16]),
            flat_share=0.0,
            windows=_windows([number, *value], FRAME_WINDOWS),
        )
        for number in range(FRAMES)
    )
    return StoredClip(family=Family.FRAMES, profile="full", duration_ms=2000, is_whole=True, frames=frames)


def made_up_codes(family, value):
    """Returns all codes that are registered with this PDQ value in one family of windows or key frames."""
    if family is Family.FRAME_WHOLE:
        held = b"".join(frame.pdq.value for frame in made_up_clip(value).frames)
        return np.frombuffer(held, np.uint8).reshape(FRAMES, -1)
    if family is Family.ANCHORED:
        return made_up_windows(value).windows.codes
    return np.concatenate([frame.windows.codes for frame in made_up_clip(value).frames])


def _windows(seed, count):
    chance = np.random.default_rng(seed)
    places = np.empty((count, 4), np.float32)
    places[:, :2] = chance.uniform(0, SIDE - 1, (count, 2))
    places[:, 2] = np.where(np.arange(count) % 2, 0.2, 0.08) * SIDE
    places[:, 3] = chance.uniform(0, 6.28, count)
    made = Windows(
        width=SIDE,
        height=SIDE,
        places=places,
        codes=chance.integers(0, 256, (count, 32), np.uint8),
        flipped=chance.random(count) < 0.5,
    )
    return Windows.unpack(made.pack())
