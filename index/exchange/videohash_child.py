"""The task that runs the `videohash` package on one clip, in a worker of its own, within a folder in memory.

The package was made for files that one trusts: it puts names into shell commands, hands whatever it gets to any
`ffmpeg` that it finds, and leaves its frames where they are when it fails. Hence, in this order:

1. The network is cut off, where the kernel lets a process do that to itself.
2. The folder, which the parent made and which vanishes with it, becomes the current one; all paths are relative and
   ours, so that no name of an upload comes near a command.
3. The clip is fetched into it, and a link to the one program that may be started is all that PATH leads to.
4. Parts of the package are replaced: its commands run without a shell, with what the program may open and how many
   frames it may write; its copy of the clip is a link; a constant that Pillow took away is back; the length of the
   clip, which it looks up and does not use, is not looked up; colours that are equally frequent are told apart by
   their order, where the package lets each process's chance decide (one clip in seven came out 2 bits different).
5. It computes. Its downloader (yt-dlp) starts for URLs only, and none is ever given.
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
_STORE: Final = "store/"  # the package tells a folder by the stroke at its end
_PROGRAMS: Final = "bin"
_FRAMES: Final = ".jpeg"

_CLONE_NEWUSER: Final = 0x10000000  # linux/sched.h
_CLONE_NEWNET: Final = 0x40000000


class _TooLong(Exception):
    """The clip has more frames than are hashed."""


def serve(request: bytes, conversation: Conversation) -> bytes:
    """Hash the clip of a request: `HASHED` and eight bytes, or `REFUSED` and why. A streaming task."""
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
    except Exception:  # noqa: BLE001 - whatever the package raises says no more than this
        return _refused(Refusal.PACKAGE_FAILED)
    return HASHED + int(made.hash, 2).to_bytes(HASH_BYTES)


def _refused(why: Refusal) -> bytes:
    return REFUSED + why.encode("ascii")


def _cut_off_network() -> None:
    """Leave for a network of no interfaces. Where that is forbidden, `protocol_whitelist` is what stands between."""
    ctypes.CDLL(None).unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def _fetch(name: str, size: int, conversation: Conversation) -> None:
    with Path(name).open("xb") as file:
        file.writelines(
            conversation.read(offset, min(BLOCK_BYTES, size - offset))
            for offset in range(0, size, BLOCK_BYTES)
        )


def _replace_parts(work: Work, beat: Callable[[], None]) -> None:
    setattr(Image, "ANTIALIAS", Image.Resampling.LANCZOS)  # noqa: B010 - gone since Pillow 10, so unknown to its types
    setattr(shutil, "copyfile", os.link)  # noqa: B010 - of another signature, in this process only
    videohash.videohash.video_duration = lambda _path: 0.0
    setattr(dominantcolor, "set", _ordered)  # noqa: B010 - the package has no such name yet

    def run(command: str, **_: Any) -> _Run:
        return _Run(command, work, beat)

    videohash.framesextractor.Popen = run


def _ordered(colours: Iterable[str]) -> list[str]:
    """Give each colour once: for `max`, as `set` does."""
    return sorted(frozenset(colours))


class _Run:
    """One command of the package, run without a shell when its output is asked for: all that the package does."""

    def __init__(self, command: str, work: Work, beat: Callable[[], None]) -> None:
        program, *words = shlex.split(command)
        *options, target = words
        self._frames = Path(target).parent if target.endswith(_FRAMES) else None
        self._most = work.most_frames
        # One more than is hashed tells that there are more.
        bound = ["-frames:v", str(work.most_frames + 1)] if self._frames is not None else []
        self._words = [program, *_allowed(work), *options, *bound, target]
        self._beat = beat

    def communicate(self) -> tuple[bytes, bytes]:
        """Run to the end: the program's output and what it said of it, each to be read as UTF-8."""
        process = subprocess.Popen(  # noqa: S603 - the words are ours and the package's
            self._words,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=partial(_tie_to, os.getpid()),  # noqa: PLW1509 - this process has one thread
        )
        while True:
            try:
                output, said = process.communicate(timeout=BEAT_SECONDS)
                break
            except subprocess.TimeoutExpired:
                self._beat()
        if self._frames is not None and sum(1 for _ in self._frames.iterdir()) > self._most:
            raise _TooLong
        return _readable(output), _readable(said)


def _tie_to(parent: int) -> None:
    """End with the parent, also where it has ended already."""
    tie_to_parent()
    if os.getppid() != parent:
        os._exit(1)


def _allowed(work: Work) -> list[str]:
    """Options of the clip that is read: no sound, no other file, no other decoder than ours open themselves."""
    return [
        *("-hide_banner", "-nostdin", "-an", "-sn", "-dn", "-threads", "1"),
        *("-protocol_whitelist", "file", "-format_whitelist", WHITE_LIST),
        *("-codec_whitelist", ",".join(sorted(CODECS)), "-max_pixels", str(work.max_pixels)),
    ]


def _readable(said: bytes) -> bytes:
    """Make it UTF-8: titles within a clip are any bytes, and the package reads what was said strictly."""
    return said.decode("utf-8", "replace").encode()
