"""videohash of a clip: 64 bits for other systems that use it, and a hint for people. It is not used for matching.

Measured: at a distance of at most 10 bits are re-encodes, but also 2.2 % of all pairs of different clips. Two clips of
persons speaking to a camera are at distance 0. So it is stored beside a clip's codes, and its failure fails nothing
else.

The package needs files. They are only in memory (`index.exchange.memory_folder`), because no media is kept. The package
runs in a worker of its own (`index.exchange.videohash_child`).
"""

import importlib.resources
import os
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from index.errors import DecoderFailed, EmptyMedia, UnknownFormat
from index.exchange.memory_folder import SHARED_MEMORY, MemoryFolder, NotInMemory
from index.exchange.videohash_messages import HASH_BYTES, HASHED, PROGRAM, REFUSED, TASK, Refusal, Work
from index.hashing import Algorithm, Code
from index.limits import MEBIBYTE, STANDARD_CLIP, ClipLimits
from index.media.clips import HEAD_BYTES, ClipFormat, sniff_clip
from index.sandbox import ClipSource, stream

VIDEO_HASH_LIMITS: Final = replace(
    STANDARD_CLIP,
    decoder=replace(
        STANDARD_CLIP.decoder,
        # For each process; the package starts the program 14 times.
        cpu_seconds=120,
        # Maximum silence. The worker sends a sign of life each second while the program runs; in between it reads
        # frames.
        wall_seconds=60.0,
        # The package and its pipes, besides the worker's five.
        open_files=64,
        max_reply_bytes=64,
    ),
    max_bytes=256 * MEBIBYTE,
    # The package joins the frames of all seconds in one picture of 62 kB a second, and then in tiles again.
    max_seconds=20 * 60,
    total_cpu_seconds=240,
    total_wall_seconds=240.0,
    reads=1,
)
"""Bounds on hashing one clip. A longer or larger clip has no videohash."""

SECOND_BYTES: Final = 160 * 1024  # maximum size of the files for one second of a clip
ROOM_SHARE: Final = 0.5  # usable share of the free memory, which other programs need too
_SUFFIXES: Final = {
    ClipFormat.MP4: "mp4",
    ClipFormat.MATROSKA: "mkv",
    ClipFormat.AVI: "avi",
    ClipFormat.MPEGTS: "ts",
    ClipFormat.FLV: "flv",
    ClipFormat.OGG: "ogv",
    ClipFormat.ASF: "wmv",
    ClipFormat.MPEGPS: "mpg",
    ClipFormat.DV: "dv",
}


class NoVideoHash(StrEnum):
    """Reasons why a clip has no videohash."""

    NOT_INSTALLED = "not-installed"
    NO_MEMORY_FOLDER = "no-memory-folder"
    TOO_LARGE = "too-large"
    NO_ROOM = "no-room"
    TOO_LONG = Refusal.TOO_LONG.value
    NOT_A_CLIP = "not-a-clip"
    NO_FRAMES = Refusal.NO_FRAMES.value
    PACKAGE_FAILED = Refusal.PACKAGE_FAILED.value
    STOPPED = "stopped"  # the worker crashed, hung or exceeded its limits, and was killed


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoHashed:
    """The result for a clip: a code, or the reason why there is none.

    Attributes:
        code: The videohash, or None.
        reason: The reason why `code` is None.
    """

    code: Code | None = None
    reason: NoVideoHash | None = None


class _NoCode(Exception):
    """There is no code."""

    def __init__(self, reason: NoVideoHash) -> None:
        super().__init__(reason)
        self.reason = reason


def video_hash(
    source: ClipSource,
    *,
    limits: ClipLimits = VIDEO_HASH_LIMITS,
    root: Path = SHARED_MEMORY,
    beat: Callable[[], None] | None = None,
) -> VideoHashed:
    """Hash a clip with `videohash`. It raises no error because of the clip; errors of the source pass through.

    Args:
        source: The clip.
        limits: Bounds on the cost.
        root: A folder in memory.
        beat: Called about once a second. An exception that it raises ends the work and passes through.
    """
    try:
        program, media_format = _checked(source, limits)
        with MemoryFolder(root) as folder:
            work = Work(
                folder=str(folder.path),
                program=program,
                suffix=_SUFFIXES[media_format],
                size=source.size,
                most_frames=min(limits.max_seconds, _seconds_of_room(folder.path, source.size)),
                max_pixels=limits.decoder.max_pixels,
            )
            return VideoHashed(code=_code(_answer(work, source, limits, beat)))
    except _NoCode as error:
        return VideoHashed(reason=error.reason)
    except NotInMemory:
        return VideoHashed(reason=NoVideoHash.NO_MEMORY_FOLDER)
    except DecoderFailed:
        return VideoHashed(reason=NoVideoHash.STOPPED)


def bundled_program() -> str | None:
    """Return the path of the `ffmpeg` in imageio-ffmpeg. Another one on the machine is never used."""
    if find_spec("imageio_ffmpeg") is None:
        return None
    for file in importlib.resources.files("imageio_ffmpeg.binaries").iterdir():
        if file.name.startswith(f"{PROGRAM}-") and os.access(str(file), os.X_OK):
            return str(file)
    return None


def _checked(source: ClipSource, limits: ClipLimits) -> tuple[str, ClipFormat]:
    """Return the program and the format of the clip by its first bytes. Raise `_NoCode` if one is missing."""
    program = bundled_program()
    if program is None or find_spec("videohash") is None:
        raise _NoCode(NoVideoHash.NOT_INSTALLED)
    if source.size > limits.max_bytes:
        raise _NoCode(NoVideoHash.TOO_LARGE)
    try:
        return program, sniff_clip(source.read(0, min(HEAD_BYTES, source.size)))
    except (EmptyMedia, UnknownFormat):
        raise _NoCode(NoVideoHash.NOT_A_CLIP) from None


def _seconds_of_room(folder: Path, size: int) -> int:
    """Return how many seconds of a clip of this size fit into a folder."""
    seconds = int(shutil.disk_usage(folder).free * ROOM_SHARE - size) // SECOND_BYTES
    if seconds < 1:
        raise _NoCode(NoVideoHash.NO_ROOM)
    return seconds


def _answer(work: Work, source: ClipSource, limits: ClipLimits, beat: Callable[[], None] | None) -> bytes:
    parts = stream(TASK, work.to_request(), source, limits, file_bytes=limits.max_bytes)
    with closing(parts):
        while True:
            try:
                next(parts)
            except StopIteration as end:
                answer: bytes = end.value
                return answer
            if beat is not None:
                beat()


def _code(answer: bytes) -> Code:
    """Read the worker's answer, which a hostile clip may have forged."""
    kind, body = answer[:1], answer[1:]
    if kind == HASHED and len(body) == HASH_BYTES:
        return Code(algorithm=Algorithm.VIDEOHASH, value=body)
    refusals = {refusal.encode("ascii"): refusal for refusal in Refusal}
    if kind == REFUSED and body in refusals:
        raise _NoCode(NoVideoHash(refusals[body].value))
    raise DecoderFailed("the answer was out of range")
