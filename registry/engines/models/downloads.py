"""Downloads of model files over https: bounded in size, resumable, and verified before any use.

1. The bytes received so far are in a `.part` file, named after the expected digest, so that only this file resumes it.
2. Ask the server for the remaining bytes. If it sends the whole file, or does not know the range, start over.
3. Keep no byte beyond the manifest's size, follow no address but https, and unpack nothing.
4. Compare the SHA-256 of the whole file; delete a file that differs.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

import httpx

from index.errors import EngineUnavailable, ModelDamaged
from index.faces import ModelFile, require

DownloadProgress = Callable[[int, int], None]
"""Called with the number of bytes received and the number of all bytes."""

MAX_FRUITLESS_TRIES: Final = 5
"""Maximum number of consecutive tries without a new byte. A try that receives bytes resets the count."""

_TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)  # seconds
_PARTS: Final = ".parts"
_DIGITS: Final = 16  # number of the digest's digits in a part's name

_PARTIAL: Final = 206
_NO_SUCH_PART: Final = 416
_OK: Final = 200


class ModelDownloads:
    """Downloader of model files. For one thread; close it after use.

    Args:
        folder: the library's folder; it also holds unfinished files, so that no large file is in the system's
            folder for temporary files.
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
        """Close the connections; unfinished files stay."""
        self._client.close()

    def fetch(self, file: ModelFile, progress: DownloadProgress = lambda _received, _all: None) -> Path:
        """Download a file, or the missing rest of it, and return its path.

        Raises:
            EngineUnavailable: there is no address or no network, or the server refuses.
            ModelDamaged: the server sends another file than the manifest describes.
        """
        if file.url is None:
            raise EngineUnavailable(f"{file.name} is not published: {_manual_download_hint(file)}")
        self._folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        part = self._part(file)
        with part.open("ab") as target:
            self._fill(target, file, progress)
            target.flush()
            os.fsync(target.fileno())
        self._verify(part, file)
        return part

    def delete_partial(self, file: ModelFile) -> None:
        """Delete the received bytes of a file."""
        self._part(file).unlink(missing_ok=True)

    def _part(self, file: ModelFile) -> Path:
        return self._folder / f"{file.name}-{file.sha256.hex()[:_DIGITS]}.part"

    def _fill(self, target: BinaryIO, file: ModelFile, progress: DownloadProgress) -> None:
        left, most = MAX_FRUITLESS_TRIES, target.tell()
        while target.tell() != file.size:
            try:
                self._ask(target, file, progress)
            except httpx.TransportError as error:
                cut: Exception = error
            else:
                cut = EOFError("the server ended early")
            left = MAX_FRUITLESS_TRIES if target.tell() > most else left - 1
            most = max(most, target.tell())
            if not left and target.tell() != file.size:
                raise EngineUnavailable(
                    f"{file.name} could not be loaded from {httpx.URL(file.url or '').host}: "
                    f"{target.tell()} of {file.size} bytes are there, and the same command goes on from them; "
                    f"or {_manual_download_hint(file)}"
                ) from cut

    def _ask(self, target: BinaryIO, file: ModelFile, progress: DownloadProgress) -> None:
        """Request the missing bytes once and write them; raise `httpx.TransportError` if the connection breaks."""
        received = target.tell()
        headers = {"range": f"bytes={received}-"} if received else {}
        with self._client.stream("GET", file.url or "", headers=headers) as response:
            if response.status_code == _NO_SUCH_PART:
                _start_over(target)
                return
            if response.status_code not in {_OK, _PARTIAL}:
                raise EngineUnavailable(
                    f"{file.name} could not be loaded: {response.url.host} answered {response.status_code}; "
                    f"{_manual_download_hint(file)}"
                )
            if not _resumes(response, received):
                _start_over(target)
            for chunk in response.iter_raw():
                if target.tell() + len(chunk) > file.size:
                    _start_over(target)
                    raise ModelDamaged(f"the server sends more than the {file.size} bytes of {file.name}")
                target.write(chunk)
                progress(target.tell(), file.size)

    def _verify(self, part: Path, file: ModelFile) -> None:
        with part.open("rb") as source:
            digest = hashlib.file_digest(source, "sha256").digest()
        try:
            require(file, part.stat().st_size, digest)
        except ModelDamaged:
            part.unlink()
            raise


def _require_https(request: httpx.Request) -> None:
    """Raise `EngineUnavailable` for an address that is not https, also after a redirect."""
    if request.url.scheme != "https":
        raise EngineUnavailable(f"{request.url.host} is asked by https alone")


def _resumes(response: httpx.Response, received: int) -> bool:
    return response.status_code == _PARTIAL and response.headers.get("content-range", "").startswith(
        f"bytes {received}-"
    )


def _start_over(target: BinaryIO) -> None:
    target.truncate(0)
    target.seek(0)


def _manual_download_hint(file: ModelFile) -> str:
    source = f"load {file.url} on another machine and " if file.url is not None else ""
    return f"{source}name the file with --file {file.name}=PATH"
