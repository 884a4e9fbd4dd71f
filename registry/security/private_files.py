"""Files that only their owner can read and that are always complete or absent."""

import os
import threading
from pathlib import Path

from index.resources import sync_folder


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read. Leave an existing file unchanged.

    The content is on the disk before the file gets its name, and the name is on the disk when this function returns. A
    power cut therefore never leaves a database without its pepper.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        os.link(draft, path)  # unlike a rename, a link never replaces a file that another process made first
    except FileExistsError:
        return
    finally:
        draft.unlink()
        sync_folder(path.parent)
