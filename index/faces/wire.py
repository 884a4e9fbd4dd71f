"""The messages between `FaceWorkerPool` and its workers: pictures as pixels, faces as numbers, both in fixed layouts.

The worker runs `warm_up` once, with the engines' names, and then `serve`. The parent reads the reply with `read`, which
does not trust it: lengths are exact, every field is checked for its range, vectors are finite and of unit length, and a
reply cannot contain text.
"""

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Final

import numpy as np

from index.arrays import F32, U8
from index.errors import DecoderFailed, EngineUnavailable, FaceError, MalformedManifest, ModelDamaged
from index.faces import library
from index.faces.describing import describe_faces
from index.faces.dlib import DEFAULT_ENGINE, open_default
from index.faces.engine import MAX_FACES, FaceEngine, FaceRefusal, SeenFace, SeenFaces, is_unit
from index.verdict import STEPS, Box

COLOURS: Final = 3
MAX_PICTURES: Final = 5
"""Maximum number of pictures per request: the number of sampled frames of an animation."""

_WARM_UP_SIDE: Final = 96  # pixels; larger than the smallest view, so that the warm-up uses every view

_REFUSALS: Final = tuple(FaceRefusal)

# A request: number of pictures, then rows and columns of each; the pixels follow.
_COUNT: Final = struct.Struct(">B")
_SIZE: Final = struct.Struct(">HH")
# A reply: faces follow, or the stable code of a FaceError.
_FACES: Final = b"F"
_FAILURE: Final = b"X"
# For each picture and engine: whether these are all faces, and their number.
_SEEN: Final = struct.Struct(">?B")
# For each face: the box's edges in steps, refusals as bits, side, score, sharpness; then the vector, if there is one.
_FACE: Final = struct.Struct(">4BBddd")

