"""Codes of media: value types that parse strictly, and the hashes that make them."""

from index.hashing.codes import Algorithm, Code

__all__ = ["Algorithm", "Code"]
