"""Fuzz targets: our own parsers of foreign bytes. A parser may raise only the errors that it documents.

parser let through. Where bytes are sealed with a checksum, the target seals them, or no mutation would get past it.
parser let through. Where bytes are sealed with a checksum, the target seals them, or no mutation would get past it.
`./scripts/fuzz TARGET` runs one with atheris; `test_targets.py` runs all on a few thousand inputs.
"""

import hashlib
import io
import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from index.errors import CodeError, DamagedSnapshot, MediaError, SoundOnly, UnknownFormat
from index.hashing.codes import Algorithm, Code
from index.limits import STANDARD
from index.media.pictures.formats import MediaFormat, sniff
from index.pictures import wire as answers
from index.pictures.describing import Purpose
from index.search.codes.format import CodeHeader, decode, encode
from index.search.codes.plans import Plan
from index.search.files.format import BLOCK_BYTES, FORMAT, IndexIdentity, SnapshotDigests
from index.search.files.manifest import Manifest, ManifestEntry, encode_manifest, parse_manifest, unseal
from index.windows.choosing import FULL
from index.windows.windows import Windows
from registry.domain import ids
from registry.errors import RegistryError
from registry.security.keys import Keys
from registry.web.bodies import Parameters, parse_json, validated
from registry.web.schemas.checks import CheckByCodes, DecisionAsked
from registry.web.schemas.codes import parse_codes
from registry.web.schemas.enrolling import CaseAsked, ReferenceByCodes

KEYS = Keys(bytes(32))
"""Keys for digests of parsed bodies; their values do not matter here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A parser under test.

    Attributes:
        run: Called with each input.
        seeds: Inputs that get far, from which others are made.
    """

    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]


def _words(data: bytes, count: int) -> list[str]:
    """The first `count` lines as text, whatever the bytes are."""
    lines = data.split(b"\n", count - 1)
    return [line.decode("utf-8", "surrogateescape") for line in lines] + [""] * (count - len(lines))


def code(data: bytes) -> None:
    """`Code.parse`: a code that spells itself as it was spelled, or a `CodeError`."""
    algorithm, quality, text = _words(data, 3)
    number = int(quality) if quality.isascii() and quality.isdecimal() and len(quality) < 5 else None
    try:
        parsed = Code.parse(algorithm, text, number)
    except CodeError:
        return
    assert (parsed.algorithm, parsed.hex(), parsed.quality) == (algorithm, text, number)


def windows(data: bytes) -> None:
    """`Windows.unpack`: windows that pack into what is read back alike, or a `CodeError`."""
    try:
        read = Windows.unpack(data)
    except CodeError:
        return
    again = Windows.unpack(read.pack())
    assert np.isfinite(read.places).all()
    assert len(again) == len(read) == len(read.places) == len(read.flipped)
    assert (again.width, again.height) == (read.width, read.height)
    assert np.array_equal(again.codes, read.codes)
    assert np.array_equal(again.flipped, read.flipped)
    assert np.allclose(again.places, read.places, atol=0.1)


def media_format(data: bytes) -> None:
    """`sniff`: a format on the list, `SoundOnly` or `UnknownFormat`."""
    try:
        assert sniff(data) in MediaFormat
    except (SoundOnly, UnknownFormat):
        return


def reply(data: bytes) -> None:
    """`answers.read`: a fingerprint with everything in range, or a `MediaError`."""
    for purpose in Purpose:
        try:
            made = answers.read(data, purpose, bytes(32), STANDARD)
        except MediaError:
            continue
        assert 1 <= made.width * made.height <= STANDARD.max_pixels
        assert 0 <= made.quality <= 100
        assert 0 <= made.flat_share <= 1
        assert made.media_format in MediaFormat


def snapshot(data: bytes) -> None:
    """`decode`: a header whose sections follow one another, or `DamagedSnapshot`."""
    front = struct.pack("<8sII", b"TKDNSNAP", FORMAT, len(data)) + data
    sealed = (front + hashlib.sha256(front).digest()).ljust(BLOCK_BYTES, b"\0")
    for block in (data, data[:BLOCK_BYTES].ljust(BLOCK_BYTES, b"\0"), sealed):
        try:
            header = decode(block)
        except DamagedSnapshot:
            continue
        places = [section.offset for section in header.sections.values()]
        assert places == sorted(places)
        assert header.length > 0
        assert decode(encode(header)) == header


