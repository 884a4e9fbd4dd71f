"""The spellings in which a value could lie in a file, and the search for all of them."""

import base64
from collections.abc import Iterable, Mapping
from pathlib import Path

SHORTEST = 8  # bytes of a value or a spelling that are called a find

_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def spellings(value: bytes) -> dict[str, bytes]:
    """Returns a value as bytes, backwards, with its bits in the other order, in hex, and in base64 at any place."""
    plain = {
        "raw": value,
        "backwards": value[::-1],
        "bits reversed": value.translate(_REVERSED),
        "all bits reversed": value[::-1].translate(_REVERSED),
    }
    found = dict(plain)
    for name, content in plain.items():
        found[f"{name}, hex"] = content.hex().encode()
        found[f"{name}, HEX"] = content.hex().upper().encode()
        for shift in range(3):  # base64 depends on what stands before
            encoded = base64.b64encode(bytes(shift) + content + bytes(3))
            inner = encoded[4 if shift else 0 : 4 * ((shift + len(content)) // 3)]
            found[f"{name}, base64 {shift}"] = inner
            found[f"{name}, base64url {shift}"] = inner.translate(bytes.maketrans(b"+/", b"-_"))
    return {name: content for name, content in found.items() if len(content) >= SHORTEST}


def found_in(content: bytes, values: Mapping[str, bytes]) -> set[tuple[str, str]]:
    """Returns which values are in some content, and how they are spelled there."""
    return {
        (what, spelling)
        for what, value in values.items()
        for spelling, wanted in spellings(value).items()
        if wanted in content
    }


def found_in_files(paths: Iterable[Path], values: Mapping[str, bytes]) -> set[tuple[str, str]]:
    """Returns which values are in some file, and how they are spelled there. A file may vanish meanwhile."""
    found: set[tuple[str, str]] = set()
    for path in paths:
        try:
            found |= found_in(path.read_bytes(), values)
        except FileNotFoundError:
            continue
    return found