# Errors that a worker may report, each with our text: a worker's own words never reach a log or a client.
_FAILURES: Final[dict[bytes, tuple[type[FaceError], str]]] = {
    error.code.encode("ascii"): (error, text)
    for error, text in (
        (EngineUnavailable, "a face engine is not installed, or its folder cannot be used"),
        (MalformedManifest, "a face engine's manifest cannot be read"),
        (ModelDamaged, "a file of a face engine is damaged"),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSpec:
    """An engine to be opened.

    Attributes:
        id: id in the engine's manifest.
        folder: folder of the installed engines, and of files made for the built-in engine.
    """

    id: str
    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The expected content of a reply.

    Attributes:
        pictures: number of pictures in the request.
        engines: id and dimension of each engine, in order.
    """

    pictures: int
    engines: tuple[tuple[str, int], ...]


# The worker's engines, or the error of opening them. The error is kept for the replies, because a worker that ends
# during the warm-up cannot report a reason.
_opened: Final[list[FaceEngine]] = []
_failed: Final[list[FaceError]] = []


def warm_up_argument(specs: Sequence[EngineSpec]) -> str:
    """Return the engines for `warm_up`."""
    return json.dumps([[spec.id, str(spec.folder)] for spec in specs])


def warm_up(argument: str) -> None:
    """Open the engines and run them on one picture, so that all loading is done before the limits apply."""
    picture = np.add.outer(np.arange(_WARM_UP_SIDE), 2 * np.arange(_WARM_UP_SIDE)).astype(np.uint8)
    try:
        for engine_id, folder in json.loads(argument):
            engine = open_engine(EngineSpec(id=engine_id, folder=Path(folder)))
            describe_faces(np.repeat(picture[:, :, np.newaxis], COLOURS, axis=2), engine)
            _opened.append(engine)
    except FaceError as error:
        _failed.append(error)


def open_engine(spec: EngineSpec) -> FaceEngine:
    """Open one engine.

    Raises:
        EngineUnavailable: The engine is not installed, or a package that it needs is missing.
        MalformedManifest: The engine's manifest cannot be read.
        ModelDamaged: A file of the engine is damaged.
    """
    if spec.id == DEFAULT_ENGINE:
        return open_default(spec.folder)
    return library.open_engine(spec.folder, spec.id)


def request(pictures: Sequence[U8]) -> tuple[bytes | memoryview, ...]:
    """Return a packed request of at most `MAX_PICTURES` pictures, each uint8 [height, width, 3], sides below 65,536."""
    sizes = b"".join(_SIZE.pack(*picture.shape[:2]) for picture in pictures)
    pixels = (np.ascontiguousarray(picture).data.cast("B") for picture in pictures)
    return (_COUNT.pack(len(pictures)) + sizes, *pixels)


def serve(message: bytes) -> bytes:
    """Find faces in the pictures of a request and return the packed answer. The sandbox runs this task in a worker."""
    if _failed:
        return _FAILURE + _failed[0].code.encode("ascii")
    return served(message, _opened)


def served(message: bytes, engines: Sequence[FaceEngine]) -> bytes:
    """Find faces with the given engines, picture by picture, and return the packed answer."""
    seen = (describe_faces(picture, engine) for picture in _pictures(message) for engine in engines)
    return _FACES + b"".join(_packed(faces) for faces in seen)


def read(reply: bytes, expected: Expected) -> tuple[tuple[SeenFaces, ...], ...]:
    """Read a worker's reply. Return for each picture the faces found by each engine.

    Raises:
        EngineUnavailable, MalformedManifest, ModelDamaged: The worker could not open an engine.
        DecoderFailed: An honest worker does not send such a reply.
    """
    kind, body = reply[:1], reply[1:]
    if kind == _FAILURE and body in _FAILURES:
        error, text = _FAILURES[body]
        raise error(text)
    if kind != _FACES:
        raise DecoderFailed("the face finder's answer was not one")
    reading = _Reading(body)
    try:
        found = tuple(
            tuple(reading.seen(engine, dimension) for engine, dimension in expected.engines)
            for _ in range(expected.pictures)
        )
        reading.end()
    except (_OutOfRange, struct.error):
        raise DecoderFailed("the face finder's answer was out of range") from None
    return found


class _OutOfRange(Exception):
    """A field that an honest worker does not send. Used only inside this module."""


class _Reading:
    """Sequential reader of a reply."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def seen(self, engine: str, dimension: int) -> SeenFaces:
        is_whole, count = self._next(_SEEN)
        if count > MAX_FACES:
            raise _OutOfRange
        return SeenFaces(
            engine=engine, faces=tuple(self._face(dimension) for _ in range(count)), is_whole=is_whole
        )

    def end(self) -> None:
        if self._at != len(self._body):
            raise _OutOfRange

    def _face(self, dimension: int) -> SeenFace:
        left, top, right, bottom, bits, side, score, sharp = self._next(_FACE)
        is_box = left < right <= STEPS and top < bottom <= STEPS
        is_measured = all(isfinite(measure) for measure in (side, score, sharp)) and side >= 0 and sharp >= 0
        if not is_box or not is_measured or bits >> len(_REFUSALS):
            raise _OutOfRange
        names = tuple(refusal for place, refusal in enumerate(_REFUSALS) if bits >> place & 1)
        return SeenFace(
            box=Box.of_steps(left, top, right, bottom),
            vector=None if names else self._vector(dimension),
            refusals=names,
            side_px=side,
            score=score,
            sharpness=sharp,
        )

    def _vector(self, dimension: int) -> F32:
        end = self._at + 4 * dimension
        if end > len(self._body):
            raise _OutOfRange
        vector = np.frombuffer(self._body[self._at : end], "<f4").astype(np.float32)
        if not is_unit(vector):
            raise _OutOfRange
        self._at = end
        return vector

    def _next(self, layout: struct.Struct) -> tuple[Any, ...]:
        fields = layout.unpack_from(self._body, self._at)
        self._at += layout.size
        return fields


def _pictures(message: bytes) -> list[U8]:
    (count,) = _COUNT.unpack_from(message)
    sizes = [_SIZE.unpack_from(message, _COUNT.size + row * _SIZE.size) for row in range(count)]
    at = _COUNT.size + count * _SIZE.size
    pictures = []
    for rows, columns in sizes:
        length = rows * columns * COLOURS
        pictures.append(np.frombuffer(message, np.uint8, length, at).reshape(rows, columns, COLOURS))
        at += length
    return pictures


def _packed(seen: SeenFaces) -> bytes:
    return _SEEN.pack(seen.is_whole, len(seen.faces)) + b"".join(_packed_face(face) for face in seen.faces)


def _packed_face(face: SeenFace) -> bytes:
    bits = sum(1 << _REFUSALS.index(refusal) for refusal in face.refusals)
    fixed = _FACE.pack(*face.box.steps, bits, face.side_px, face.score, face.sharpness)
    return fixed if face.vector is None else fixed + face.vector.astype("<f4").tobytes()
