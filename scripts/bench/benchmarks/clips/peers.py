"""Other methods for clips: MD5 of the file, videohash, and vPDQ.

vPDQ uses its own build where that is installed. Otherwise it uses the list that the product exports, which agrees
within a few bits (`index.exchange.vpdq`).
"""

import hashlib
import importlib
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from index.errors import MediaError
from index.exchange import video_hash, vpdq_of
from index.hashing import Code
from index.media.clips import KIND_BYTES, is_clip
from index.sandbox import BytesSource

PEERS: Final = ("videohash", "md5", "vpdq")

VIDEOHASH_BITS: Final = 10  # of 64
# ThreatExchange's defaults (extensions/vpdq/vpdq_util.py): distance, quality, the share of the upload's frames.
VPDQ_BITS: Final = 31
VPDQ_QUALITY: Final = 50
VPDQ_SHARE: Final = 0.8

Frames = tuple[bytes, ...]
"""PDQ of a clip's frames of sufficient quality, one frame per second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theirs:
    """Hashes of one file by the other methods.

    Attributes:
        videohash: None where it was not asked for, or failed.
        vpdq: None where it was not asked for, or failed.
    """

    md5: bytes
    videohash: Code | None = field(default=None, repr=False)
    vpdq: Frames | None = field(default=None, repr=False)


def vpdq_build() -> Any | None:
    """Return the vpdq package, or None where its build is not installed."""
    try:
        return importlib.import_module("vpdq")
    except ImportError:
        return None


def theirs(data: bytes, suffix: str, *, all_of_them: bool) -> Theirs:
    """Hash a file by the other methods; by MD5 alone where not all are wanted, or for an animated picture."""
    md5 = hashlib.md5(data, usedforsecurity=False).digest()
    if not (all_of_them and is_clip(data[:KIND_BYTES])):
        return Theirs(md5=md5)
    return Theirs(md5=md5, videohash=video_hash(BytesSource(data)).code, vpdq=_vpdq(data, suffix))


def _vpdq(data: bytes, suffix: str) -> Frames | None:
    build = vpdq_build()
    if build is None:
        try:
            frames = vpdq_of(BytesSource(data)).frames
        except MediaError:
            return None
        return tuple(one.pdq.value for one in frames if (one.pdq.quality or 0) >= VPDQ_QUALITY)
    with tempfile.NamedTemporaryFile(suffix=f".{suffix}") as file:
        file.write(data)
        file.flush()
        features = build.computeHash(file.name)
    return tuple(bytes.fromhex(one.hex) for one in features if one.quality >= VPDQ_QUALITY)


def found_by(upload: Theirs, registered: Sequence[Theirs]) -> dict[str, tuple[int, ...] | None]:
    """Return the places of the clips that each of `PEERS` finds; None where the upload was not hashed."""
    code, asked = upload.videohash, upload.vpdq
    return {
        "md5": _places(registered, lambda one: one.md5 == upload.md5),
        "videohash": None
        if code is None
        else _places(
            registered,
            lambda one: one.videohash is not None and code.distance(one.videohash) <= VIDEOHASH_BITS,
        ),
        "vpdq": None
        if asked is None
        else _places(registered, lambda one: _share(asked, one.vpdq or ()) >= VPDQ_SHARE),
    }


def _share(asked: Frames, held: Frames) -> float:
    """Return the share of an upload's frames that have a near frame in a clip, 0 to 1."""
    near = sum(any(_bits(one, other) <= VPDQ_BITS for other in held) for one in asked)
    return near / max(1, len(asked))


def _bits(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


def _places(registered: Sequence[Theirs], is_found: Callable[[Theirs], bool]) -> tuple[int, ...]:
    return tuple(place for place, one in enumerate(registered) if is_found(one))
