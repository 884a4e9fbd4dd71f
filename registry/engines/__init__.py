"""Where an index's engine comes from."""

from registry.engines.embedded import IndexFiles
from registry.engines.faces import RotatedFaces, try_engines
from registry.engines.model_catalogue import known_engines
from registry.engines.model_downloads import ModelDownloads, Told

__all__ = [
    "IndexFiles",
    "ModelDownloads",
    "RotatedFaces",
    "Told",
    "known_engines",
    "try_engines",
]
