"""Copy and read model files, and verify them against a manifest."""

import hashlib
import os
from pathlib import Path
from typing import BinaryIO, Final

from index.errors import ModelDamaged
from index.faces.engine import ModelFile

_CHUNK: Final = 1 << 20  # bytes


def copy_verified(source: Path, target: Path, file: ModelFile) -> None:
    """Copy a file to a new file and fsync it; raise `ModelDamaged` if it is not `file`."""
    digest, length = hashlib.sha256(), 0
    with source.open("rb") as reader, target.open("xb") as writer:
        while length <= file.size and (chunk := reader.read(_CHUNK)):
            length += len(chunk)
            digest.update(chunk)
            writer.write(chunk)
        _settle(writer)
    require(file, length, digest.digest())


def read_verified(path: Path, file: ModelFile) -> bytes:
    """Read a file; raise `ModelDamaged` if it is missing or is not `file`."""
    try:
        with path.open("rb") as source:
            data = source.read(file.size + 1)
    except FileNotFoundError:
        raise ModelDamaged(f"{file.name} is missing") from None
    require(file, len(data), hashlib.sha256(data).digest())
    return data


def require(file: ModelFile, length: int, digest: bytes) -> None:
    """Raise `ModelDamaged` unless a length in bytes and a SHA-256 are those of `file`."""
    if length != file.size:
        raise ModelDamaged(f"{file.name} has not the {file.size} bytes that the manifest says")
    if digest != file.sha256:
        raise ModelDamaged(f"{file.name} is not the file that the manifest says: its SHA-256 differs")


def write_settled(path: Path, data: bytes) -> None:
    """Write a new file and fsync it."""
    with path.open("xb") as file:
        file.write(data)
        _settle(file)


def _settle(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
