"""Files that only their owner can read, complete or absent."""

import os
import threading
from pathlib import Path

from index.resources import sync_folder


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read. An existing file stays as it is.

    The content is on the disk before the file has its name, and the name is on the disk when this function returns. A
    database that survives a power cut therefore never outlives its pepper.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        os.link(draft, path)  # unlike a rename, it never replaces what another process made first
    except FileExistsError:
        return
    finally:
        draft.unlink()
        sync_folder(path.parent)
