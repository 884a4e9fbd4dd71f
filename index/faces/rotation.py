"""The secret rotation of face vectors: vectors of one deployment cannot be compared with those of another.

Cosines do not change, so search and thresholds work on rotated vectors. The rotation is obfuscation, not encryption: as
many known pairs as the vectors have dimensions reveal it. Stored vectors are therefore also encrypted.
"""

import hashlib
import hmac
from typing import Final

import numpy as np

from index.arrays import F32, F64
from index.errors import InvalidQuery

_SALT: Final = b"takedown-registry face rotation 1"
_MIN_SECRET: Final = 16
"""Minimum bytes of a secret; a shorter one can be found by trial."""
_BITS: Final = 53  # significant bits of a float64


class Rotation:
    """An orthogonal matrix drawn from the uniform (Haar) distribution, the same for the same secret on every machine.

    1. HMAC-SHA256 of engine and dimension under the secret (HKDF's extraction) is the key of a SHAKE-256 stream.
    2. Its bytes are converted to uniform and then to normal numbers (Box and Muller). No library's generator is used,
       because these may change between versions.
    3. The Q of their QR decomposition, with R's diagonal made positive, is uniformly distributed (Mezzadri 2007). It is
       computed in float64: differences between linear algebra libraries are far below the precision of float32.

    Thread safe. Its `repr` reveals nothing.

    Args:
        secret: Secret of the deployment, at least 16 bytes.
        engine_id: Id of the engine. Vectors of different engines are rotated differently.
        dimension: Dimension of the vectors.

    Raises:
        ValueError: The secret is too short.
    """

    __slots__ = ("_matrix",)

    def __init__(self, secret: bytes, engine_id: str, dimension: int) -> None:
        if len(secret) < _MIN_SECRET:
            raise ValueError("the rotation's secret is too short")
        info = b"\0".join((_SALT, engine_id.encode("utf-8"), str(dimension).encode("ascii")))
        key = hmac.digest(secret, info, "sha256")
        normal = _normal(key, dimension * dimension).reshape(dimension, dimension)
        q, r = np.linalg.qr(normal)
        self._matrix: F64 = q * np.where(np.diagonal(r) < 0, -1.0, 1.0)

    def apply(self, vectors: F32) -> F32:
        """Rotate float32 [n, dimension]. Lengths and cosines change by at most 1e-6.

        Raises:
            InvalidQuery: The vectors have another dimension.
        """
        if vectors.ndim != 2 or vectors.shape[1] != len(self._matrix):  # noqa: PLR2004 - rows of vectors
            raise InvalidQuery("the vectors have another dimension than the rotation")
        return (vectors.astype(np.float64) @ self._matrix).astype(np.float32)


def _normal(key: bytes, count: int) -> F64:
    """Draw independent normal numbers, float64 [count]."""
    pairs = (count + 1) // 2
    stream = hashlib.shake_256(key).digest(2 * pairs * 8)
    even = (np.frombuffer(stream, "<u8") >> np.uint64(64 - _BITS)).astype(np.float64)
    # Add 1, so that the logarithm's argument is above 0.
    radius = np.sqrt(-2 * np.log((even[:pairs] + 1) / 2.0**_BITS))
    angle = 2 * np.pi * even[pairs:] / 2.0**_BITS
    return np.concatenate((radius * np.cos(angle), radius * np.sin(angle)))[:count]
