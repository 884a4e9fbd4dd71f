"""Clients that try to starve a server, for the benchmark of starvation. They run in a process of their own."""

import contextlib
import io
import json
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

BOUNDARY: Final = "takedown-bench"
HEAVY_SIDE: Final = 6_300
"""Side of the picture that is costly to decode, in pixels: 39.7 megapixels of the 40 that a PNG may have."""

TRICKLE_PAUSE_S: Final = 0.5
_TIMEOUT_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The server, and the key of the attacker."""

    host: str
    port: int
    key: str

    def connect(self) -> socket.socket:
        """Return a new connection."""
        return socket.create_connection((self.host, self.port), timeout=_TIMEOUT_S)

    def check(self, media: bytes) -> bytes:
        """Return the bytes of a request that checks one picture on a connection of its own."""
        part = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="media"; filename="m"\r\n\r\n'
        body = part.encode("ascii") + media + f"\r\n--{BOUNDARY}--\r\n".encode("ascii")
        return self.head(len(body)) + body

    def head(self, length: int) -> bytes:
        """Return the head of such a request with a body of `length` bytes."""
        lines = [
            "POST /v1/checks HTTP/1.1",
            f"Host: {self.host}:{self.port}",
            f"Authorization: Bearer {self.key}",
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}",
            f"Content-Length: {length}",
            "Connection: close",
        ]
        return "\r\n".join([*lines, "", ""]).encode("ascii")


def heavy_picture() -> bytes:
    """Make a PNG of about 300 kB that is costly to decode."""
    generator = np.random.default_rng(7)
    tile = generator.integers(0, 256, (900, 900), np.uint8)
    plane = np.tile(np.cumsum(tile // 252, axis=1, dtype=np.uint8), (7, 7))
    file = io.BytesIO()
    Image.fromarray(plane).save(file, "PNG", compress_level=9)
    return file.getvalue()


def _pictures(target: Target, media: bytes) -> None:
    with target.connect() as connection:
        connection.sendall(target.check(media))
        while connection.recv(65_536):
            continue


def _bodies(target: Target, _media: bytes) -> None:
    _trickle(target, target.head(300_000))


def _heads(target: Target, _media: bytes) -> None:
    _trickle(target, b"GET /v1/checks/x HTTP/1.1\r\nX-Slow: ")


def _trickle(target: Target, beginning: bytes) -> None:
    with target.connect() as connection:
        connection.sendall(beginning)
        connection.settimeout(TRICKLE_PAUSE_S)
        while True:
            connection.sendall(b"x")
            with contextlib.suppress(TimeoutError):
                if not connection.recv(65_536):
                    return


def _silence(target: Target, _media: bytes) -> None:
    with target.connect() as connection:
        while connection.recv(65_536):
            continue


def _codes(target: Target, _media: bytes) -> None:
    codes = [{"algorithm": "pdq", "value": secrets.token_hex(32), "quality": 100}]
    body = json.dumps({"codes": codes}).encode("ascii")
    head = target.head(len(body)).replace(
        b"multipart/form-data; boundary=" + BOUNDARY.encode(), b"application/json"
    )
    with target.connect() as connection:
        connection.sendall(head + body)
        while connection.recv(65_536):
            continue


ATTACKS: Final[Mapping[str, tuple[int, Callable[[Target, bytes], None]]]] = {
    "pictures": (14, _pictures),
    "photographs": (14, _pictures),
    "codes": (14, _codes),
    "bodies": (20, _bodies),
    "silence": (50, _silence),
    "heads": (50, _heads),
}
"""Each attack's number of connections, and what one of them does until the server closes it."""


@contextmanager
def attacking(name: str, target: Target, media: bytes) -> Iterator[None]:
    """Attack until the block ends. A connection that ends is opened again."""
    process = subprocess.Popen(
        [sys.executable, __file__, name, target.host, str(target.port), target.key], stdin=subprocess.PIPE
    )
    try:
        if process.stdin is not None:
            process.stdin.write(media)
            process.stdin.close()
        yield
    finally:
        process.kill()
        process.wait()


def main(name: str, host: str, port: str, key: str) -> None:
    """Attack until killed. The picture to send comes from standard input."""
    connections, act = ATTACKS[name]
    target, media = Target(host=host, port=int(port), key=key), sys.stdin.buffer.read()

    def run() -> None:
        while True:
            try:
                act(target, media)
            except OSError:
                time.sleep(0.1)  # the server refuses connections, or was slower than the timeout

    threads = [threading.Thread(target=run, daemon=True) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
