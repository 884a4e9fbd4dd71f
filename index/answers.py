"""The messages between `Fingerprinter` and its workers: one request, one answer, both of fixed layout.

The worker runs `serve`. Its parent reads the reply with `read`, which trusts nothing of it, as a hostile file
may have taken the worker over: exact lengths, every field in range, no way to name a class, a file or a text.
"""

import io
import struct
from dataclasses import replace
from typing import Final

import numpy as np
from PIL import Image

from index.describing import ImageFingerprint, Purpose, describe_in_process
from index.errors import (
    CodeError,
    DecoderFailed,
    EmptyMedia,
    MediaError,
    TooManyBytes,
    TooManyPixels,
    UndecodableMedia,
    UnknownFormat,
)
from index.hashing.codes import Algorithm, Code
from index.hashing.whole import FLAT_GRID
from index.limits import STANDARD, DecodeLimits
from index.media.opening import MediaFormat

WARM_UP_SIZE: Final = (400, 600)  # rows and columns, pixels; above the matching side, so that it is reduced

_PURPOSES: Final = tuple(Purpose)
_FORMATS: Final = tuple(MediaFormat)
_FLAT_AREAS: Final = FLAT_GRID**2

_REQUEST: Final = struct.Struct(">BQQQ")  # purpose, max_bytes, max_pixels, max_side; the file follows
_REFUSAL: Final = b"X"  # the stable code of a MediaError follows
_FINGERPRINT: Final = b"F"  # _MATCHING follows, and at enrolment _EXCHANGE
_MATCHING: Final = struct.Struct(
    ">BIIHB32s16s"
)  # format, width, height, flat areas, PDQ quality, PDQ, dHash-128
_EXCHANGE: Final = struct.Struct(">B32s8s")  # canonical PDQ quality, canonical PDQ, pHash

# What a worker may report, and the text that goes with it: its own words never reach a log or a client.
_REFUSALS: Final[dict[bytes, tuple[type[MediaError], str]]] = {
    error.code.encode("ascii"): (error, text)
    for error, text in (
        (EmptyMedia, "the file has no bytes"),
        (TooManyBytes, "the file has more bytes than are decoded"),
        (UnknownFormat, f"the content is none of {', '.join(MediaFormat)}"),
        (TooManyPixels, "the header announces more pixels than are decoded"),
        (UndecodableMedia, "the file is truncated or damaged"),
    )
}


def request_header(purpose: Purpose, limits: DecodeLimits) -> bytes:
    """Pack what goes before the file in a request."""
    return _REQUEST.pack(_PURPOSES.index(purpose), limits.max_bytes, limits.max_pixels, limits.max_side)


def serve(request: bytes) -> bytes:
    """Fingerprint the file in a request and pack the answer: the sandbox's task, run in a worker."""
    purpose, max_bytes, max_pixels, max_side = _REQUEST.unpack_from(request)
    limits = replace(STANDARD, max_bytes=max_bytes, max_pixels=max_pixels, max_side=max_side)
    try:
        fingerprint = describe_in_process(request[_REQUEST.size :], _PURPOSES[purpose], limits)
    except MediaError as error:
        return _REFUSAL + error.code.encode("ascii")
    return _FINGERPRINT + _packed(fingerprint)


def read(reply: bytes, purpose: Purpose, sha256: bytes, limits: DecodeLimits) -> ImageFingerprint:
    """Read a worker's reply to a request for `purpose` about the file with this digest.

    Raises:
        MediaError: The leaf that the worker reported.
        DecoderFailed: The reply is not one that an honest worker gives.
    """
    kind, body = reply[:1], reply[1:]
    if kind == _REFUSAL and body in _REFUSALS:
        error, text = _REFUSALS[body]
        raise error(text)
    length = _MATCHING.size + (_EXCHANGE.size if purpose is Purpose.ENROL else 0)
    if kind != _FINGERPRINT or len(body) != length:
        raise DecoderFailed("the decoder's answer was not one")
    try:
        fingerprint = _unpacked(body, purpose, sha256)
    except (CodeError, IndexError):
        raise DecoderFailed("the decoder's answer was out of range") from None
    sides = (fingerprint.width, fingerprint.height)
    fits = min(sides) >= 1 and max(sides) <= limits.max_side and sides[0] * sides[1] <= limits.max_pixels
    if not fits or fingerprint.flat_share > 1:
        raise DecoderFailed("the decoder's answer was out of range")
    return fingerprint


def warm_up() -> None:
    """Take a worker through one picture for each purpose, so that no import is left for later."""
    rows, columns = WARM_UP_SIZE
    picture = np.add.outer(np.arange(rows), 3 * np.arange(columns)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG")
    for purpose in Purpose:
        describe_in_process(file.getvalue(), purpose)


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
        return matching
    return matching + _EXCHANGE.pack(canonical.quality or 0, canonical.value, phash.value)


def _unpacked(body: bytes, purpose: Purpose, sha256: bytes) -> ImageFingerprint:
    media_format, width, height, flat_areas, quality, pdq, dhash = _MATCHING.unpack_from(body)
    canonical = exchange = None
    if purpose is Purpose.ENROL:
        canonical_quality, canonical_pdq, phash = _EXCHANGE.unpack_from(body, _MATCHING.size)
        canonical = Code(algorithm=Algorithm.PDQ, value=canonical_pdq, quality=canonical_quality)
        exchange = Code(algorithm=Algorithm.PHASH, value=phash)
    return ImageFingerprint(
        sha256=sha256,
        media_format=_FORMATS[media_format],
        width=width,
        height=height,
        pdq=Code(algorithm=Algorithm.PDQ, value=pdq, quality=quality),
        pdq_canonical=canonical,
        dhash=Code(algorithm=Algorithm.DHASH128, value=dhash),
        phash=exchange,
        flat_share=flat_areas / _FLAT_AREAS,
    )
