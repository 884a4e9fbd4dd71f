"""Building a plan's tables: per chunk, the rows of the codes sorted by the chunk's key.

Layout (CSR over all chunks at once): bucket s holds `entries[offsets[s]:offsets[s + 1]]`, and the buckets of
chunk i follow those of chunk i - 1, so that one `take` serves the look-ups of all chunks.

Decoys. A bucket's place is a chunk of the code of each row in it, so zeroing a code is not enough to erase
it: its entries say where it lay, and an entry whose row does not belong into its bucket is a hole that says
the same. Every table is therefore born with `decoys_for(n)` entries that do not belong where they lie
(bucket and row each drawn from the codes, independently in each chunk), and erasure turns a code's entries
into more of them. Who reads the file after an erasure finds at least 1,024 holes in each chunk and nothing
that ties a hole of one chunk to one of another: 2**140 equally likely codes under m14, 2**110 under m11.
What remains until the next rewrite is this: somebody who *already has* a code can see whether all its
buckets hold holes.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from index.arrays import I64, U32, U64
from index.search.codes.plans import Plan, slots_of
from index.search.files import RandomBytes

_MIN_DECOYS: Final = 1024
_CODES_PER_DECOY: Final = 64
_RADIX_BITS: Final = 16


def decoys_for(plan: Plan, count: int) -> int:
    """The number of decoys in each chunk's table: 1 in 64 entries, at least 1,024."""
    return max(_MIN_DECOYS, count // _CODES_PER_DECOY) if plan.widths and count else 0


def chunk_entries(plan: Plan, words: U64, random_bytes: RandomBytes) -> Iterator[tuple[U32, U32]]:
    """Yields per chunk its entries uint32 [n + decoys] in bucket order, and each bucket's size uint32.

    `words` is uint64 [n, 4] permuted. Takes some 40 bytes of memory per code beyond the input.
    """
    decoys = decoys_for(plan, len(words))
    base = 0
    for chunk, width in enumerate(plan.widths):
        keys = (slots_of(plan, words, chunk)[:, 0] - base).astype(np.uint32)
        lying = keys.take(random_rows(decoys, len(words), random_bytes))
        standing = random_rows(decoys, len(words), random_bytes).astype(np.uint32)
        keys = np.concatenate([keys, lying])
        rows = np.concatenate([np.arange(len(words), dtype=np.uint32), standing])
        sizes = np.bincount(keys, minlength=1 << width)
        yield rows.take(_order(keys, width)), sizes.astype(np.uint32)
        base += 1 << width


def _order(keys: U32, width: int) -> I64:
    """Sorts keys below 2**width stably: one or two passes of NumPy's radix sort, which serves 16 bits.

    24 ms for a million keys of 19 bits; a comparison sort of the same takes 51 to 68 ms.
    """
    order = np.argsort(keys.astype(np.uint16), kind="stable")
    if width > _RADIX_BITS:
        high = (keys >> np.uint32(_RADIX_BITS)).astype(np.uint16)
        order = order.take(np.argsort(high.take(order), kind="stable"))
    return order


def random_rows(size: int, count: int, random_bytes: RandomBytes) -> npt.NDArray[np.uint64]:
    """Draws `size` row numbers below `count`, uint64 (the modulus' bias is below 2**-32)."""
    return np.frombuffer(random_bytes(8 * size), "<u8").astype(np.uint64) % np.uint64(max(count, 1))