def manifest(data: bytes) -> None:
    """`unseal` and `parse_manifest`: what was sealed, or `DamagedSnapshot`."""
    for sealed in (data, hashlib.sha256(data).hexdigest().encode() + b"\n" + data):
        try:
            fields = unseal(sealed)
        except DamagedSnapshot:
            continue
        assert isinstance(fields, dict)
        assert "format" not in fields
        try:
            assert isinstance(parse_manifest(sealed), Manifest)
        except DamagedSnapshot:
            continue


def body(data: bytes) -> None:
    """`parse_json` and `validated`: a model, and a digest of what was sent, or a problem of ours."""
    for model in (CheckByCodes, ReferenceByCodes, CaseAsked, DecisionAsked):
        try:
            fields = parse_json(data)
            Parameters(fields=fields).digest(KEYS, "/v1/checks")
            asked = validated(model, fields)
            if isinstance(asked, CheckByCodes):
                parse_codes(asked.codes)
        except RegistryError:
            continue


def identifier(data: bytes) -> None:
    """`is_id`: true only for the one spelling that `new_id` gives."""
    prefix, text = _words(data, 2)
    if ids.is_id(text, prefix):
        assert text.isascii()
        assert len(text) == len(prefix) + 17
        assert text == text.strip().lower()
    assert ids.is_id(ids.new_id(ids.CASE, lambda count: data[:count].ljust(count, b"\0")), ids.CASE)


_HEADER: Final = CodeHeader(
    identity=IndexIdentity(family="pdq-1", epoch="e", key_id="k"),
    plan=Plan(name="plan", widths=(16, 8), radii=(1, 0)),
    sequence=1,
    count=2,
    decoys=0,
    checksum=3,
    nonce=4,
)
_PLAIN_HEADER: Final = encode(_HEADER)
_MANIFEST: Final = encode_manifest(
    Manifest(
        identity=_HEADER.identity,
        entries=(ManifestEntry(name="a.snapshot", digests=SnapshotDigests(length=1, header="0", sums="1")),),
    )
)
_CODES: Final = [{"algorithm": name.value, "value": "0f" * (name.bits // 8)} for name in Algorithm]


def _reply(purpose: Purpose) -> bytes:
    """What an honest worker says of a picture."""
    levels = np.random.default_rng(1).integers(0, 256, (12, 16), np.uint8)
    file = io.BytesIO()
    Image.fromarray(levels).resize((320, 240)).save(file, "PNG")
    return answers.serve(answers.request_header(purpose, STANDARD, FULL) + file.getvalue())


TARGETS: Final = {
    "body": Target(
        run=body,
        seeds=(
            json.dumps({"codes": _CODES}).encode(),
            json.dumps({"codes": _CODES[:1], "kind": "intimate_item"}).encode(),
            b'{"decision": "allowed", "note": "\\ud800"}',
            b"[" * 9 + b"]" * 9,
            b'{"codes": [{"algorithm": "pdq", "value": "' + b"0" * 64 + b'", "quality": 1e999}]}',
        ),
    ),
    "code": Target(
        run=code,
        seeds=tuple(f"{name.value}\n90\n{'0f' * (name.bits // 8)}".encode() for name in Algorithm),
    ),
    "identifier": Target(
        run=identifier, seeds=(b"case\ncase_4k7xq09m2b5t8r1w", b"ref\nref_0000000000000000")
    ),
    "manifest": Target(
        run=manifest,
        seeds=(b'{"format":1,"patches":[]}', _MANIFEST, _MANIFEST.partition(b"\n")[2]),
    ),
    "media-format": Target(
        run=media_format,
        seeds=(b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP", b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif", b"II*\0"),
    ),
    "reply": Target(
        run=reply,
        seeds=(*(_reply(purpose) for purpose in Purpose), b"Xmedia-empty"),
    ),
    "snapshot": Target(
        run=snapshot,
        seeds=(_PLAIN_HEADER, _PLAIN_HEADER[16 : _PLAIN_HEADER.rindex(b"}") + 1]),
    ),
    "windows": Target(
        run=windows,
        seeds=(
            b"\xa0\0\xa0\0\0",
            b"\xa0\0\xa0\0\1" + bytes(39),
            Windows(
                width=200,
                height=128,
                places=np.array([[10, 20, 30, 1], [50, 60, 12, 4]], np.float32),
                codes=np.full((2, 32), 0x5A, np.uint8),
                flipped=np.array([True, False]),
            ).pack(),
        ),
    ),
}
