"""The messages between `Fingerprinter` and its workers: one request, one answer, both of fixed layout.

The worker runs `serve`. Its parent reads the reply with `read`, which trusts none of it, because a hostile file may
have taken over the worker: lengths are exact, every field is checked for its range, and no field can name a class, a
file or a text.
"""

import io
import struct
from dataclasses import replace
from typing import Final

import numpy as np
from PIL import Image

from index.errors import (
    CodeError,
    DecoderFailed,
    EmptyMedia,
    MalformedCode,
    MediaError,
    SoundOnly,
    TooManyBytes,
    TooManyPixels,
    UndecodableMedia,
    UnknownFormat,
    WrongLength,
)
from index.frames import MAX_PICTURES, pack, unpack
from index.hashing import FLAT_GRID, Algorithm, Code
from index.limits import STANDARD, DecodeLimits
from index.media.pictures import (
    COLOUR_SIDE,
    LATER_COLOUR_SIDE,
    MAX_EMBEDDED_CLIPS,
    MAX_LATER_COLOURS,
    MAX_SHOWN,
    OPEN_CHOICES,
    SEED_BYTES,
    Colours,
    MediaFormat,
    SecretChoices,
    fitted,
    pack_colours,
    size_limits_text,
    unpack_colours,
)
from index.pictures.describing import ImageFingerprint, Purpose, describe_in_process
from index.regions import RegionalSignature
from index.resources import keep_large_blocks_apart
from index.verdict import Box
from index.windows import FULL, PROFILES, MatchingProfile, Windows

WARM_UP_SIZE: Final = (400, 600)  # rows and columns, in pixels; above 512, so that the picture is reduced

_PURPOSES: Final = tuple(Purpose)
_PROFILES: Final[tuple[MatchingProfile | None, ...]] = (None, *PROFILES.values())
_FORMATS: Final = tuple(MediaFormat)
_FLAT_AREAS: Final = FLAT_GRID**2

_MAX_QUERY_FRAMES: Final = 1 + MAX_SHOWN
_MAX_COLOURS: Final = 1 + MAX_LATER_COLOURS

# Purpose, profile, colours requested, max_bytes, max_pixels, max_side, True if there is a seed, the seed of the file's
# secret choices; the file follows.
_REQUEST: Final = struct.Struct(f">BB?QQQ?{SEED_BYTES}s")
# A refusal: the stable code of a MediaError follows.
_REFUSAL: Final = b"X"
# A fingerprint: _MATCHING follows; then for an enrolment _EXCHANGE, boxes, regional signature and windows; for a check
# _FRAMES and the query frames. Requested colours come first (_COLOURED, then pixels), so that no slice that is kept
# keeps them alive.
_FINGERPRINT: Final = b"F"
_COLOURED: Final = struct.Struct(">B")
# Format, width, height, flat areas, PDQ quality, PDQ, dHash-128.
_MATCHING: Final = struct.Struct(">BIIHB32s16s")
# Canonical PDQ quality, canonical PDQ, pHash, number of inner pictures, bytes of the packed regional signature.
_EXCHANGE: Final = struct.Struct(">B32s8sBH")
# Edges of an inner picture, as shares.
_BOX: Final = struct.Struct(">4d")
# Whether the query frames represent the whole file, whether the colours show every picture, the number of clips in the
# file, and the number of query frames. The places of the clips follow, then the query frames.
_FRAMES: Final = struct.Struct(">??BH")
# First byte of a clip, and the place behind its last one.
_CLIP: Final = struct.Struct(">QQ")

# Errors that a worker may report, each with our text: a worker's own words never reach a log or a client.
_REFUSALS: Final = {
    purpose: {
        error.code.encode("ascii"): (error, text)
        for error, text in (
            (EmptyMedia, "the file has no bytes"),
            (TooManyBytes, "the file has more bytes than are decoded"),
            (UnknownFormat, f"the content is none of {', '.join(MediaFormat)}"),
            (TooManyPixels, size_limits_text(is_registered=purpose is Purpose.ENROL)),
            (SoundOnly, "the file has sound and no picture"),
            (UndecodableMedia, "the file is truncated or damaged"),
        )
    }
    for purpose in Purpose
}


