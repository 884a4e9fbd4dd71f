"""Anchored windows as rows: one for each reference and family, places and codes sealed together.

In the clear lie the family, the profile's name, how many windows there are and which of them are large: enough to name
them in an index (`registry.domain.windows.window_ids`), and nothing that a picture could be known by.
"""

from typing import Any, Final

from index.errors import CodeError
from index.hashing.windows import CODE_BYTES, Windows
from registry.domain.family import Family
from registry.domain.windows import StoredWindows, large_mask, packed_codes
from registry.errors import SealBroken
from registry.usecases.ports import Sealing

_MALFORMED: Final = "What is stored sealed is not what this version stores."


def window_row(reference_key: int, stored: StoredWindows, sealing: Sealing) -> dict[str, Any]:
    """Makes the row of a reference's windows."""
    packed = stored.windows.pack()
    return {
        "reference_key": reference_key,
        "family": stored.family.value,
        "profile": stored.profile,
        "count": len(stored.windows),
        "large_mask": large_mask(Windows.unpack(packed)),  # of the places as they are kept, which are rounded
        "sealed": sealing.seal(packed, _context(stored.family, reference_key)),
    }


def open_windows(family: Family, reference_key: int, sealed: bytes, sealing: Sealing) -> Windows:
    """Returns a row's windows; raises `SealBroken`."""
    packed = sealing.unseal(sealed, _context(family, reference_key))
    try:
        return Windows.unpack(packed)
    except CodeError:
        raise SealBroken(_MALFORMED) from None


def open_codes(family: Family, reference_key: int, sealed: bytes, count: int, sealing: Sealing) -> bytes:
    """Returns the codes alone of a row's windows, one behind the other; raises `SealBroken`."""
    packed = sealing.unseal(sealed, _context(family, reference_key))
    try:
        codes = packed_codes(packed)
    except CodeError:
        raise SealBroken(_MALFORMED) from None
    if len(codes) != count * CODE_BYTES:
        raise SealBroken(_MALFORMED)
    return codes


def _context(family: Family, reference_key: int) -> bytes:
    return f"{family.value}:{reference_key}".encode("ascii")
