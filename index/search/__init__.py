"""Search of 256-bit codes by Hamming distance and of vectors by angle.

Sub-packages and modules:

- `contract`: the contract of every engine, and the values that cross it.
- `codes`: engines of 256-bit codes.
- `vectors`: the engine of unit vectors (face templates).
- `files`: the index files that the engines of both kinds share.
"""

from index.search.contract import (
    CODE_BYTES,
    EXACT_RADIUS_BITS,
    FLOAT_BYTES,
    Changes,
    EngineStatus,
    Hits,
    Role,
    SearchEngine,
    id_checksum,
)

__all__ = [
    "CODE_BYTES",
    "EXACT_RADIUS_BITS",
    "FLOAT_BYTES",
    "Changes",
    "EngineStatus",
    "Hits",
    "Role",
    "SearchEngine",
    "id_checksum",
]
