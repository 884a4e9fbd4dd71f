"""Implementations of search engines and face engines for the registry, and the download of models.

- `embedded`: the search engines. Its docstring is the recipe for adding an engine.
- `faces`: the face engines.
- `model_catalogue` and `model_downloads`: models known by name, and the download of their files.
"""

from registry.engines.embedded import IndexFiles
from registry.engines.faces import RotatedFaces, try_engines
from registry.engines.model_catalogue import known_engines
from registry.engines.model_downloads import DownloadProgress, ModelDownloads

__all__ = [
    "DownloadProgress",
    "IndexFiles",
    "ModelDownloads",
    "RotatedFaces",
    "known_engines",
    "try_engines",
]
