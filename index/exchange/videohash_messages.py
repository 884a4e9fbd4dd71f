"""The messages between `index.exchange.videohash` and its worker. Only the worker imports the `videohash` package.

One request (`Work`), then empty parts as signs of life, then one answer: `HASHED` and eight bytes, or `REFUSED` and the
reason.
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
    """Reasons why a clip has no videohash, as reported by the worker."""

    TOO_LONG = "too-long"
    NO_FRAMES = "no-frames"
    PACKAGE_FAILED = "package-failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A request to the worker.

    Attributes:
        folder: An empty folder in memory for all files.
        program: Path of `ffmpeg`.
        suffix: Suffix of the clip's file name, without the dot; never taken from an upload.
        size: Length of the clip, in bytes.
        most_frames: Maximum number of frames, one a second.
        max_pixels: Largest frame that is decoded, in pixels.
    """

    folder: str
    program: str
    suffix: str
    size: int
    most_frames: int
    max_pixels: int

    def to_request(self) -> bytes:
        """Return the request as JSON."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def of_request(cls, request: bytes) -> "Work":
        """Read the result of `to_request`."""
        return cls(**json.loads(request))
