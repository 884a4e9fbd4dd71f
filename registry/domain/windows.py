"""A reference's anchored windows as they are stored, and the facts about them that are stored in the clear."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from index.arrays import I64
from index.errors import WrongLength
from index.regions import RegionalSignature
from index.windows import CODE_BYTES, HEAD_BYTES, IDS_PER_REFERENCE, MAX_WINDOWS, PLACE_BYTES, Windows
from registry.domain.family import Family

FOUND_BY_WINDOWS_FROM: Final = 6
"""Number of windows from which a picture is found by windows: one triggers, and the others are the evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredWindows:
    """The anchored windows and the regional signature of one reference.

    Raise `ValueError` for more than `MAX_WINDOWS` windows.

    Attributes:
        family: the code family of the windows.
        profile: name of the matching profile that made the windows, `full` or `lean`.
        regions: the regional signature of the picture; None if it has none.
    """

    family: Family
    profile: str
    windows: Windows = field(repr=False)
    regions: RegionalSignature | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if len(self.windows) > MAX_WINDOWS:
            raise ValueError(f"a reference has at most {MAX_WINDOWS} windows")


def large_mask(windows: Windows) -> int:
    """Return the large windows as a mask of 64 bits in a signed integer: bit i is window i."""
    bits = np.zeros(MAX_WINDOWS, np.uint8)
    bits[: len(windows)] = windows.large
    return int.from_bytes(np.packbits(bits, bitorder="little").tobytes(), "little", signed=True)


def window_ids(keys: I64, counts: I64, masks: I64) -> I64:
    """Return the index ids of the windows of many references, as `index.windows.windows.index_ids` does.

    Args:
        keys: keys of the references, int64 [n].
        counts: numbers of windows, int64 [n].
        masks: masks of the large windows (`large_mask`), int64 [n].
    """
    rows = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    large = (np.repeat(masks, counts) >> rows) & 1
    ids: I64 = np.repeat(keys, counts) * IDS_PER_REFERENCE + rows + MAX_WINDOWS * large
    return ids


def packed_codes(packed: bytes) -> bytes:
    """Return only the codes of packed windows; raise `WrongLength`."""
    count = packed[HEAD_BYTES - 1] if len(packed) >= HEAD_BYTES else -1
    if len(packed) != HEAD_BYTES + count * (PLACE_BYTES + CODE_BYTES):
        raise WrongLength("packed windows have a head and 39 bytes each")
    return packed[HEAD_BYTES + count * PLACE_BYTES :]
