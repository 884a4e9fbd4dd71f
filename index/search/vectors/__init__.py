"""Search of unit vectors by angle."""

from index.search.vectors.engine import VectorEngine
from index.search.vectors.exact import MILLION
from index.search.vectors.snapshot import VectorProfile

__all__ = [
    "MILLION",
    "VectorEngine",
    "VectorProfile",
]
