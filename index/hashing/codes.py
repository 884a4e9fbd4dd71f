"""Codes: fixed-length bit strings that represent media, each with one canonical spelling."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self

from index.errors import CodeError, MalformedCode, UnknownAlgorithm, WrongLength


class Algorithm(StrEnum):
    """The algorithms whose codes the registry stores. The value is the name in the API."""

    PDQ = "pdq"
    DHASH128 = "dhash128"
    PHASH = "phash"
    SHA256 = "sha256"
    MD5 = "md5"
    VIDEOHASH = "videohash"  # of a whole clip; advisory: never searched, never confirmed

    @property
    def bits(self) -> int:
        """Length of this algorithm's codes, in bits."""
        return _BITS[self]

    @property
    def is_exact(self) -> bool:
        """True for cryptographic digests: two codes can be compared only for equality."""
        return self in _EXACT


_EXACT: Final = frozenset({Algorithm.SHA256, Algorithm.MD5})
_BITS: Final = {
    Algorithm.PDQ: 256,
    Algorithm.DHASH128: 128,
    Algorithm.PHASH: 64,
    Algorithm.SHA256: 256,
    Algorithm.MD5: 128,
    Algorithm.VIDEOHASH: 64,
}

# Range of the number of set bits in a code of a picture with content, both ends included. PDQ and pHash compare with
# their own median, so half of the bits are set: exactly 128 of 256 and 32 of 64 unless coefficients are equal (274 of
# 274 photographs). Flat pictures have 0 or 1 (`8000...0`). The bounds are a quarter away from the middle.
# dHash-128 has no such balance: photographs have 45 to 74 of 128 bits set, so only nearly flat pictures are refused.
# videohash has none either (a black clip has 16 of 64 bits set, moving clips 23 to 33), and nothing is matched by it.
GENUINE_SET_BITS: Final = {
    Algorithm.PDQ: (96, 160),
    Algorithm.PHASH: (24, 40),
    Algorithm.DHASH128: (8, 120),
    Algorithm.SHA256: (0, 256),
    Algorithm.MD5: (0, 128),
    Algorithm.VIDEOHASH: (0, 64),
}

MAX_QUALITY = 100  # PDQ quality is a whole number from 0 to 100 (PDQ paper, "image-domain quality metric")

_LOWER_HEX: Final = re.compile("[0-9a-f]*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One code. Its `repr` shows the algorithm but never the value, so that no log contains a hash.

    Attributes:
        algorithm: The algorithm that computed the code.
        value: The bits, big-endian: `algorithm.bits / 8` bytes.
        quality: PDQ quality, 0 to 100; None if unknown, and for every other algorithm.

    Raises:
        WrongLength: `value` does not have the length of the algorithm's codes.
        MalformedCode: `quality` is out of range, or given for an algorithm without a quality.
    """

    algorithm: Algorithm
    value: bytes = field(repr=False)
    quality: int | None = None

    def __post_init__(self) -> None:
        if len(self.value) * 8 != self.algorithm.bits:
            raise WrongLength(f"a code of this algorithm has {self.algorithm.bits // 8} bytes")
        if self.quality is None:
            return
        if self.algorithm is not Algorithm.PDQ:
            raise MalformedCode("only PDQ codes have a quality")
        if type(self.quality) is not int or not 0 <= self.quality <= MAX_QUALITY:
            raise MalformedCode(f"a quality is a whole number from 0 to {MAX_QUALITY}")

    @classmethod
    def parse(cls, algorithm: str, text: str, quality: int | None = None) -> Self:
        """Read a code from its canonical spelling: lower-case hexadecimal of the exact length.

        Args:
            algorithm: One of `Algorithm`'s values, spelled exactly.
            text: Hexadecimal digits 0-9 and a-f, two for each byte, without separators or white space.
            quality: PDQ quality, 0 to 100, if known.

        Raises:
            UnknownAlgorithm: `algorithm` is not the name of an algorithm.
            WrongLength: The number of characters is wrong. This is checked before any character is read.
            MalformedCode: A character is not a lower-case hexadecimal digit, or the quality is out of range.
        """
        try:
            known = Algorithm(algorithm)
        except ValueError:
            raise UnknownAlgorithm(f"known algorithms are {', '.join(Algorithm)}") from None
        digits = known.bits // 4
        if len(text) != digits:
            raise WrongLength(f"a {known} code has exactly {digits} hexadecimal digits")
        if _LOWER_HEX.fullmatch(text) is None:
            raise MalformedCode("a code is spelled with the digits 0-9 and a-f only, in lower case")
        return cls(algorithm=known, value=bytes.fromhex(text), quality=quality)

    def hex(self) -> str:
        """Return the canonical spelling, which `Code.parse` reads back."""
        return self.value.hex()

    def distance(self, other: Self) -> int:
        """Count the bits in which two codes of one algorithm differ (Hamming), 0 to `algorithm.bits`.

        Raises:
            CodeError: The codes are of different algorithms.
        """
        if self.algorithm is not other.algorithm:
            raise CodeError("only codes of one algorithm have a distance")
        return (int.from_bytes(self.value) ^ int.from_bytes(other.value)).bit_count()

    @property
    def is_degenerate(self) -> bool:
        """True for the code of a picture without content, which would match every blank upload.

        Judged by the number of set bits (`GENUINE_SET_BITS`). Cryptographic digests are never degenerate.
        """
        fewest, most = GENUINE_SET_BITS[self.algorithm]
        return not fewest <= int.from_bytes(self.value).bit_count() <= most
