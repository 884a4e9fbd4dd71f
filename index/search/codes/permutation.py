"""A secret, fixed order of the 256 bits of a code.

There are two reasons. Natural codes are concentrated in few buckets: in PDQ's own bit order screenshots have 25 times
the candidates of uniform codes, in a permuted order 2.7 to 4 times. In addition, a client that knew the bits of a chunk
could fill one bucket with crafted codes. Distances do not change, because both sides are permuted in the same way.
"""

import hashlib
from typing import Final

import numpy as np
import numpy.typing as npt

from index.arrays import U8, U64
from index.search.contract import CODE_BYTES

CODE_BITS: Final = CODE_BYTES * 8
CODE_WORDS: Final = CODE_BYTES // 8

_FEW_ROWS: Final = 128
"""Number of rows up to which all bytes are looked up in one call. Above it, one call per byte takes less time."""

_ROWS_AT_ONCE: Final = 2048
"""Rows permuted in one step: their 64 KB and one byte's table stay in the first-level caches."""


class Permutation:
    """The bit order that a key determines.

    The order is the rank of 256 words of SHAKE-256(key): a random function of a secret key, so that neither the files
    nor response times reveal it.
    """

    def __init__(self, key: bytes) -> None:
        words = np.frombuffer(hashlib.shake_256(b"takedown bit order\0" + key).digest(CODE_BITS * 8), "<u8")
        self.order = np.argsort(words, kind="stable")
        self.key_id = hashlib.blake2b(key, digest_size=8, person=b"takedown key id").hexdigest()
        self._table = _byte_table(self.order)
        self._first = np.arange(0, CODE_BITS * CODE_BYTES, CODE_BITS, dtype=np.int64)

    def apply(self, codes: U8) -> U64:
        """Permute uint8 [n, 32] codes into uint64 [n, 4]; bit `order[i]` of a code becomes bit i.

        Bits are counted from the least significant one of the first byte. 4 us for one code, 0.1 us each for many.
        """
        if len(codes) <= _FEW_ROWS:
            looked_up = self._table.take(codes + self._first, axis=0, mode="clip")
            few: U64 = np.bitwise_or.reduce(looked_up, axis=1)
            return few
        out = np.zeros((len(codes), CODE_WORDS), np.uint64)
        for start in range(0, len(codes), _ROWS_AT_ONCE):
            columns = np.ascontiguousarray(codes[start : start + _ROWS_AT_ONCE].T)
            block = out[start : start + _ROWS_AT_ONCE]
            for byte, values in enumerate(columns):
                block |= self._table[byte << 8 : byte + 1 << 8].take(values, axis=0, mode="clip")
        return out


def _byte_table(order: npt.NDArray[np.int64]) -> U64:
    """Return uint64 [32 * 256, 4]: row 256 b + v has the bits of value v in byte b at their new places."""
    target = np.empty(CODE_BITS, np.int64)
    target[order] = np.arange(CODE_BITS)
    values = np.arange(256, dtype=np.uint64)
    table = np.zeros((CODE_BYTES, 256, CODE_WORDS), np.uint64)
    for bit in range(CODE_BITS):
        word, shift = divmod(int(target[bit]), 64)
        table[bit // 8, :, word] |= (values >> np.uint64(bit % 8) & np.uint64(1)) << np.uint64(shift)
    return table.reshape(CODE_BYTES * 256, CODE_WORDS)
