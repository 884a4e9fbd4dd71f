"""Index files that all processes of a machine share: snapshots, manifest, overlay, erasure."""

from index.search.files.disk import TEMPORARY_SUFFIX, Disk, try_lock
from index.search.files.filed import FiledIndex
from index.search.files.form import Found, Rows, Scanner, joined
from index.search.files.keeper import WRITER_LOCK
from index.search.files.mapped import MappedSnapshot, map_file
from index.search.files.snapshot_format import (
    BLOCK_BYTES,
    Description,
    Identity,
    Pin,
    RandomBytes,
    check_fields,
    decode_front,
    encode_front,
)
from index.search.files.state import Settings
from index.search.files.writing import CalledOff, Part, write_blocks

__all__ = [
    "BLOCK_BYTES",
    "TEMPORARY_SUFFIX",
    "WRITER_LOCK",
    "CalledOff",
    "Description",
    "Disk",
    "FiledIndex",
    "Found",
    "Identity",
    "MappedSnapshot",
    "Part",
    "Pin",
    "RandomBytes",
    "Rows",
    "Scanner",
    "Settings",
    "check_fields",
    "decode_front",
    "encode_front",
    "joined",
    "map_file",
    "try_lock",
    "write_blocks",
]
