"""Identifiers: a prefix for the kind, and 80 random bits as 16 Crockford base-32 characters."""

import base64
import re
from collections.abc import Callable
from typing import Final

_CROCKFORD: Final = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789abcdefghjkmnpqrstvwxyz")
_RANDOM_BYTES: Final = 10
_SHAPE: Final = re.compile(r"[a-z]{2,4}_[0-9a-hjkmnp-tv-z]{16}")

CASE: Final = "case"
REFERENCE: Final = "ref"
CHECK: Final = "chk"
TENANT: Final = "ten"
CREDENTIAL: Final = "crd"
MACHINE: Final = "mac"
JOB: Final = "job"
SPOOL: Final = "spl"
VERIFICATION: Final = "ver"
CONSENT: Final = "con"
BENIGN: Final = "ben"
MANDATE: Final = "man"
CHALLENGE: Final = "chg"
TAKEDOWN: Final = "tkd"

NOBODY: Final = "crd_0000000000000000"
"""The key that stands in the ledger for what the registry does by itself. No key has this id."""


def new_id(prefix: str, random: Callable[[int], bytes]) -> str:
    """Return a new identifier, for example `case_4k7xq09m2b5t8r1w`. `random` returns a given number of random bytes."""
    return f"{prefix}_{base64.b32encode(random(_RANDOM_BYTES)).translate(_CROCKFORD).decode('ascii')}"


def is_id(text: str, prefix: str) -> bool:
    """Return whether the text has the form of an identifier with this prefix."""
    return text.startswith(f"{prefix}_") and _SHAPE.fullmatch(text) is not None
