"""Streaming tasks that misbehave on purpose; the worker of a clip imports them."""

import os
import signal
import time

from index.limits import STANDARD_CLIP
from index.sandbox.conversation import BLOCK_BYTES


def echo(_request, conversation):
    """Tell the source's bytes, block by block, for as long as there are any."""
    for length in (BLOCK_BYTES, BLOCK_BYTES, BLOCK_BYTES, 17):
        offset = getattr(echo, "at", 0)
        conversation.send(conversation.read(offset, length))
        echo.at = offset + length
    return b"end"


def burn(_request, _conversation):
    """Never end."""
    while True:
        pass


def burn_in_chunks(request, conversation):
    """Use a second and a half of processor time for each chunk, and have it renewed."""
    for _ in range(int(request)):
        conversation.renew()
        until = time.process_time() + 1.5
        while time.process_time() < until:
            pass
        conversation.send(b"")
    return b"done"


def hoard(_request, _conversation):
    """Take memory for ever."""
    hoarded = []
    while True:
        hoarded.append(bytearray(1 << 24))


def die(_request, conversation):
    """Tell something, then crash."""
    conversation.send(b"x")
    os.abort()


def babble(_request, conversation):
    """Write what is no message."""
    os.write(conversation._sink, b"attacker's text" * 100)
    signal.pause()


def read_beyond(_request, conversation):
    """Ask for bytes behind the source's end."""
    return conversation.read(BLOCK_BYTES - 10, 20)


def read_nothing(_request, conversation):
    """Ask for no bytes."""
    return conversation.read(0, 0)


def read_for_ever(_request, conversation):
    """Ask for the same bytes again and again."""
    while True:
        conversation.read(0, BLOCK_BYTES)


def shout_long(_request, conversation):
    """Tell more in one part than was agreed."""
    conversation.send(bytes(STANDARD_CLIP.decoder.max_reply_bytes + 1))
    return b""


def hang(_request, _conversation):
    """Say nothing more."""
    signal.pause()
