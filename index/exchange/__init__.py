"""Codes of clips for exchange with other registries: videohash and vPDQ. They are not used for matching."""

from index.exchange.videohash import video_hash
from index.exchange.vpdq import vpdq_of

__all__ = [
    "video_hash",
    "vpdq_of",
]
