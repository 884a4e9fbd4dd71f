"""Index files that all processes of a machine share.

- `engine`: the engine over them; `state`: the content of an index in one process.
- `manifest`: the names of the files, and the list of valid snapshots; `format` and `snapshot`: one snapshot, on the
  disk and mapped.
- `row_format`: the part that each kind of index (codes, vectors) adds.
- `writer`, `maintenance` and `erasure`: every change of the files; `disk`: the operations that it consists of.
- `damage`: nonsense in a file is damage, whatever error it causes.
"""

from index.search.files.disk import AnyArray, Disk, write_blocks
from index.search.files.engine import FileEngine
from index.search.files.format import (
    BLOCK_BYTES,
    IndexIdentity,
    RandomBytes,
    SnapshotDigests,
    SnapshotHeader,
    check_fields,
    decode_front,
    encode_front,
)
from index.search.files.manifest import WRITER_LOCK
from index.search.files.row_format import FileEngineSettings, MemoryScan
from index.search.files.snapshot import (
    ErasingWrites,
    MappedSnapshot,
    RowHits,
    Rows,
    ascends,
    joined_hits,
    map_file,
)

__all__ = [
    "BLOCK_BYTES",
    "WRITER_LOCK",
    "AnyArray",
    "Disk",
    "ErasingWrites",
    "FileEngine",
    "FileEngineSettings",
    "IndexIdentity",
    "MappedSnapshot",
    "MemoryScan",
    "RandomBytes",
    "RowHits",
    "Rows",
    "SnapshotDigests",
    "SnapshotHeader",
    "ascends",
    "check_fields",
    "decode_front",
    "encode_front",
    "joined_hits",
    "map_file",
    "write_blocks",
]
