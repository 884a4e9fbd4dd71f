"""Canaries: a secret of every kind that people and tenants send, in every spelling in which it could be written."""

import base64
import hashlib
import urllib.parse
from collections.abc import Iterator

_CODE = hashlib.sha256(b"a canary's code")

CANARIES = {
    "pdq": _CODE.hexdigest(),
    "dhash": hashlib.md5(b"a canary's dhash", usedforsecurity=False).hexdigest(),
    "windows": base64.b64encode(hashlib.sha512(b"a canary's windows").digest()).decode(),
    "embedding": ",".join(f"{one / 311:.6f}" for one in hashlib.sha256(b"a canary's face").digest()[:12]),
    "e-mail": "canary.alice4711@example.org",
    "telephone": "+82104711471199",
    "key": f"tdr_canary47_{'CANARYkey4711_' * 3}X",
    "secret": "canaryzebra-canaryorbit-canarylatch",
    "recovery": "canaryquilt canaryember canaryfable",
    "file": "canary_holiday_4711.jpeg",
    "name": "Canaria Zwölfentier",
    "address": "Canary-Strasse 4711, 99425 Canarstadt",
}
"""The secrets by kind."""

FRAGMENT = 10
"""Characters of a spelling that are enough to be found."""


def spellings(secret: str) -> tuple[str, ...]:
    """Return a secret as it is, in hex, base64, decimal and percent encoding."""
    data = bytes.fromhex(secret) if _is_hex(secret) else secret.encode()
    return (
        secret,
        data.hex(),
        base64.b64encode(data).decode(),
        base64.urlsafe_b64encode(data).decode(),
        str(int.from_bytes(data)),
        " ".join(map(str, data)),
        urllib.parse.quote(secret, safe=""),
        secret.encode("unicode_escape").decode(),
    )


def leaks(text: str) -> list[str]:
    """Return the kinds of canaries of which the text holds a piece, in any spelling and case."""
    lowered = text.lower()
    return sorted({kind for piece, kind in _PIECES.items() if piece in lowered})


def _pieces(secret: str) -> Iterator[str]:
    """Yield pieces of each spelling, so that a value that was cut is found as well."""
    for spelling in spellings(secret):
        lowered = spelling.lower()
        yield lowered[:FRAGMENT]
        yield lowered[-FRAGMENT:]
        middle = len(lowered) // 2
        yield lowered[middle : middle + FRAGMENT]


def _is_hex(text: str) -> bool:
    return len(text) % 2 == 0 and not set(text) - set("0123456789abcdef")


_PIECES = {piece: kind for kind, secret in CANARIES.items() for piece in _pieces(secret)}
