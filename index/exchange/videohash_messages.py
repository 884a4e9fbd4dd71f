"""The messages between `index.exchange.videohash` and its worker, which alone imports the `videohash` package.

One request (`Work`), then nothing but signs of life, then one answer: `HASHED` and eight bytes, or `REFUSED` and why.
"""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

TASK: Final = "index.exchange.videohash_child:serve"
PROGRAM: Final = "ffmpeg"
HASH_BYTES: Final = 8
HASHED: Final = b"V"
REFUSED: Final = b"X"


class Refusal(StrEnum):
    """Why a clip has no videohash, as far as the worker can tell."""

    TOO_LONG = "too-long"
    NO_FRAMES = "no-frames"
    PACKAGE_FAILED = "package-failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What the worker is asked for.

    Attributes:
        folder: Where all files are written: an empty one in memory.
        program: Where `ffmpeg` is.
        suffix: What the clip's name ends with, without the dot; ours, never an upload's.
        size: Length of the clip, in bytes.
        most_frames: Frames, one a second, beyond which the clip is too long.
        max_pixels: Largest frame that is decoded, in pixels.
    """

    folder: str
    program: str
    suffix: str
    size: int
    most_frames: int
    max_pixels: int

    def to_request(self) -> bytes:
        """Spell it for the worker."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def of_request(cls, request: bytes) -> "Work":
        """Read what `to_request` spelt."""
        return cls(**json.loads(request))
