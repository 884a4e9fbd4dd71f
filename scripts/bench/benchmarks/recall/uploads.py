"""Functions for a pool of processes: make uploads, and hash them by PDQ alone and by ImageHash."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import imagehash
import numpy as np
import numpy.typing as npt
import pdqhash
from PIL import Image

from benchmarks.reuploads.kinds import ALL_KINDS, reupload
from benchmarks.reuploads.negatives import NEGATIVES
from index.arrays import U8
from index.frames import look
from index.limits import STANDARD
from index.media.pictures import matching_plane

PDQ_BITS: Final = 31  # ThreatExchange's recommended threshold
IMAGEHASH_BITS: Final = 10  # of 64: the usual setting of ImageHash's users
CLASSIC: Final[Mapping[str, Callable[[Image.Image], imagehash.ImageHash]]] = {
    "dhash": imagehash.dhash,
    "phash": imagehash.phash,
    "ahash": imagehash.average_hash,
    "whash": imagehash.whash,
}

_KINDS: Final = {kind.name: kind for kind in ALL_KINDS}
_NEGATIVES: Final = {negative.name: negative for negative in NEGATIVES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """An upload to be made.

    Attributes:
        place: the picture's place among the references.
        others: places of the unrelated pictures that it may be shown with.
    """

    kind: str
    place: int
    others: tuple[int, ...]
    seed: int
    paths: tuple[Path, ...] = field(repr=False)

    @property
    def shown(self) -> tuple[int, ...]:
        """Places of all pictures that the upload may show."""
        return (self.place, *self.others)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hashes:
    """Hashes of a file by other methods: PDQ uint8 [32], and each of `CLASSIC` uint8 [8]."""

    pdq: U8
    classic: Mapping[str, U8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """An uploaded file and its hashes."""

    data: bytes = field(repr=False)
    hashes: Hashes


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """Codes of a registered picture for brute-force comparison.

    Attributes:
        pdq: uint8 [8, 32], PDQ of its dihedral variants.
        dhash: uint8 [16], dHash-128 of the picture itself.
        hashes: the codes of other libraries.
    """

    pdq: U8
    dhash: U8
    hashes: Hashes


def make_upload(job: Job) -> Upload:
    """Make an upload; the same job gives the same bytes."""
    picture, *others = (opened(path) for path in job.paths)
    data = reupload(_KINDS[job.kind], picture, job.seed, others)
    return Upload(data=data, hashes=_hashes(data))


def make_negative(job: Job) -> tuple[bytes, bytes]:
    """Make the reference and the upload of a hard negative; the first of the job's others is the second picture."""
    first, second, *others = (opened(path) for path in job.paths)
    return _NEGATIVES[job.kind].make_pair(first, second, np.random.default_rng(job.seed), others)


def look_at(path: Path) -> Looked:
    """Hash a registered picture."""
    data = path.read_bytes()
    query_frame = look(matching_plane(data, STANDARD).luma, None)
    return Looked(
        pdq=query_frame.pdq_codes,
        dhash=query_frame.dhash_codes[0],
        hashes=_hashes(data),
    )


def opened(path: Path) -> Image.Image:
    """Read a picture in full colour."""
    with Image.open(path) as picture:
        return picture.convert("RGB")


def _hashes(data: bytes) -> Hashes:
    with Image.open(io.BytesIO(data)) as file:
        picture = file.convert("RGB")
    bits, _quality = pdqhash.compute(np.asarray(picture))
    return Hashes(
        pdq=np.packbits(np.asarray(bits, np.bool_)),
        classic={name: np.packbits(make(picture).hash.ravel()) for name, make in CLASSIC.items()},
    )


def bits_between(codes: U8, held: U8) -> npt.NDArray[np.uint16]:
    """Count differing bits: codes uint8 [n, b] and held uint8 [m, b] give uint16 [n, m]."""
    words = np.dtype(np.uint64) if codes.shape[1] % 8 == 0 else np.dtype(np.uint8)
    left = np.ascontiguousarray(codes).view(words)[:, None, :]
    right = np.ascontiguousarray(held).view(words)[None, :, :]
    counts: npt.NDArray[np.uint16] = np.bitwise_count(left ^ right).sum(axis=2, dtype=np.uint16)
    return counts
