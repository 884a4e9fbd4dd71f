"""What others make of clips: MD5 of the file, videohash, and vPDQ where its build is installed."""

import hashlib
import importlib
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from index.clip_fingerprint import BytesSource
from index.hashing.codes import Code
from index.video_hash import video_hash

VIDEOHASH_BITS: Final = 10  # of 64
VPDQ_BITS: Final = 31  # ThreatExchange's defaults: distance, quality, and the share of the upload's frames
VPDQ_QUALITY: Final = 50
VPDQ_SHARE: Final = 0.8

Frames = tuple[bytes, ...]
"""PDQ of a clip's frames, one a second: those of enough quality."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theirs:
    """What others make of one file.

    Attributes:
        videohash: None where it was not asked for, or failed.
        vpdq: None where no build is installed.
    """

    md5: bytes
    videohash: Code | None = field(default=None, repr=False)
    vpdq: Frames | None = field(default=None, repr=False)


def vpdq_build() -> Any | None:
    """Loads the vpdq package, where its build is installed."""
    try:
        return importlib.import_module("vpdq")
    except ImportError:
        return None


def theirs(data: bytes, suffix: str, *, with_videohash: bool) -> Theirs:
    """Hashes a file as others do."""
    return Theirs(
        md5=hashlib.md5(data, usedforsecurity=False).digest(),
        videohash=video_hash(BytesSource(data)).code if with_videohash else None,
        vpdq=_vpdq(data, suffix),
    )


def _vpdq(data: bytes, suffix: str) -> Frames | None:
    build = vpdq_build()
    if build is None:
        return None
    with tempfile.NamedTemporaryFile(suffix=f".{suffix}") as file:
        file.write(data)
        file.flush()
        features = build.computeHash(str(Path(file.name)))
    return tuple(bytes.fromhex(one.hex) for one in features if one.quality >= VPDQ_QUALITY)


def found_by_md5(upload: Theirs, registered: Sequence[Theirs]) -> list[int]:
    """Finds equal files: their places."""
    return _places(registered, lambda one: one.md5 == upload.md5)


def found_by_videohash(upload: Theirs, registered: Sequence[Theirs]) -> list[int]:
    """Finds clips within the threshold."""
    code = upload.videohash
    if code is None:
        return []
    return _places(
        registered, lambda one: one.videohash is not None and code.distance(one.videohash) <= VIDEOHASH_BITS
    )


def found_by_vpdq(upload: Theirs, registered: Sequence[Theirs]) -> list[int]:
    """Finds clips that have a frame near enough for most of the upload's."""
    asked = upload.vpdq
    if not asked:
        return []
    return _places(registered, lambda one: bool(one.vpdq) and _share(asked, one.vpdq or ()) >= VPDQ_SHARE)


def _share(asked: Frames, held: Frames) -> float:
    near = sum(any(_bits(one, other) <= VPDQ_BITS for other in held) for one in asked)
    return near / len(asked)


def _bits(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


def _places(registered: Sequence[Theirs], is_found: Callable[[Theirs], bool]) -> list[int]:
    return [place for place, one in enumerate(registered) if is_found(one)]
