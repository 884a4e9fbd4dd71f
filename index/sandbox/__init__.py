"""Limited worker processes that can be killed. Foreign bytes are decoded only there."""

from index.sandbox.conversation import BLOCK_BYTES, Conversation, RemoteFile
from index.sandbox.orders import tie_to_parent
from index.sandbox.pool import Sandbox
from index.sandbox.streaming import BytesSource, ClipSource, CpuMeter, stream

__all__ = [
    "BLOCK_BYTES",
    "BytesSource",
    "ClipSource",
    "Conversation",
    "CpuMeter",
    "RemoteFile",
    "Sandbox",
    "stream",
    "tie_to_parent",
]
