"""Seals of face rows: each vector is sealed by its subject's key, and that key by the deployment's key.

A seal is bound to its kind (photograph or template), case, engine, model and number of the key. A photograph's seal is
also bound to its reference, and a template's seal to its number of photographs. Rows can therefore not be swapped, and
an old row cannot be put back.
"""

from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np

from index.arrays import F32
from registry.errors import SealBroken
from registry.ports import Sealing, SubjectSealing

FIRST_NUMBER: Final = 1
_LITTLE: Final = np.dtype("<f4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The place of one stored vector, to which its seal is bound.

    Attributes:
        kind: `photo` or `template`.
        model_sha256: digest of the embedder, 32 bytes.
        which: the reference's key for a photograph; the number of photographs for a template.
    """

    kind: str
    engine: str
    model_sha256: bytes = field(repr=False)
    which: int

    @classmethod
    def photo(cls, engine: str, model_sha256: bytes, reference_key: int) -> Self:
        """Return the place of one photograph's face."""
        return cls(kind="photo", engine=engine, model_sha256=model_sha256, which=reference_key)

    @classmethod
    def template(cls, engine: str, model_sha256: bytes, photographs: int) -> Self:
        """Return the place of the case's template of one engine."""
        return cls(kind="template", engine=engine, model_sha256=model_sha256, which=photographs)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseKey:
    """The opened key of one case.

    Attributes:
        number: number of the key, from 1; it grows by 1 with each rotation.
    """

    case_id: str
    number: int
    sealing: Sealing = field(repr=False)

    @classmethod
    def open(cls, case_id: str, number: int, sealed_key: bytes, sealing: SubjectSealing) -> Self:
        """Open a key that `make_key` returned; raise `SealBroken`."""
        opened = sealing.open_key(sealed_key, _key_context(case_id, number))
        return cls(case_id=case_id, number=number, sealing=opened)

    def seal(self, vector: F32, place: Place) -> bytes:
        """Seal a vector, float32 [dimension], for its place."""
        return self.sealing.seal(vector.astype(_LITTLE).tobytes(), self._context(place))

    def reseal(self, sealed: bytes, place: Place, new: "CaseKey") -> bytes:
        """Seal a sealed vector for the same place under another key; raise `SealBroken`."""
        return new.sealing.seal(self.unseal(sealed, place), new._context(place))  # noqa: SLF001  the same class

    def unseal(self, sealed: bytes, place: Place) -> bytes:
        """Return a vector as bytes, little-endian float32; raise `SealBroken`."""
        return self.sealing.unseal(sealed, self._context(place))

    def _context(self, place: Place) -> bytes:
        model = place.model_sha256.hex()
        fields = (place.kind, self.case_id, place.engine, model, self.number, place.which)
        return "|".join(map(str, fields)).encode("ascii")


def make_key(case_id: str, number: int, sealing: SubjectSealing) -> bytes:
    """Make a key for a case, and return it sealed."""
    return sealing.make_key(_key_context(case_id, number))


def vector_of(plain: bytes, row_bytes: int | None = None) -> F32:
    """Return an unsealed vector, float32 [dimension]; raise `SealBroken` if its length is not `row_bytes`."""
    if len(plain) % _LITTLE.itemsize or row_bytes not in (None, len(plain)):
        raise SealBroken("What is stored sealed is not what this engine stores.")
    return np.frombuffer(plain, _LITTLE).astype(np.float32)


def _key_context(case_id: str, number: int) -> bytes:
    return f"face key|{case_id}|{number}".encode("ascii")
