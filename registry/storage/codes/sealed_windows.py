"""Seals of window rows: places and codes of all windows of one picture or key frame, and its regional signature.

The windows are sealed together, and the signature in a column of its own, which no index reads.

The family, the profile's name, the number of windows and the mask of large windows are stored in the clear. They
suffice to compute the windows' index ids (`registry.domain.window_ids`), and no picture can be recognized by them.
"""

from dataclasses import dataclass
from typing import Any, Final

from index.errors import CodeError
from index.regions import VERSION as REGIONS_VERSION
from index.regions import RegionalSignature
from index.windows import CODE_BYTES, Windows
from registry.domain import Family, large_mask, packed_codes
from registry.errors import SealBroken
from registry.ports import Sealing

_MALFORMED: Final = "What is stored sealed is not what this version stores."


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSeal:
    """The seal of one family's rows. A row opens only in its family and under its key.

    Attributes:
        whole_bytes: length in bytes of the whole codes that are sealed before the windows of a row.
    """

    family: Family
    whole_bytes: int

    def columns(
        self,
        key: int,
        windows: Windows,
        sealing: Sealing,
        *,
        whole: bytes = b"",
        regions: RegionalSignature | None,
    ) -> dict[str, Any]:
        """Return the columns that every row of windows has.

        Args:
            key: the key by which the change log names the row.
            windows: places and codes of the windows.
            sealing: the encryption of the row.
            whole: the whole codes that are sealed with the windows, `whole_bytes` long.
            regions: the regional signature of the picture or key frame; None if it has none.
        """
        packed = windows.pack()
        return {
            "family": self.family.value,
            "count": len(windows),
            # Packing rounds the places, and the mask must agree with the rounded places.
            "large_mask": large_mask(Windows.unpack(packed)),
            "sealed": sealing.seal(whole + packed, self._context(key)),
            "regions": None if regions is None else REGIONS_VERSION,
            "sealed_regions": None
            if regions is None
            else sealing.seal(regions.pack(), self._regions_context(key)),
        }

    def open(self, key: int, sealed: bytes, sealing: Sealing) -> tuple[bytes, Windows]:
        """Return a row's whole codes, concatenated, and its windows; raise `SealBroken`."""
        plain = sealing.unseal(sealed, self._context(key))
        try:
            return plain[: self.whole_bytes], Windows.unpack(plain[self.whole_bytes :])
        except CodeError:
            raise SealBroken(_MALFORMED) from None

    def open_whole(self, key: int, sealed: bytes, sealing: Sealing) -> bytes:
        """Return only a row's whole codes, concatenated; raise `SealBroken`."""
        plain = sealing.unseal(sealed, self._context(key))
        if len(plain) < self.whole_bytes:
            raise SealBroken(_MALFORMED)
        return plain[: self.whole_bytes]

    def open_codes(self, key: int, sealed: bytes, count: int, sealing: Sealing) -> bytes:
        """Return only the codes of a row's windows, concatenated; raise `SealBroken`."""
        plain = sealing.unseal(sealed, self._context(key))
        try:
            codes = packed_codes(plain[self.whole_bytes :])
        except CodeError:
            raise SealBroken(_MALFORMED) from None
        if len(codes) != count * CODE_BYTES:
            raise SealBroken(_MALFORMED)
        return codes

    def open_regions(
        self, key: int, version: str | None, sealed: bytes | None, sealing: Sealing
    ) -> RegionalSignature | None:
        """Return a row's regional signature; raise `SealBroken`.

        A row of an older version has none. A signature of another version than this program compares counts as none:
        it only names what was altered, and nothing is found by it.
        """
        if sealed is None or version != REGIONS_VERSION:
            return None
        plain = sealing.unseal(sealed, self._regions_context(key))
        try:
            return RegionalSignature.unpack(plain)
        except CodeError:
            raise SealBroken(_MALFORMED) from None

    def _regions_context(self, key: int) -> bytes:
        return f"{REGIONS_VERSION}:".encode("ascii") + self._context(key)

    def _context(self, key: int) -> bytes:
        return f"{self.family.value}:{key}".encode("ascii")
