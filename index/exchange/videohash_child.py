"""The task that runs the `videohash` package on one clip, in a worker of its own, in a folder in memory.

The package is written for trusted files: it puts names into shell commands, gives any input to any `ffmpeg` that it
finds, and leaves its frames behind when it fails. Therefore, in this order:

1. The network is disconnected, if the kernel allows a process to do so.
2. The folder, which the parent made and which is removed with it, becomes the current directory. All paths are relative
   and fixed, so that no name of an upload can reach a command.
3. The clip is copied into the folder. PATH leads only to a link to the one program that may be started.
4. Parts of the package are replaced. Its commands run without a shell, and with restrictions on the files that the
   program may open and the number of frames that it may write. Its copy of the clip is a link. A constant that Pillow
   removed is restored. The length of the clip, which the package does not use, is not determined. Among equally
   frequent colours the order decides; in the package it depends on the process (one clip in seven had a code 2 bits
   different).
5. The package computes the code. Its downloader (yt-dlp) starts only for URLs, and is never given any.
"""

import ctypes
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, Final

import videohash
from imagedominantcolor import dominantcolor
from PIL import Image

from index.exchange.videohash_messages import HASH_BYTES, HASHED, PROGRAM, REFUSED, Refusal, Work
from index.media.clips import CODECS, WHITE_LIST
from index.sandbox import BLOCK_BYTES, Conversation, tie_to_parent

BEAT_SECONDS: Final = 1.0
_STORE: Final = "store/"  # the package recognises a folder by the slash at its end
_PROGRAMS: Final = "bin"
_FRAMES: Final = ".jpeg"

_CLONE_NEWUSER: Final = 0x10000000  # linux/sched.h
_CLONE_NEWNET: Final = 0x40000000


class _TooLong(Exception):
    """The clip has more frames than the limit."""


def serve(request: bytes, conversation: Conversation) -> bytes:
    """Hash the clip of a request: a streaming task. Return `HASHED` and eight bytes, or `REFUSED` and the reason."""
    work = Work.of_request(request)
    _cut_off_network()  # 1
    os.chdir(work.folder)  # 2
    os.umask(0o077)
    clip = f"clip.{work.suffix}"
    _fetch(clip, work.size, conversation)  # 3
    Path(_STORE).mkdir()
    Path(_PROGRAMS).mkdir()
    Path(_PROGRAMS, PROGRAM).symlink_to(work.program)
    os.environ["PATH"] = _PROGRAMS
    _replace_parts(work, lambda: conversation.send(b""))  # 4
    try:
        made = videohash.VideoHash(path=clip, storage_path=_STORE)  # 5
    except _TooLong:
        return _refused(Refusal.TOO_LONG)
    except videohash.FFmpegFailedToExtractFrames:
        return _refused(Refusal.NO_FRAMES)
    except Exception:  # noqa: BLE001 - the package raises anything, with no further information
        return _refused(Refusal.PACKAGE_FAILED)
    return HASHED + int(made.hash, 2).to_bytes(HASH_BYTES)


def _refused(why: Refusal) -> bytes:
    return REFUSED + why.encode("ascii")


def _cut_off_network() -> None:
    """Move to a network namespace without interfaces. If that is forbidden, only `protocol_whitelist` protects."""
    ctypes.CDLL(None).unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def _fetch(name: str, size: int, conversation: Conversation) -> None:
    with Path(name).open("xb") as file:
        file.writelines(
            conversation.read(offset, min(BLOCK_BYTES, size - offset))
            for offset in range(0, size, BLOCK_BYTES)
        )


def _replace_parts(work: Work, beat: Callable[[], None]) -> None:
    setattr(Image, "ANTIALIAS", Image.Resampling.LANCZOS)  # noqa: B010 - removed in Pillow 10, so unknown to its types
    setattr(shutil, "copyfile", os.link)  # noqa: B010 - a different signature, in this process only
    videohash.videohash.video_duration = lambda _path: 0.0
    setattr(dominantcolor, "set", _ordered)  # noqa: B010 - the package has no such name yet

    def run(command: str, **_: Any) -> _Run:
        return _Run(command, work, beat)

    videohash.framesextractor.Popen = run


def _ordered(colours: Iterable[str]) -> list[str]:
    """Return each colour once, in a fixed order, in place of `set`."""
    return sorted(frozenset(colours))


class _Run:
    """One command of the package, in place of `Popen`. It runs without a shell when `communicate` is called."""

    def __init__(self, command: str, work: Work, beat: Callable[[], None]) -> None:
        program, *words = shlex.split(command)
        *options, target = words
        self._frames = Path(target).parent if target.endswith(_FRAMES) else None
        self._most = work.most_frames
        # One frame above the limit shows that there are too many.
        bound = ["-frames:v", str(work.most_frames + 1)] if self._frames is not None else []
        self._words = [program, *_allowed(work), *options, *bound, target]
        self._beat = beat

    def communicate(self) -> tuple[bytes, bytes]:
        """Run the program to its end. Return its output and its error output, both as valid UTF-8."""
        process = subprocess.Popen(  # noqa: S603 - the words are ours and the package's
            self._words,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=partial(_tie_to, os.getpid()),  # noqa: PLW1509 - this process has one thread
        )
        while True:
            try:
                output, errors = process.communicate(timeout=BEAT_SECONDS)
                break
            except subprocess.TimeoutExpired:
                self._beat()
        if self._frames is not None and sum(1 for _ in self._frames.iterdir()) > self._most:
            raise _TooLong
        return _readable(output), _readable(errors)


def _tie_to(parent: int) -> None:
    """End this process with its parent, even if the parent has ended already."""
    tie_to_parent()
    if os.getppid() != parent:
        os._exit(1)


def _allowed(work: Work) -> list[str]:
    """Return options for the input: no sound, no other file, and only the decoders that we allow."""
    return [
        *("-hide_banner", "-nostdin", "-an", "-sn", "-dn", "-threads", "1"),
        *("-protocol_whitelist", "file", "-format_whitelist", WHITE_LIST),
        *("-codec_whitelist", ",".join(sorted(CODECS)), "-max_pixels", str(work.max_pixels)),
    ]


def _readable(output: bytes) -> bytes:
    """Return valid UTF-8. Titles in a clip may be any bytes, and the package decodes strictly."""
    return output.decode("utf-8", "replace").encode()
