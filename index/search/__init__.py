"""Searching codes by Hamming distance and vectors by angle: one contract, several engines."""

from index.search.engine import (
    CODE_BYTES,
    FLOAT_BYTES,
    Changes,
    EngineStatus,
    HashEngine,
    Hits,
    ProposingEngine,
    Role,
    id_checksum,
)

__all__ = [
    "CODE_BYTES",
    "FLOAT_BYTES",
    "Changes",
    "EngineStatus",
    "HashEngine",
    "Hits",
    "ProposingEngine",
    "Role",
    "id_checksum",
]
