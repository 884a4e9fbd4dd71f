"""Model files over https: bounded, gone on with where a connection was cut, and verified before anybody uses them.

1. What was loaded so far is a `.part` file, named after the digest that is wanted: no other file goes on from it.
2. The server is asked for the rest. One that sends all of it again, or knows no such part, is taken from the start.
3. No byte beyond the manifest's size is kept, no address but https is followed, and nothing is unpacked.
4. The whole file's SHA-256 is compared; a file that is another one is deleted.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

import httpx

from index.errors import EngineUnavailable, ModelDamaged
from index.faces import ModelFile, require

Told = Callable[[int, int], None]
"""Told how many bytes are there, of how many."""

TRIES: Final = 5
"""In a row, each of which brings nothing; one that brings something begins the count anew."""

_TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)  # seconds
_PARTS: Final = ".parts"
_DIGITS: Final = 16  # of the digest in a part's name

_PARTIAL: Final = 206
_NO_SUCH_PART: Final = 416
_OK: Final = 200


class ModelDownloads:
    """Loads model files. For one thread; close it.

    Args:
        folder: the library's; parts wait there, so that nothing large lies where a system keeps its small files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / _PARTS
        self._client = httpx.Client(
            timeout=_TIMEOUT,
            follow_redirects=True,
            headers={"accept-encoding": "identity", "user-agent": "takedown-models"},
            event_hooks={"request": [_require_https]},
        )

    def close(self) -> None:
        """Closes the connections; parts stay."""
        self._client.close()

    def fetch(self, file: ModelFile, told: Told = lambda _there, _all: None) -> Path:
        """Loads a file, or what is missing of it, and returns where it lies.

        Raises:
            EngineUnavailable: it cannot be had: no address, no network, a server that refuses.
            ModelDamaged: what the server sends is not the file that the manifest says.
        """
        if file.url is None:
            raise EngineUnavailable(f"{file.name} is not published: {_by_hand(file)}")
        self._folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        part = self._part(file)
        with part.open("ab") as target:
            self._fill(target, file, told)
            target.flush()
            os.fsync(target.fileno())
        self._verify(part, file)
        return part

    def forget(self, file: ModelFile) -> None:
        """Deletes what was loaded of a file."""
        self._part(file).unlink(missing_ok=True)

    def _part(self, file: ModelFile) -> Path:
        return self._folder / f"{file.name}-{file.sha256.hex()[:_DIGITS]}.part"

    def _fill(self, target: BinaryIO, file: ModelFile, told: Told) -> None:
        left, most = TRIES, target.tell()
        while target.tell() != file.size:
            try:
                self._ask(target, file, told)
            except httpx.TransportError as error:
                cut: Exception = error
            else:
                cut = EOFError("the server ended early")
            left = TRIES if target.tell() > most else left - 1
            most = max(most, target.tell())
            if not left and target.tell() != file.size:
                raise EngineUnavailable(
                    f"{file.name} could not be loaded from {httpx.URL(file.url or '').host}: "
                    f"{target.tell()} of {file.size} bytes are there, and the same command goes on from them; "
                    f"or {_by_hand(file)}"
                ) from cut

    def _ask(self, target: BinaryIO, file: ModelFile, told: Told) -> None:
        """Asks once for what is missing, and writes what comes; raises `httpx.TransportError` where it is cut."""
        there = target.tell()
        headers = {"range": f"bytes={there}-"} if there else {}
        with self._client.stream("GET", file.url or "", headers=headers) as response:
            if response.status_code == _NO_SUCH_PART:
                _start_over(target)
                return
            if response.status_code not in {_OK, _PARTIAL}:
                raise EngineUnavailable(
                    f"{file.name} could not be loaded: {response.url.host} answered {response.status_code}; "
                    f"{_by_hand(file)}"
                )
            if not _goes_on(response, there):
                _start_over(target)
            for chunk in response.iter_raw():
                if target.tell() + len(chunk) > file.size:
                    _start_over(target)
                    raise ModelDamaged(f"the server sends more than the {file.size} bytes of {file.name}")
                target.write(chunk)
                told(target.tell(), file.size)

    def _verify(self, part: Path, file: ModelFile) -> None:
        with part.open("rb") as source:
            digest = hashlib.file_digest(source, "sha256").digest()
        try:
            require(file, part.stat().st_size, digest)
        except ModelDamaged:
            part.unlink()
            raise


def _require_https(request: httpx.Request) -> None:
    """Raises for an address that is not https, also one that a server sends on to."""
    if request.url.scheme != "https":
        raise EngineUnavailable(f"{request.url.host} is asked by https alone")


def _goes_on(response: httpx.Response, there: int) -> bool:
    return response.status_code == _PARTIAL and response.headers.get("content-range", "").startswith(
        f"bytes {there}-"
    )


def _start_over(target: BinaryIO) -> None:
    target.truncate(0)
    target.seek(0)


def _by_hand(file: ModelFile) -> str:
    source = f"load {file.url} on another machine and " if file.url is not None else ""
    return f"{source}name the file with --file {file.name}=PATH"