def request_header(
    purpose: Purpose,
    limits: DecodeLimits,
    profile: MatchingProfile | None,
    *,
    colours: bool = False,
    choices: SecretChoices = OPEN_CHOICES,
) -> bytes:
    """Pack the part of a request that precedes the file."""
    return _REQUEST.pack(
        _PURPOSES.index(purpose),
        _PROFILES.index(profile),
        colours,
        limits.max_bytes,
        limits.max_pixels,
        limits.max_side,
        choices.seed is not None,
        choices.seed or b"",
    )


def serve(request: bytes) -> bytes:
    """Fingerprint the file in a request and pack the answer. The sandbox runs this task in a worker."""
    purpose, profile, colours, max_bytes, max_pixels, max_side, has_seed, seed = _REQUEST.unpack_from(request)
    limits = replace(STANDARD, max_bytes=max_bytes, max_pixels=max_pixels, max_side=max_side)
    try:
        fingerprint = describe_in_process(
            request[_REQUEST.size :],
            _PURPOSES[purpose],
            limits,
            profile=_PROFILES[profile],
            colours=colours,
            choices=SecretChoices(seed=seed) if has_seed else OPEN_CHOICES,
        )
    except MediaError as error:
        return _REFUSAL + error.code.encode("ascii")
    shown = fingerprint.colours
    coloured = (_COLOURED.pack(len(shown)), *map(pack_colours, shown)) if colours else ()
    return b"".join((_FINGERPRINT, *coloured, _packed(fingerprint)))


def read(
    reply: bytes,
    purpose: Purpose,
    sha256: bytes,
    limits: DecodeLimits,
    profile: MatchingProfile | None = FULL,
    *,
    colours: bool = False,
) -> ImageFingerprint:
    """Read a worker's reply to a request for `purpose` about the file with this digest.

    Raises:
        MediaError: The worker reported an error; the subclass tells which.
        DecoderFailed: The reply is malformed. A correct worker never sends such a reply.
    """
    kind = reply[:1]
    refused = _REFUSALS[purpose].get(reply[1:]) if kind == _REFUSAL else None
    if refused is not None:
        error, text = refused
        raise error(text)
    if kind != _FINGERPRINT:
        raise DecoderFailed("the decoder's answer was not one")
    try:
        shown, body = _with_colours(memoryview(reply)[1:]) if colours else ((), reply[1:])
        fingerprint = _unpacked(body, purpose, sha256)
    except (CodeError, IndexError, struct.error):
        raise DecoderFailed("the decoder's answer was out of range") from None
    sides = (fingerprint.width, fingerprint.height)
    fits = min(sides) >= 1 and max(sides) <= limits.max_side and sides[0] * sides[1] <= limits.max_pixels
    if not fits or fingerprint.flat_share > 1:
        raise DecoderFailed("the decoder's answer was out of range")
    if colours and not _are_of(shown, fingerprint):
        raise DecoderFailed("the decoder's answer was out of range")
    return replace(fingerprint, profile=None if profile is None else profile.name, colours=shown)


