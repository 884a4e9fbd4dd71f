"""Implementations of search engines and face engines for the registry.

- `embedded`: the search engines. Its docstring is the recipe for adding an engine.
- `faces`: the face engines.
"""

from registry.engines.embedded import IndexFiles
from registry.engines.faces import RotatedFaces, try_engines

__all__ = [
    "IndexFiles",
    "RotatedFaces",
    "try_engines",
]
