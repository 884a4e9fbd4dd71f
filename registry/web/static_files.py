"""Files that pages load: they are read once, and their address names their content, so browsers keep them."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

from flask import Response, request

FOREVER: Final = "public, max-age=31536000, immutable"

_TYPES: Final = {
    ".bin": "application/octet-stream",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFile:
    """A file as it is served.

    Attributes:
        content: its bytes.
        compressed: the same, compressed by gzip.
        content_type: exact type, since browsers are told not to guess (`nosniff`).
    """

    content: bytes
    compressed: bytes
    content_type: str

    def response(self) -> Response:
        """Return the answer to a request of this file, compressed if the browser accepts it."""
        is_compressed = bool(request.accept_encodings["gzip"])
        response = Response(
            self.compressed if is_compressed else self.content, content_type=self.content_type
        )
        if is_compressed:
            response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["Cache-Control"] = FOREVER
        return response


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFolder:
    """All files of a folder and its sub-folders.

    Attributes:
        files: the files by their path within the folder.
        digest: hash of all of them, hexadecimal. Modules import each other by relative addresses, so all change
            together.
    """

    files: dict[str, StaticFile]
    digest: str


@lru_cache(maxsize=8)
def static_folder(name: str) -> StaticFolder:
    """Return the folder of this name in `registry/web/static`."""
    contents = dict(_read(resources.files("registry.web").joinpath("static", name), ""))
    digest = hashlib.sha256()
    for path, content in sorted(contents.items()):
        digest.update(path.encode() + b"\0" + hashlib.sha256(content).digest())
    files = {
        path: StaticFile(
            content=content,
            compressed=gzip.compress(content, mtime=0),
            content_type=_TYPES[path[path.rindex(".") :]],
        )
        for path, content in contents.items()
    }
    return StaticFolder(files=files, digest=digest.hexdigest()[:16])


def _read(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _read(entry, f"{prefix}{entry.name}/")
        else:
            found.append((prefix + entry.name, entry.read_bytes()))
    return found