def warm_up() -> None:
    """Fingerprint one picture for each purpose, so that every import has happened before the limits apply."""
    keep_large_blocks_apart()
    rows, columns = WARM_UP_SIZE
    picture = np.add.outer(np.arange(rows), 3 * np.arange(columns)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG")
    for purpose in Purpose:
        describe_in_process(file.getvalue(), purpose, colours=True)


def _packed(fingerprint: ImageFingerprint) -> bytes:
    matching = _MATCHING.pack(
        _FORMATS.index(fingerprint.media_format),
        fingerprint.width,
        fingerprint.height,
        round(fingerprint.flat_share * _FLAT_AREAS),
        fingerprint.quality,
        fingerprint.pdq.value,
        fingerprint.dhash.value,
    )
    canonical, phash = fingerprint.pdq_canonical, fingerprint.phash
    if canonical is None or phash is None:
        frames = _FRAMES.pack(
            fingerprint.is_whole,
            fingerprint.has_all_scenes,
            len(fingerprint.clips),
            len(fingerprint.query_frames),
        )
        clips = (_CLIP.pack(*clip) for clip in fingerprint.clips)
        return b"".join((matching, frames, *clips, *map(pack, fingerprint.query_frames)))
    regions = b"" if fingerprint.regions is None else fingerprint.regions.pack()
    exchange = _EXCHANGE.pack(
        canonical.quality or 0, canonical.value, phash.value, len(fingerprint.inner), len(regions)
    )
    boxes = [_BOX.pack(*box.edges) for box in fingerprint.inner]
    windows = b"" if fingerprint.windows is None else fingerprint.windows.pack()
    return b"".join((matching, exchange, *boxes, regions, windows))


def _with_colours(rest: memoryview) -> tuple[tuple[Colours, ...], bytes]:
    """Read the colours. Return them and a copy of the rest, which does not share memory with them."""
    (count,) = _COLOURED.unpack_from(rest)
    if not 1 <= count <= _MAX_COLOURS:
        raise MalformedCode(f"an answer has one to {_MAX_COLOURS} pictures in colour")
    rest = rest[_COLOURED.size :]
    shown = []
    for number in range(count):
        colours, rest = unpack_colours(rest, LATER_COLOUR_SIDE if number else COLOUR_SIDE)
        shown.append(colours)
    return tuple(shown), bytes(rest)


def _are_of(shown: tuple[Colours, ...], fingerprint: ImageFingerprint) -> bool:
    """Return True if there are no more pictures in colour than frames, and the first has the right size."""
    rows, columns, _ = shown[0].shape
    size = fitted(fingerprint.width, fingerprint.height, COLOUR_SIDE)
    return len(shown) <= max(1, len(fingerprint.query_frames)) and (columns, rows) == size


def _unpacked(body: bytes, purpose: Purpose, sha256: bytes) -> ImageFingerprint:
    media_format, width, height, flat_areas, quality, pdq, dhash = _MATCHING.unpack_from(body)
    fingerprint = ImageFingerprint(
        sha256=sha256,
        media_format=_FORMATS[media_format],
        width=width,
        height=height,
        pdq=Code(algorithm=Algorithm.PDQ, value=pdq, quality=quality),
        pdq_canonical=None,
        dhash=Code(algorithm=Algorithm.DHASH128, value=dhash),
        phash=None,
        flat_share=flat_areas / _FLAT_AREAS,
    )
    rest = memoryview(body)[_MATCHING.size :]
    return (
        _with_exchange(fingerprint, rest)
        if purpose is Purpose.ENROL
        else _with_query_frames(fingerprint, rest)
    )


def _with_exchange(fingerprint: ImageFingerprint, rest: memoryview) -> ImageFingerprint:
    quality, canonical, phash, count, length = _EXCHANGE.unpack_from(rest)
    boxes, rest = rest[_EXCHANGE.size :], rest[_EXCHANGE.size + count * _BOX.size :]
    regions, windows = rest[:length], rest[length:]
    inner = [Box.of_edges(*_BOX.unpack_from(boxes, row * _BOX.size)) for row in range(count)]
    if count > MAX_PICTURES or not all(box.is_proper for box in inner):
        raise MalformedCode("an inner picture is out of range")
    if bool(length) is not bool(len(windows)):
        raise WrongLength("an enrolment's answer has windows and a regional signature, or neither")
    return replace(
        fingerprint,
        pdq_canonical=Code(algorithm=Algorithm.PDQ, value=canonical, quality=quality),
        phash=Code(algorithm=Algorithm.PHASH, value=phash),
        inner=tuple(inner),
        windows=Windows.unpack(bytes(windows)) if length else None,
        regions=RegionalSignature.unpack(bytes(regions)) if length else None,
    )


def _with_query_frames(fingerprint: ImageFingerprint, rest: memoryview) -> ImageFingerprint:
    is_whole, has_all_scenes, clip_count, count = _FRAMES.unpack_from(rest)
    if not 1 <= count <= _MAX_QUERY_FRAMES or clip_count > MAX_EMBEDDED_CLIPS:
        raise MalformedCode("a check's answer has too few or too many query frames, or too many clips")
    rest = rest[_FRAMES.size :]
    clips = tuple(_CLIP.unpack_from(rest, row * _CLIP.size) for row in range(clip_count))
    rest = rest[clip_count * _CLIP.size :]
    query_frames = []
    for _ in range(count):
        query_frame, rest = unpack(rest)
        query_frames.append(query_frame)
    if len(rest):
        raise WrongLength("a check's answer has nothing behind its query frames")
    return replace(
        fingerprint,
        query_frames=tuple(query_frames),
        clips=clips,
        is_whole=is_whole,
        has_all_scenes=has_all_scenes,
    )
