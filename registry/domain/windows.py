"""A reference's anchored windows as they are kept, and what is known of them without opening them."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from index.arrays import I64
from index.errors import WrongLength
from index.windows import CODE_BYTES, HEAD_BYTES, IDS_PER_REFERENCE, MAX_WINDOWS, PLACE_BYTES, Windows
from registry.domain.family import Family

FOUND_BY_WINDOWS_FROM: Final = 6
"""Windows from which a picture is found by them: the one that triggers, and others that bear witness."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredWindows:
    """The anchored windows of one reference; raises `ValueError` for more than six bits number.

    Attributes:
        family: which codes these are.
        profile: name of the matching profile that made them, `full` or `lean`.
    """

    family: Family
    profile: str
    windows: Windows = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.windows) > MAX_WINDOWS:
            raise ValueError(f"a reference has at most {MAX_WINDOWS} windows")


def large_mask(windows: Windows) -> int:
    """Tells which windows are large as 64 bits of a signed number: bit i for window i."""
    bits = np.zeros(MAX_WINDOWS, np.uint8)
    bits[: len(windows)] = windows.large
    return int.from_bytes(np.packbits(bits, bitorder="little").tobytes(), "little", signed=True)


def window_ids(keys: I64, counts: I64, masks: I64) -> I64:
    """Names the windows of many references as `index.windows.windows.index_ids` does, from `large_mask`s."""
    rows = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    large = (np.repeat(masks, counts) >> rows) & 1
    ids: I64 = np.repeat(keys, counts) * IDS_PER_REFERENCE + rows + MAX_WINDOWS * large
    return ids


def packed_codes(packed: bytes) -> bytes:
    """Returns the codes alone of packed windows; raises `WrongLength`."""
    count = packed[HEAD_BYTES - 1] if len(packed) >= HEAD_BYTES else -1
    if len(packed) != HEAD_BYTES + count * (PLACE_BYTES + CODE_BYTES):
        raise WrongLength("packed windows have a head and 39 bytes each")
    return packed[HEAD_BYTES + count * PLACE_BYTES :]
