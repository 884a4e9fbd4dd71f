"""What survives a power cut: a name is on the disk once its folder is."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Returns when renames and removals in a folder have reached the device; raises `OSError` as the system does."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
