"""Faces as rows: each vector sealed by its subject's key, and that by the deployment's.

A seal opens for one kind (a photograph or a template), case, engine, model and number of key, and for one photograph's
reference or a template's count of photographs: rows cannot change places, and an old one cannot come back.
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
    """Where one vector stands: what its seal is bound to.

    Attributes:
        kind: `photo` or `template`.
        model_sha256: digest of the embedder, 32 bytes.
        which: a photograph's reference, by its key; a template's count of photographs.
    """

    kind: str
    engine: str
    model_sha256: bytes = field(repr=False)
    which: int

    @classmethod
    def photo(cls, engine: str, model_sha256: bytes, reference_key: int) -> Self:
        """Names the face of one photograph."""
        return cls(kind="photo", engine=engine, model_sha256=model_sha256, which=reference_key)

    @classmethod
    def template(cls, engine: str, model_sha256: bytes, photographs: int) -> Self:
        """Names the case's template of one engine."""
        return cls(kind="template", engine=engine, model_sha256=model_sha256, which=photographs)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseKey:
    """One case's key, opened.

    Attributes:
        number: of the key, from 1, another one after each rotation.
    """

    case_id: str
    number: int
    sealing: Sealing = field(repr=False)

    @classmethod
    def open(cls, case_id: str, number: int, sealed_key: bytes, sealing: SubjectSealing) -> Self:
        """Opens what `make_key` returned; raises `SealBroken`."""
        opened = sealing.open_key(sealed_key, _key_context(case_id, number))
        return cls(case_id=case_id, number=number, sealing=opened)

    def seal(self, vector: F32, place: Place) -> bytes:
        """Seals a vector, float32 [dimension], for its place."""
        return self.sealing.seal(vector.astype(_LITTLE).tobytes(), self._context(place))

    def reseal(self, sealed: bytes, place: Place, new: "CaseKey") -> bytes:
        """Seals for the same place under another key; raises `SealBroken`."""
        return new.sealing.seal(self.unseal(sealed, place), new._context(place))  # noqa: SLF001  of its own kind

    def unseal(self, sealed: bytes, place: Place) -> bytes:
        """Returns a vector as bytes, little-endian float32; raises `SealBroken`."""
        return self.sealing.unseal(sealed, self._context(place))

    def _context(self, place: Place) -> bytes:
        model = place.model_sha256.hex()
        fields = (place.kind, self.case_id, place.engine, model, self.number, place.which)
        return "|".join(map(str, fields)).encode("ascii")


def make_key(case_id: str, number: int, sealing: SubjectSealing) -> bytes:
    """Makes a key for a case, and returns it sealed."""
    return sealing.make_key(_key_context(case_id, number))


def vector_of(plain: bytes, row_bytes: int | None = None) -> F32:
    """Returns an unsealed vector, float32 [dimension]; raises `SealBroken` where it is not of this length."""
    if len(plain) % _LITTLE.itemsize or row_bytes not in (None, len(plain)):
        raise SealBroken("What is stored sealed is not what this engine stores.")
    return np.frombuffer(plain, _LITTLE).astype(np.float32)


def _key_context(case_id: str, number: int) -> bytes:
    return f"face key|{case_id}|{number}".encode("ascii")
