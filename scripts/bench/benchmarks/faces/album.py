"""Faces that an engine found in pictures, kept in a file, so that no picture is examined twice.

The file holds a record for each picture: the SHA-256 of its file, a length, and a worker's reply as
`index.faces.wire` packs it. Its name depends on the engine, its files, its gates, the code of `index.faces`,
and the alteration of the pictures: a change of any of these gives another file. It holds descriptions of faces, so
keep it out of repositories.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import hypot
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

import index.faces
from benchmarks.faces.folder import Portrait, pixels
from index.arrays import F32, U8
from index.faces import Alignment, Expected, FaceEngine, SeenFace, SeenFaces, read, request, served
from index.faces.dlib import DLIB_CENTRING

Dress = Callable[[U8, FaceEngine], U8 | None]
"""Alters a picture, uint8 [height, width, 3]; None if that is impossible, as when a face to cover is not found."""

_HEAD: Final = struct.Struct(">32sI")


@dataclass(frozen=True, slots=True, kw_only=True)
class Album:
    """An engine and the folder in which the faces that it found are kept."""

    engine: FaceEngine
    folder: Path

    def looks(
        self, portraits: Sequence[Portrait], name: str = "plain", dress: Dress | None = None
    ) -> tuple[SeenFaces | None, ...]:
        """Return the faces of each portrait, in the order of `portraits`, or None for one that `dress` could not alter.

        Args:
            portraits: the pictures.
            name: name of the alteration. It becomes part of the cache file's name.
            dress: alters a picture before faces are looked for; None for no alteration.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{self.engine.manifest.id}-{_key(self.engine)}-{name}.looks"
        manifest = self.engine.manifest
        expected = Expected(pictures=1, engines=((manifest.id, manifest.dimension),))
        with path.open("a+b") as file:
            kept = _records(file)
            found = []
            for portrait in portraits:
                reply = kept.get(portrait.digest)
                if reply is None:
                    reply = self._look(portrait, dress)
                    kept[portrait.digest] = reply
                    file.write(_HEAD.pack(portrait.digest, len(reply)) + reply)
                found.append(read(reply, expected)[0][0] if reply else None)
        return tuple(found)

    def _look(self, portrait: Portrait, dress: Dress | None) -> bytes:
        picture: U8 | None = pixels(portrait.path.read_bytes())
        if dress is not None and picture is not None:
            picture = dress(picture, self.engine)
        if picture is None:
            return b""
        return served(b"".join(request([picture])), [self.engine])


def subject_of(seen: SeenFaces | None) -> SeenFace | None:
    """Return the subject's face: of the faces that are fit for comparison, the one nearest to the picture's centre.

    A label names one person. In 1 % of LFW's pictures the largest face is another person's, and each of these would be
    a wrong label that harms TAR and FAR alike.
    """
    faces = [] if seen is None else [face for face in seen.faces if face.vector is not None]
    return min(faces, key=_from_centre, default=None)


def vectors_of(looks: Sequence[SeenFaces | None], dimension: int) -> F32:
    """Stack the subjects' vectors: float32 [n, dimension], with a row of NaN where there is no face."""
    vectors = np.full((len(looks), dimension), np.nan, np.float32)
    for row, seen in enumerate(looks):
        face = subject_of(seen)
        if face is not None and face.vector is not None:
            vectors[row] = face.vector
    return vectors


def _from_centre(face: SeenFace) -> float:
    left, top, right, bottom = face.box.edges
    return hypot((left + right - 1) / 2, (top + bottom - 1) / 2)


def _records(file: BinaryIO) -> dict[bytes, bytes]:
    """Read all complete records, and cut off an incomplete one that a killed run left."""
    file.seek(0)
    kept: dict[bytes, bytes] = {}
    end = 0
    for digest, reply, after in _whole(file.read()):
        kept[digest] = reply
        end = after
    file.truncate(end)
    return kept


def _whole(data: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    at = 0
    while at + _HEAD.size <= len(data):
        digest, length = _HEAD.unpack_from(data, at)
        at += _HEAD.size + length
        if at > len(data):
            return
        yield digest, data[at - length : at], at


def _key(engine: FaceEngine) -> str:
    manifest = engine.manifest
    parts = [manifest.embedder.sha256, repr(manifest.gates).encode()]
    if manifest.detector is not None:
        parts.append(manifest.detector.sha256)
    folder = Path(str(index.faces.__path__[0]))
    parts += [path.read_bytes() for path in sorted(folder.rglob("*.py"))]
    parts += [DLIB_CENTRING.read_bytes()] if manifest.alignment is Alignment.DLIB_150 else []
    return sha256(b"".join(sha256(part).digest() for part in parts)).hexdigest()[:12]
