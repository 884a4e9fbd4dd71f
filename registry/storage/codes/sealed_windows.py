"""Anchored windows as rows: one for each reference or frame and family, places and codes sealed together.

In the clear lie the family, the profile's name, how many windows there are and which of them are large: enough to name
them in an index (`registry.domain.windows.window_ids`), and nothing that a picture could be known by.
"""

from collections.abc import Mapping
from typing import Any, Final

from index.errors import CodeError
from index.hashing import Algorithm
from index.windows import CODE_BYTES, Windows
from registry.domain import Family, StoredWindows, large_mask, packed_codes
from registry.errors import SealBroken
from registry.ports import Sealing

WHOLE_BYTES: Final[Mapping[Family, int]] = {
    Family.ANCHORED: 0,  # a picture's whole codes are searched, so they lie in rows of their own
    Family.FRAMES: (Algorithm.PDQ.bits + Algorithm.DHASH128.bits) // 8,
}
"""Bytes of whole codes that are sealed before the windows of a row."""

_MALFORMED: Final = "What is stored sealed is not what this version stores."


def window_row(reference_key: int, stored: StoredWindows, sealing: Sealing) -> dict[str, Any]:
    """Makes the row of a reference's windows."""
    return {
        "reference_key": reference_key,
        "profile": stored.profile,
        **sealed_columns(stored.family, reference_key, stored.windows, sealing),
    }


def sealed_columns(
    family: Family, key: int, windows: Windows, sealing: Sealing, whole: bytes = b""
) -> dict[str, Any]:
    """Makes what every row of windows has, under the key that the change log names them by.

    Args:
        family: which codes these are.
        key: what the change log names them by.
        windows: places and codes.
        sealing: closes them.
        whole: whole codes that are sealed with them, as many bytes as the family has (`WHOLE_BYTES`).
    """
    packed = windows.pack()
    return {
        "family": family.value,
        "count": len(windows),
        "large_mask": large_mask(Windows.unpack(packed)),  # of the places as they are kept, which are rounded
        "sealed": sealing.seal(whole + packed, _context(family, key)),
    }


def open_windows(family: Family, key: int, sealed: bytes, sealing: Sealing) -> Windows:
    """Returns a row's windows; raises `SealBroken`."""
    return open_row(family, key, sealed, sealing)[1]


def open_row(family: Family, key: int, sealed: bytes, sealing: Sealing) -> tuple[bytes, Windows]:
    """Returns a row's whole codes, one behind the other, and its windows; raises `SealBroken`."""
    plain = sealing.unseal(sealed, _context(family, key))
    split = WHOLE_BYTES[family]
    try:
        return plain[:split], Windows.unpack(plain[split:])
    except CodeError:
        raise SealBroken(_MALFORMED) from None


def open_codes(family: Family, key: int, sealed: bytes, count: int, sealing: Sealing) -> bytes:
    """Returns the codes alone of a row's windows, one behind the other; raises `SealBroken`."""
    plain = sealing.unseal(sealed, _context(family, key))
    try:
        codes = packed_codes(plain[WHOLE_BYTES[family] :])
    except CodeError:
        raise SealBroken(_MALFORMED) from None
    if len(codes) != count * CODE_BYTES:
        raise SealBroken(_MALFORMED)
    return codes


def _context(family: Family, key: int) -> bytes:
    return f"{family.value}:{key}".encode("ascii")
