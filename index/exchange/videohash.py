"""videohash of a clip: 64 bits for other systems that know it, and a hint for people. Nothing is ever matched by it.

Measured (design, section 5, Video): within 10 bits it finds re-encodes, and 2.2 % of all pairs of different clips; two
persons who speak to a camera are at distance 0. So it is stored beside a clip's codes, and its failure is nobody's.

The package wants files. It gets them in memory only (`index.exchange.memory_folder`) for promise 1. It runs in
a worker of its own (`index.exchange.videohash_child`).
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
        # Of each process: the package starts the program 14 times.
        cpu_seconds=120,
        # Silence: it tells each second that the program runs, and reads its frames in between.
        wall_seconds=60.0,
        # The package and its pipes beside the worker's five.
        open_files=64,
        max_reply_bytes=64,
    ),
    max_bytes=256 * MEBIBYTE,
    # The frames of all seconds lie side by side in one picture of 62 kB a second, and once more in its tiles.
    max_seconds=20 * 60,
    total_cpu_seconds=240,
    total_wall_seconds=240.0,
    reads=1,
)
"""What hashing one clip may cost; a longer or larger one has no videohash."""

SECOND_BYTES: Final = 160 * 1024  # files that one second of clip becomes, at most
ROOM_SHARE: Final = 0.5  # of the memory that is free there; others live in it too
_SUFFIXES: Final = {
    ClipFormat.MP4: "mp4",
    ClipFormat.MATROSKA: "mkv",
    ClipFormat.AVI: "avi",
    ClipFormat.MPEGTS: "ts",
    ClipFormat.FLV: "flv",
    ClipFormat.OGG: "ogv",
}


class NoVideoHash(StrEnum):
    """Why a clip has none."""

    NOT_INSTALLED = "not-installed"
    NO_MEMORY_FOLDER = "no-memory-folder"
    TOO_LARGE = "too-large"
    NO_ROOM = "no-room"
    TOO_LONG = Refusal.TOO_LONG.value
    NOT_A_CLIP = "not-a-clip"
    NO_FRAMES = Refusal.NO_FRAMES.value
    PACKAGE_FAILED = Refusal.PACKAGE_FAILED.value
    STOPPED = "stopped"  # it crashed, hung or went over its limits, and was killed


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoHashed:
    """What became of hashing a clip: a code, or why there is none.

    Attributes:
        code: The videohash, or None.
        reason: Why it is None.
    """

    code: Code | None = None
    reason: NoVideoHash | None = None


class _None(Exception):
    """There will be no code."""

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
    """Hash a clip with `videohash`; never fails for what the clip is. What the source raises passes through.

    Args:
        source: The clip.
        limits: What it may cost.
        root: A folder in memory.
        beat: Called about once a second while it works; what it raises ends the work and passes through.
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
    except _None as none:
        return VideoHashed(reason=none.reason)
    except NotInMemory:
        return VideoHashed(reason=NoVideoHash.NO_MEMORY_FOLDER)
    except DecoderFailed:
        return VideoHashed(reason=NoVideoHash.STOPPED)


def bundled_program() -> str | None:
    """Find the `ffmpeg` that imageio-ffmpeg brings along; one that lies about on the machine is never taken."""
    if find_spec("imageio_ffmpeg") is None:
        return None
    for file in importlib.resources.files("imageio_ffmpeg.binaries").iterdir():
        if file.name.startswith(f"{PROGRAM}-") and os.access(str(file), os.X_OK):
            return str(file)
    return None


def _checked(source: ClipSource, limits: ClipLimits) -> tuple[str, ClipFormat]:
    """Find the program, and tell what the clip is by its first bytes."""
    program = bundled_program()
    if program is None or find_spec("videohash") is None:
        raise _None(NoVideoHash.NOT_INSTALLED)
    if source.size > limits.max_bytes:
        raise _None(NoVideoHash.TOO_LARGE)
    try:
        return program, sniff_clip(source.read(0, min(HEAD_BYTES, source.size)))
    except (EmptyMedia, UnknownFormat):
        raise _None(NoVideoHash.NOT_A_CLIP) from None


def _seconds_of_room(folder: Path, size: int) -> int:
    """Tell how many seconds of a clip of this size can be worked on in a folder."""
    seconds = int(shutil.disk_usage(folder).free * ROOM_SHARE - size) // SECOND_BYTES
    if seconds < 1:
        raise _None(NoVideoHash.NO_ROOM)
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
    """Read the worker's answer, which a hostile clip may have written."""
    kind, body = answer[:1], answer[1:]
    if kind == HASHED and len(body) == HASH_BYTES:
        return Code(algorithm=Algorithm.VIDEOHASH, value=body)
    refusals = {refusal.encode("ascii"): refusal for refusal in Refusal}
    if kind == REFUSED and body in refusals:
        raise _None(NoVideoHash(refusals[body].value))
    raise DecoderFailed("the answer was out of range")
