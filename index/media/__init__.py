"""Media in, planes out: what is opened, how it is decoded, and the workers in which that happens."""

from index.media.kinds import KIND_BYTES, is_clip

__all__ = [
    "KIND_BYTES",
    "is_clip",
]
