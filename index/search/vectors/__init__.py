"""Search of unit vectors by angle: the index of face templates.

- `engine`: the engine over files; `exact`: comparing vectors with a query.
- `sketches`: which few vectors are compared, and how seldom one is missed.
- `format` and `snapshot`: a snapshot of vectors, on the disk and mapped.
"""

from index.search.vectors.engine import VectorEngine
from index.search.vectors.exact import DISTANCE_SCALE
from index.search.vectors.snapshot import VectorProfile

__all__ = [
    "DISTANCE_SCALE",
    "VectorEngine",
    "VectorProfile",
]
