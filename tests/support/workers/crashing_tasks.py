"""Sandbox tasks that end in failure; the workers of `test_error_outages` import them."""

import os
import signal


def crash(_request: bytes) -> bytes:
    """Die as a decoder does that a file has broken."""
    os.abort()


def hang(_request: bytes) -> bytes:
    """Never answer."""
    signal.pause()
    return b""


def lie(_request: bytes) -> bytes:
    """Answer what no honest worker answers."""
    return b"F" + b"\xff" * 40
