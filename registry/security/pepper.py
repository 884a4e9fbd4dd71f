"""The deployment's secret: keys every digest that is stored, so that a stolen database alone opens nothing."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from index.resources import sync_folder
from registry.errors import StorageUnavailable

PEPPER_BYTES: Final = 32
_FILE: Final = "secret"


def load_pepper(folder: Path, random: Callable[[int], bytes]) -> bytes:
    """Reads the pepper, or makes it on the first start: a file of the owner alone, complete or absent.

    Raises:
        StorageUnavailable: the file is not 32 bytes long; nobody's key would be accepted.
    """
    path = folder / _FILE
    if not path.exists():
        write_private(path, random(PEPPER_BYTES))
    pepper = path.read_bytes()
    if len(pepper) != PEPPER_BYTES:
        raise StorageUnavailable(f"The file {_FILE} of the data folder is damaged.")
    return pepper


def write_private(path: Path, content: bytes) -> None:
    """Writes a file that only its owner can read, on the disk before it has its name; an existing one stays.

    When this returns, the name is on the disk too: a database that survives a power cut never outlives its pepper.
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
