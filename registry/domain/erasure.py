"""Erasure receipts: a signed statement of what was erased of a case, where and when.

    signed bytes  =  "takedown-registry erasure receipt 1" | LF | JSON with sorted keys, in ASCII without blanks

1. The statement says what was done and no more: what is not covered is named.
2. Its SHA-256 is the detail of the ledger entry `case.erased`, so that the statement cannot be replaced later, not even
   by whoever has the key.
3. `scripts/verify_receipt` verifies both without this registry.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

PREFIX: Final = b"takedown-registry erasure receipt 1\n"

OVERWRITTEN: Final = "overwritten"
"""The bytes of the rows are overwritten, and the write-ahead log is emptied."""
DELETED: Final = "deleted"
"""The rows are deleted. Their bytes stay in the server's files until it reuses or rewrites them."""

NOT_COVERED: Final = ("backups", "archives of the write-ahead log", "copies that a device keeps by itself")


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """The receipt of one case.

    Attributes:
        statement: the JSON document that is signed.
        signature: Ed25519 signature, 64 bytes.
        entry: digest of the ledger entry that holds the statement's digest.
    """

    case_id: str
    statement: str
    signature: bytes
    entry: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedCase:
    """What a statement is made of.

    Attributes:
        counts: rows that the withdrawal deleted, by what they held; None for a withdrawal before receipts.
        database: `OVERWRITTEN` or `DELETED`.
        machines: ids of the machines whose index files are overwritten.
        absent: ids of machines that were not seen for a day; their files are overwritten when they start again.
    """

    case_id: str
    withdrawn_at: datetime
    erased_at: datetime
    counts: Mapping[str, int] | None
    database: str
    machines: Sequence[str]
    absent: Sequence[str]


def statement_of(done: ErasedCase, registry: str) -> str:
    """Return the statement of an erasure by the registry whose key has this name."""
    document = {
        "registry": registry,
        "case": done.case_id,
        "withdrawn_at": _time(done.withdrawn_at),
        "erased_at": _time(done.erased_at),
        "erased": None if done.counts is None else dict(done.counts),
        "places": {
            "database": done.database,
            "database_log": "emptied" if done.database == OVERWRITTEN else "kept by the server",
            "checks": "matches, probes and budgets deleted",
            "index_files": {"overwritten": sorted(done.machines), "absent": sorted(done.absent)},
            "spool": "uploads are deleted when their job ends",
            "keys": "the case's own key deleted; nothing that it sealed can be opened",
        },
        "not_covered": list(NOT_COVERED),
    }
    return json.dumps(document, sort_keys=True, ensure_ascii=True, separators=(",", ":"))


def signed_bytes(statement: str) -> bytes:
    """Return the bytes that are signed."""
    return PREFIX + statement.encode("ascii")


def statement_digest(statement: str) -> str:
    """Return the SHA-256 that the ledger keeps, in hexadecimal."""
    return hashlib.sha256(signed_bytes(statement)).hexdigest()


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
